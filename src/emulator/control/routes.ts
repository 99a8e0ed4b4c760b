/** Stop, reset and the clock, for whoever has the emulator's own token. */
import type { ServerResponse } from 'node:http';
import { type Context, Hono } from 'hono';
import type { AccessTokens } from '../access/access-tokens.js';
import type { EmulatorClock } from '../clock.js';
import { DpsError } from '../dps/dps-error.js';
import type { EmulatorLog } from '../wire/events.js';
import type { Bindings } from '../wire/http/app.js';
import { readJson } from '../wire/http/body.js';
import type { MessageFeed } from './message-feed.js';
import { messagesPage } from './messages-page.js';
import { type ClockReply, controlPaths } from './paths.js';

export interface ControlOptions {
  tokens: AccessTokens;
  clock: EmulatorClock;
  reset: () => Promise<void>;
  log: EmulatorLog;
  /** Undefined when the emulator belongs to a program that needs it. */
  onStopRequest: (() => void) | undefined;
  feed: MessageFeed;
}

type Reply = { status: 200 | 202 | 400 | 401 | 409; body: unknown };

/** Routes to be mounted beside those of the planes. */
export function controlRoutes({
  tokens,
  clock,
  reset,
  log,
  onStopRequest,
  feed,
}: ControlOptions): Hono<Bindings> {
  const app = new Hono<Bindings>();
  const add = (
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    handle: (context: Context<Bindings>) => Reply | Promise<Reply>,
  ) =>
    app.on(method, path, async (context) => {
      const { authorization } = context.env.incoming.headers;
      const { status, body } = tokens.accepts(authorization, 'arm')
        ? await handle(context)
        : refuse(401, "The bearer token is missing or is not the emulator's.");
      return context.json(body as object, status);
    });

  add('GET', controlPaths.clock, () => ({ status: 200, body: timeOf(clock) }));
  add('PUT', controlPaths.clock, async ({ env }) => {
    try {
      setClock(clock, await readJson(env.incoming));
      return { status: 200, body: timeOf(clock) };
    } catch (error) {
      if (error instanceof RangeError || error instanceof DpsError) return refuse(400, error.message);
      throw error;
    }
  });
  add('GET', controlPaths.messages, async (context) => {
    try {
      const page = await messagesPage(feed, context.req.query(), whenGone(context));
      return { status: 200, body: page };
    } catch (error) {
      if (error instanceof RangeError) return refuse(400, error.message);
      throw error;
    }
  });
  add('POST', controlPaths.reset, (context) => {
    afterReply(context, () => {
      reset().catch((error: Error) => {
        // It serves no more: a port was lost meanwhile, or the disk is full.
        log({
          at: clock.now().toISOString(),
          plane: 'arm',
          transport: 'https',
          operation: 'reset',
          status: 500,
          reason: error.message,
        });
        onStopRequest?.();
      });
    });
    return { status: 202, body: {} };
  });
  add('POST', controlPaths.stop, (context) => {
    if (!onStopRequest) return refuse(409, 'This emulator belongs to a program that still uses it.');
    afterReply(context, onStopRequest);
    return { status: 202, body: {} };
  });
  return app;
}

function refuse(status: 400 | 401 | 409, message: string): Reply {
  return { status, body: { error: { message } } };
}

function whenGone(context: Context<Bindings>): AbortSignal {
  const { outgoing } = context.env as unknown as { outgoing: ServerResponse };
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  return gone.signal;
}

/** Both end every connection, and so also the one that this is asked on. */
function afterReply(context: Context<Bindings>, act: () => void): void {
  const { outgoing } = context.env as unknown as { outgoing: ServerResponse };
  outgoing.once('close', act);
}

function timeOf(clock: EmulatorClock): ClockReply {
  return { now: clock.now().toISOString(), offset: clock.offset };
}

/** @throws RangeError when the body is none of the requests, or its time none that can be set */
function setClock(clock: EmulatorClock, body: unknown): void {
  const { at, advance, reset } = (body ?? {}) as Record<string, unknown>;
  if (reset === true) clock.reset();
  else if (typeof at === 'string') clock.set(new Date(at));
  else if (typeof advance === 'number') clock.advance(advance);
  else throw new RangeError('The body must have one of the fields at, advance and reset.');
}
