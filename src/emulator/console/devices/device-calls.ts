/** What the forms of the page do to devices: calls of the hub's service side. */
import { type Route, routes } from '../../../dps/contract/routes.js';
import type { IotHub } from '../../hub/hub-directory.js';
import type { Outcome } from '../actions.js';
import { type PageContext, paths } from '../page-context.js';
import { parseJsonField, type Refusal, refusalOf, type Submission } from '../submission.js';
import { consoleVersions } from '../wire.js';

function callHub(
  { console: { wire } }: PageContext,
  { names }: IotHub,
  deviceId: string,
  call: { route: Route; ifMatch?: string; body?: unknown; headers?: Record<string, string> },
) {
  return wire.call({ ...call, host: names.https, parameters: { deviceId }, apiVersion: consoleVersions.hub });
}

export async function saveTwin(
  page: PageContext,
  hub: IotHub,
  id: string,
  sent: Submission,
): Promise<Outcome> {
  const [tags, desired] = [objectOf(page, sent, 'tags'), objectOf(page, sent, 'desired')];
  for (const read of [tags, desired]) if ('refusal' in read) return read;
  const body = {
    tags: (tags as { value: unknown }).value,
    properties: { desired: (desired as { value: unknown }).value },
  };
  const reply = await callHub(page, hub, id, {
    route: routes.hub.putTwin,
    ifMatch: `"${sent.text('etag')}"`,
    body,
  });
  const fields = [
    [/tag/i, 'tags'],
    [/desired|propert/i, 'desired'],
  ] as const;
  if (reply.refusal !== undefined) return { refusal: refusalOf(page, reply, fields) };
  return { to: paths.device(hub.hubId, id), done: 'saved' };
}

function objectOf(
  page: PageContext,
  sent: Submission,
  field: string,
): { value: unknown } | { refusal: Refusal } {
  const read = parseJsonField(page, sent, field);
  if ('refusal' in read) return read;
  const value = read.value ?? {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { value };
  return { refusal: { status: 400, field, message: page.text.devicesPage.mustBeObject } };
}

export async function setStatus(
  page: PageContext,
  hub: IotHub,
  id: string,
  sent: Submission,
): Promise<Outcome> {
  const current = await page.console.reader.call({
    host: hub.names.https,
    route: routes.hub.getDevice,
    parameters: { deviceId: id },
    apiVersion: consoleVersions.hub,
  });
  if (current.refusal !== undefined) return { refusal: refusalOf(page, current) };
  const body = { ...(current.body as object), status: sent.text('status') };
  const reply = await callHub(page, hub, id, {
    route: routes.hub.putDevice,
    ifMatch: `"${sent.text('etag')}"`,
    body,
  });
  if (reply.refusal !== undefined) return { refusal: refusalOf(page, reply) };
  return { to: paths.device(hub.hubId, id), done: 'saved' };
}

export async function remove(page: PageContext, hub: IotHub, id: string, sent: Submission): Promise<Outcome> {
  const reply = await callHub(page, hub, id, {
    route: routes.hub.deleteDevice,
    ifMatch: `"${sent.text('etag')}"`,
  });
  if (reply.refusal !== undefined) return { refusal: refusalOf(page, reply) };
  return { to: paths.devices(hub.hubId), done: 'deleted' };
}

export async function send(page: PageContext, hub: IotHub, id: string, sent: Submission): Promise<Outcome> {
  const reply = await callHub(page, hub, id, {
    route: routes.hub.sendToDevice,
    body: Buffer.from(sent.text('body')),
    headers: { 'iothub-to': `/devices/${encodeURIComponent(id)}/messages/deviceBound` },
  });
  if (reply.refusal !== undefined) return { refusal: { ...refusalOf(page, reply), field: 'body' } };
  return { to: paths.device(hub.hubId, id), done: 'sent' };
}

export async function purge(page: PageContext, hub: IotHub, id: string): Promise<Outcome> {
  const reply = await callHub(page, hub, id, { route: routes.hub.purgeMessages });
  if (reply.refusal !== undefined) return { refusal: refusalOf(page, reply) };
  return { to: paths.device(hub.hubId, id), done: 'purged' };
}

/** What a device answered to a direct method. */
export interface MethodResponse {
  status: number;
  payload: unknown;
}

export async function invoke(
  page: PageContext,
  hub: IotHub,
  id: string,
  sent: Submission,
): Promise<MethodResponse | { refusal: Refusal }> {
  const payload = parseJsonField(page, sent, 'payload');
  if ('refusal' in payload) return payload;
  const reply = await callHub(page, hub, id, {
    route: routes.hub.invokeMethod,
    body: {
      methodName: sent.text('methodName'),
      payload: payload.value,
      responseTimeoutInSeconds: Number(sent.text('timeout')),
    },
  });
  if (reply.refusal === undefined) return reply.body as MethodResponse;
  const fields = [
    [/methodName/, 'methodName'],
    [/[tT]imeout/, 'timeout'],
    [/payload/, 'payload'],
  ] as const;
  // A device that is not connected is answered with 404, too.
  return {
    refusal: {
      ...refusalOf(page, { ...reply, status: reply.status === 404 ? 400 : reply.status }, fields),
      status: reply.status,
    },
  };
}
