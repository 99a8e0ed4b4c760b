/** The hub stand-in over HTTPS: its service side, as far as it goes, and a device that sends a message. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type Context, Hono } from 'hono';
import { isKnownApiVersion } from '../../dps/contract/api-versions.js';
import { type Route, routes } from '../../dps/contract/routes.js';
import type { EmulatorLog } from '../events.js';
import { sasProblem } from '../sas-check.js';
import type { Policy } from '../state/identity.js';
import { presentedChain } from '../tls.js';
import { refusalOf } from './authorize.js';
import { describeDevice, describeTwin } from './describe.js';
import type { HubDevice } from './devices.js';
import type { Hub } from './hub.js';
import { maxMessageBytes } from './messages.js';
import { hubRoutesNotImplemented } from './not-implemented.js';
import { HubError } from './wire-error.js';

export interface HubRoutesOptions {
  hub: Hub;
  /** The hub's shared access policies. */
  policies: () => readonly Policy[];
  /** The hub's names, in lower case, with and without port. */
  hostNames: () => readonly string[];
  now: () => Date;
  log: EmulatorLog;
}

type HubContext = Context<{ Bindings: { incoming: IncomingMessage } }>;
type Handler = (context: HubContext, deviceId: string) => Response | Promise<Response>;

/** Routes to be mounted beside those of the other planes. */
export function hubRoutes(options: HubRoutesOptions): Hono<{ Bindings: { incoming: IncomingMessage } }> {
  const { hub, now, log } = options;
  const app = new Hono<{ Bindings: { incoming: IncomingMessage } }>();

  function add(operation: string, route: Route, handler: Handler) {
    app.on(route.method, route.path, async (context) => {
      const deviceId = (context.req.param() as Record<string, string>).deviceId ?? '';
      const event = {
        at: now().toISOString(),
        plane: 'hub',
        transport: 'https',
        operation,
        id: deviceId,
      } as const;
      try {
        const reply = await handler(context, deviceId);
        log({ ...event, status: reply.status });
        return reply;
      } catch (cause) {
        const error =
          cause instanceof HubError
            ? cause
            : new HubError('ServerError', { reason: (cause as Error).message });
        log({ ...event, status: error.status, reason: error.reason });
        const trackingId = randomUUID();
        return Response.json(error.toBody(trackingId, now()), {
          status: error.status,
          headers: { 'iothub-errorcode': error.kind, 'x-ms-request-id': trackingId },
        });
      }
    });
  }

  function authorizeService(context: HubContext) {
    const { headers } = context.env.incoming;
    const problem = sasProblem(
      { authorization: headers.authorization ?? '', path: context.req.path, host: headers.host },
      { policies: options.policies(), hostNames: options.hostNames(), right: undefined, now: now() },
    );
    if (problem !== undefined) throw new HubError('IotHubUnauthorizedAccess', { reason: problem });
    assertApiVersion(context);
  }

  function deviceOf(deviceId: string): HubDevice {
    const device = hub.devices.get(deviceId);
    if (device === undefined) throw new HubError('DeviceNotFound');
    return device;
  }

  add('getDevice', routes.hub.getDevice, (context, deviceId) => {
    authorizeService(context);
    const description = describeDevice(deviceOf(deviceId), hub.devices.isConnected(deviceId));
    return Response.json(description, { headers: { etag: `"${description.etag}"` } });
  });

  add('deleteDevice', routes.hub.deleteDevice, (context, deviceId) => {
    authorizeService(context);
    const device = deviceOf(deviceId);
    const { etag } = describeDevice(device, false);
    const condition = context.env.incoming.headers['if-match'] ?? '*';
    if (condition !== '*' && condition.replace(/^"|"$/g, '') !== etag)
      throw new HubError('PreconditionFailed');
    hub.devices.delete(deviceId);
    return new Response(null, { status: 204 });
  });

  add('getTwin', routes.hub.getTwin, (context, deviceId) => {
    authorizeService(context);
    const device = deviceOf(deviceId);
    const description = describeTwin(device, hub.twins.get(deviceId)!, hub.devices.isConnected(deviceId));
    return Response.json(description, { headers: { etag: `"${description.etag}"` } });
  });

  add('sendMessage', routes.hub.sendMessage, async (context, deviceId) => {
    const { incoming } = context.env;
    const refusal = await refusalOf(
      hub.devices.get(deviceId),
      {
        chain: presentedChain(incoming.socket as TLSSocket),
        authorization: incoming.headers.authorization,
        hostNames: options.hostNames(),
      },
      now(),
    );
    if (refusal !== undefined) throw new HubError('IotHubUnauthorizedAccess', { reason: refusal });
    assertApiVersion(context);
    const body = await readMessage(incoming);
    // The device may have been deleted while its message arrived.
    deviceOf(deviceId);
    hub.messages.append(deviceId, { ...messageProperties(incoming), body });
    return new Response(null, { status: 204 });
  });

  for (const { name, route } of hubRoutesNotImplemented) {
    add(name, route, (context) => {
      authorizeService(context);
      throw new HubError('NotImplemented', { message: `Not implemented in this emulator: ${name}.` });
    });
  }
  return app;
}

function assertApiVersion(context: HubContext): void {
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

async function readMessage(incoming: IncomingMessage): Promise<Buffer> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxMessageBytes)
    throw new HubError('MessageTooLarge');
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxMessageBytes) throw new HubError('MessageTooLarge');
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof HubError) throw error;
    throw new HubError('ArgumentInvalid', { reason: 'the client went away before its message was complete' });
  }
  return Buffer.concat(chunks);
}

/** Headers that are system properties of the message; Microsoft Learn, IoT Hub REST API, Device - Send Device Event. */
const systemPropertyHeaders: Record<string, string> = {
  'iothub-messageid': 'mid',
  'iothub-correlationid': 'cid',
  'iothub-userid': 'uid',
  'iothub-contenttype': 'ct',
  'iothub-contentencoding': 'ce',
};

function messageProperties({ headers }: IncomingMessage) {
  const systemProperties: Record<string, string> = {};
  const properties: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string') continue;
    const systemProperty = systemPropertyHeaders[name];
    if (systemProperty !== undefined) systemProperties[systemProperty] = value;
    else if (name.startsWith('iothub-app-')) properties[name.slice('iothub-app-'.length)] = value;
  }
  return { systemProperties, properties };
}
