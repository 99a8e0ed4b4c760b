/** The hub stand-in over HTTPS: its service side, and devices that send and fetch messages. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type Context, Hono } from 'hono';
import { isKnownApiVersion } from '../../../dps/contract/api-versions.js';
import { sasProblem } from '../../access/sas-check.js';
import type { Policy } from '../../state/identity.js';
import type { EmulatorLog } from '../../wire/events.js';
import { presentedChain } from '../../wire/tls/server-identity.js';
import { refusalOf } from '../authorize.js';
import type { Hub } from '../hub.js';
import { HubError } from '../hub-error.js';
import { deviceOperations } from './device-operations.js';
import { feedbackOperations } from './feedback-operations.js';
import { notImplementedOperations } from './hub-not-implemented.js';
import type { HubOperation, HubReply, HubRequest } from './hub-operation.js';
import { messageOperations } from './message-operations.js';
import { queryOperation } from './query-operation.js';
import { readHubBytes, readHubJson } from './request-body.js';
import { twinOperations } from './twin-operations.js';

export interface HubRoutesOptions {
  hub: Hub;
  /** The hub's shared access policies. */
  policies: () => readonly Policy[];
  /** Whether an Authorization header holds a bearer token for the service side of hubs. */
  acceptsBearer: (authorization: string) => boolean;
  /** The hub's names, in lower case, with and without port. */
  hostNames: () => readonly string[];
  now: () => Date;
  log: EmulatorLog;
}

type Bindings = { Bindings: { incoming: IncomingMessage } };

/** Every operation that the hub knows over HTTPS, those included that it answers with 501. */
function hubOperations(hub: Hub): HubOperation[] {
  return [
    queryOperation(hub),
    ...deviceOperations(hub),
    ...twinOperations(hub),
    ...messageOperations(hub),
    ...feedbackOperations(hub),
    ...notImplementedOperations,
  ];
}

/** Routes to be mounted beside those of the other planes. */
export function hubRoutes(options: HubRoutesOptions): Hono<Bindings> {
  const app = new Hono<Bindings>();
  for (const operation of hubOperations(options.hub)) {
    const { method, path } = operation.route;
    app.on(method, path, (context) => answer(context, operation, options));
  }
  return app;
}

async function answer(
  context: Context<Bindings>,
  operation: HubOperation,
  options: HubRoutesOptions,
): Promise<Response> {
  const { now, log } = options;
  const { incoming } = context.env;
  const parameters = context.req.param() as Record<string, string>;
  const event = {
    at: now().toISOString(),
    plane: 'hub',
    transport: 'https',
    operation: operation.name,
    id: parameters.deviceId ?? '',
  } as const;
  const trackingId = randomUUID();
  try {
    await authorize(context, operation, options);
    assertApiVersion(context);
    const reply = await operation.handle(requestOf(context, parameters));
    log({ ...event, status: reply.status });
    return toResponse(reply, trackingId);
  } catch (cause) {
    const error =
      cause instanceof HubError ? cause : new HubError('ServerError', { reason: (cause as Error).message });
    log({ ...event, status: error.status, reason: error.reason });
    return toResponse(
      {
        status: error.status,
        body: error.toBody(trackingId, now()),
        headers: { 'iothub-errorcode': error.kind },
      },
      trackingId,
    );
  } finally {
    // What was not read of the body is read by node, so that the client gets to read the answer.
    incoming.resume();
  }
}

function requestOf(context: Context<Bindings>, parameters: Record<string, string>): HubRequest {
  const { incoming, outgoing } = context.env as unknown as {
    incoming: IncomingMessage;
    outgoing: ServerResponse;
  };
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  return {
    parameters,
    query: (name) => context.req.query(name),
    header: (name) => context.req.header(name),
    headers: incoming.headers,
    json: () => readHubJson(incoming),
    bytes: (maxBytes) => readHubBytes(incoming, maxBytes),
    signal: gone.signal,
  };
}

/** @throws HubError IotHubUnauthorizedAccess */
async function authorize(
  context: Context<Bindings>,
  { caller }: HubOperation,
  { hub, policies, acceptsBearer, hostNames, now }: HubRoutesOptions,
): Promise<void> {
  const { incoming } = context.env;
  const { authorization = '', host } = incoming.headers;
  const refusal = async () => {
    if (caller === 'device') {
      const proof = {
        chain: presentedChain(incoming.socket as TLSSocket),
        authorization: incoming.headers.authorization,
        hostNames: hostNames(),
        policies: policies(),
        path: context.req.path.replace(/^\/devices\/[^/]*/i, ''),
        authorities: hub.authorities(),
      };
      return refusalOf(hub.devices.get(context.req.param('deviceId') ?? ''), proof, now());
    }
    if (/^Bearer\s/i.test(authorization)) {
      return acceptsBearer(authorization)
        ? undefined
        : 'the bearer token is not one for hubs of this emulator';
    }
    return sasProblem(
      { authorization, path: context.req.path, host },
      { policies: policies(), hostNames: hostNames(), right: caller, now: now() },
    );
  };
  const reason = await refusal();
  if (reason !== undefined) throw new HubError('IotHubUnauthorizedAccess', { reason });
}

function assertApiVersion(context: Context<Bindings>): void {
  const version = context.req.query('api-version') ?? '';
  if (!isKnownApiVersion('hub', version)) {
    throw new HubError('InvalidProtocolVersion', {
      message:
        version === ''
          ? 'The api-version is missing.'
          : `The api-version ${version.slice(0, 40)} is not known.`,
    });
  }
}

function toResponse({ status, body, headers }: HubReply, trackingId: string): Response {
  const all = { ...headers, 'x-ms-request-id': trackingId };
  if (Buffer.isBuffer(body)) return new Response(new Uint8Array(body), { status, headers: all });
  if (body === undefined) return new Response(null, { status, headers: all });
  return Response.json(body, { status, headers: all });
}
