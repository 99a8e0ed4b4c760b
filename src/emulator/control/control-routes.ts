/** Stop, reset, clock, faults and messages, for clients that have the emulator's own token. */
import * as z from 'zod';
import { EnrollkitError } from '../../errors.js';
import type { AccessTokens } from '../access/access-tokens.js';
import type { EmulatorClock } from '../clock.js';
import type { EmulatorFaults, FaultSelection } from '../faults/control.js';
import type { EventLog } from '../wire/events.js';
import type { PlainRoute } from '../wire/http/http-app.js';
import type { HttpReply } from '../wire/http/operation.js';
import { HttpRefusal } from '../wire/http/refusal.js';
import type { HttpRequest } from '../wire/http/request.js';
import type { MessageFeed } from './message-feed.js';
import { messagesPage } from './messages-page.js';
import { type ClockReply, controlPaths } from './paths.js';

export interface ControlOptions {
  tokens: AccessTokens;
  clock: EmulatorClock;
  reset: () => Promise<void>;
  log: EventLog;
  /** Undefined when the emulator belongs to a program that needs it. */
  onStopRequest: (() => void) | undefined;
  feed: MessageFeed;
  faults: EmulatorFaults;
}

/** The emulator's own operations. */
export function controlRoutes({
  tokens,
  clock,
  reset,
  log,
  onStopRequest,
  feed,
  faults,
}: ControlOptions): PlainRoute[] {
  function route(
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    path: string,
    handle: (request: HttpRequest) => HttpReply | Promise<HttpReply>,
  ): PlainRoute {
    return {
      route: { method, path },
      async handle(request) {
        if (!tokens.accepts(request.header('authorization'), 'arm')) {
          return refuse(401, "The bearer token is missing or is not the emulator's.");
        }
        try {
          return await handle(request);
        } catch (error) {
          const isRefusal = error instanceof RangeError || error instanceof HttpRefusal;
          if (isRefusal || error instanceof EnrollkitError) return refuse(400, error.message);
          throw error;
        }
      },
    };
  }

  return [
    route('GET', controlPaths.clock, () => ({ status: 200, body: timeOf(clock) })),
    route('PUT', controlPaths.clock, async (request) => {
      setClock(clock, await request.json());
      return { status: 200, body: timeOf(clock) };
    }),
    route('GET', controlPaths.faults, () => ({ status: 200, body: faults.list() })),
    route('PUT', controlPaths.faults, async (request) => {
      const { faults: given, seed } = faultsBody.parse(await request.json());
      return { status: 200, body: faults.set(given as FaultSelection, seed as number | undefined) };
    }),
    route('DELETE', controlPaths.faults, () => {
      faults.clear();
      return { status: 200, body: faults.list() };
    }),
    route('GET', controlPaths.messages, async (request) => ({
      status: 200,
      body: await messagesPage(
        feed,
        {
          deviceId: request.query('deviceId'),
          limit: request.query('limit'),
          cursor: request.query('cursor'),
          wait: request.query('wait'),
        },
        request.closeSignal(),
      ),
    })),
    route('POST', controlPaths.reset, (request) => {
      // It ends every connection, this one too.
      request.onceClosed(() => {
        reset().catch((error: Error) => {
          // The emulator cannot serve any more: another process took a port meanwhile, or the disk is full.
          log.for('arm', 'https')({ operation: 'reset', status: 500, reason: error.message });
          onStopRequest?.();
        });
      });
      return { status: 202, body: {} };
    }),
    route('POST', controlPaths.stop, (request) => {
      if (!onStopRequest) return refuse(409, 'This emulator belongs to a program that still uses it.');
      request.onceClosed(onStopRequest);
      return { status: 202, body: {} };
    }),
  ];
}

function refuse(status: 400 | 401 | 409, message: string): HttpReply {
  return { status, body: { error: { message } } };
}

function timeOf(clock: EmulatorClock): ClockReply {
  return { now: clock.now().toISOString(), offset: clock.offset };
}

const faultsBody = z.looseObject({}).catch({});

const clockBody = z.looseObject({}).catch({});

/** @throws RangeError when the body is none of the requests, or its time cannot be set */
function setClock(clock: EmulatorClock, body: unknown): void {
  const { at, advance, reset } = clockBody.parse(body);
  if (reset === true) clock.reset();
  else if (typeof at === 'string') clock.set(new Date(at));
  else if (typeof advance === 'number') clock.advance(advance);
  else throw new RangeError('The body must have one of the fields at, advance and reset.');
}
