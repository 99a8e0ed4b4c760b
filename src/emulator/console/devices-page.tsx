/** The pages of a hub's devices: the list, and one device with its twin, methods and messages. */
import type { Context, Hono } from 'hono';
import { type Route, routes } from '../../dps/contract/routes.js';
import { presenceOf } from '../hub/describe.js';
import type { HubDevice } from '../hub/devices.js';
import { deviceEtag, twinEtag } from '../hub/etags.js';
import type { IotHub } from '../hub/hub-directory.js';
import type { HubMessage } from '../hub/messages.js';
import type { Outcome } from './actions.js';
import type { ConsoleApp } from './console-app.js';
import {
  DeleteForm,
  Form,
  type FormState,
  parseJsonField,
  type Refusal,
  refusalOf,
  type Submission,
  stateOf,
  TextArea,
  TextField,
} from './form.js';
import { Badge, Live, Pager, renderPage, SearchForm, Table, Time } from './layout.js';
import { consolePath, type PageContext, PageProblem, paths } from './page-context.js';
import { consoleVersions } from './wire.js';

const pageSize = 100;

/** The messages of a device that are shown: the newest, and so much of each. */
const shownMessages = 20;
const shownBytes = 2000;

export function deviceRoutes(app: Hono, console: ConsoleApp): void {
  const list = `${consolePath}/hubs/:hub/devices`;
  const one = `${list}/:id`;
  app.get(list, async (c) => c.html(listPage(await console.page(c), console.hub(c), c)));
  app.get(one, async (c) => {
    const page = await console.page(c);
    const hub = console.hub(c);
    return c.html(devicePage(page, hub, deviceOf(hub, c.req.param('id')!)));
  });
  for (const [key, act] of Object.entries({
    twin: saveTwin,
    status: setStatus,
    message: send,
    purge,
    delete: remove,
  })) {
    app.post(`${one}/do/${key}`, async (c) => {
      const page = await console.page(c);
      const hub = console.hub(c);
      const id = c.req.param('id')!;
      return console.actions.run(
        c,
        (sent) => act(page, hub, id, sent),
        (sent, refusal) => rerender(page, hub, id, c, { key, sent, refusal }),
      );
    });
  }
  // What a method returns is shown on the page that it was called from.
  app.post(`${one}/do/method`, async (c) => {
    const page = await console.page(c);
    const hub = console.hub(c);
    const id = c.req.param('id')!;
    return console.actions.run(
      c,
      async (sent) => {
        const invoked = await invoke(page, hub, id, sent);
        if ('refusal' in invoked) return invoked;
        return { html: devicePage(page, hub, deviceOf(hub, id), { key: 'method', sent }, invoked) };
      },
      (sent, refusal) => rerender(page, hub, id, c, { key: 'method', sent, refusal }),
    );
  });
}

function rerender(page: PageContext, hub: IotHub, id: string, c: Context, state: FormState): string {
  const device = hub.hub.devices.get(id);
  return device === undefined ? listPage(page, hub, c, state.refusal) : devicePage(page, hub, device, state);
}

/** @throws PageProblem notFound */
function deviceOf({ hub }: IotHub, id: string): HubDevice {
  const device = hub.devices.get(id);
  if (!device) throw new PageProblem('notFound');
  return device;
}

function callHub(
  { console: { wire } }: PageContext,
  { names }: IotHub,
  deviceId: string,
  call: { route: Route; ifMatch?: string; body?: unknown; headers?: Record<string, string> },
) {
  return wire.call({ ...call, host: names.https, parameters: { deviceId }, apiVersion: consoleVersions.hub });
}

async function saveTwin(page: PageContext, hub: IotHub, id: string, sent: Submission): Promise<Outcome> {
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

async function setStatus(page: PageContext, hub: IotHub, id: string, sent: Submission): Promise<Outcome> {
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

async function remove(page: PageContext, hub: IotHub, id: string, sent: Submission): Promise<Outcome> {
  const reply = await callHub(page, hub, id, {
    route: routes.hub.deleteDevice,
    ifMatch: `"${sent.text('etag')}"`,
  });
  if (reply.refusal !== undefined) return { refusal: refusalOf(page, reply) };
  return { to: paths.devices(hub.hubId), done: 'deleted' };
}

async function send(page: PageContext, hub: IotHub, id: string, sent: Submission): Promise<Outcome> {
  const reply = await callHub(page, hub, id, {
    route: routes.hub.sendToDevice,
    body: Buffer.from(sent.text('body')),
    headers: { 'iothub-to': `/devices/${encodeURIComponent(id)}/messages/deviceBound` },
  });
  if (reply.refusal !== undefined) return { refusal: { ...refusalOf(page, reply), field: 'body' } };
  return { to: paths.device(hub.hubId, id), done: 'sent' };
}

async function purge(page: PageContext, hub: IotHub, id: string): Promise<Outcome> {
  const reply = await callHub(page, hub, id, { route: routes.hub.purgeMessages });
  if (reply.refusal !== undefined) return { refusal: refusalOf(page, reply) };
  return { to: paths.device(hub.hubId, id), done: 'purged' };
}

interface MethodResponse {
  status: number;
  payload: unknown;
}

async function invoke(
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

function listPage(page: PageContext, hub: IotHub, c: Context, refusal?: Refusal): string {
  const { text } = page;
  const { devicesPage } = text;
  const [prefix, after] = [c.req.query('prefix') ?? '', c.req.query('after') ?? ''];
  const { devices } = hub.hub;
  const all = devices.page(after, pageSize + 1, prefix);
  const shown = all.slice(0, pageSize);
  const base = paths.devices(hub.hubId);
  return renderPage(
    page,
    `${text.devices}: ${hub.hubId}`,
    <>
      {refusal && (
        <div class="notice error" role="alert">
          <p>
            {text.refused} {refusal.message}
          </p>
        </div>
      )}
      <HubChoice page={page} hub={hub} />
      <SearchForm page={page} action={base} prefix={prefix} />
      <Live id="live-devices">
        {shown.length === 0 ? (
          <p>{prefix === '' ? devicesPage.empty : text.noMatch(prefix)}</p>
        ) : (
          <Table
            label={text.devices}
            head={[
              devicesPage.deviceId,
              text.status,
              devicesPage.connection,
              devicesPage.authentication,
              devicesPage.lastActivity,
            ]}
          >
            {shown.map((device) => {
              const { times, connected } = presenceOf(hub.hub, device.deviceId);
              return (
                <tr>
                  <td class="id">
                    <a href={paths.device(hub.hubId, device.deviceId)}>{device.deviceId}</a>
                  </td>
                  <td>
                    <StatusBadge page={page} device={device} />
                  </td>
                  <td>
                    <Badge kind={connected ? 'good' : 'neutral'}>
                      {connected ? devicesPage.connected : devicesPage.disconnected}
                    </Badge>
                  </td>
                  <td>{devicesPage.authentications[device.credential.type]}</td>
                  <td>{times.lastActivity === undefined ? '' : <Time at={times.lastActivity} />}</td>
                </tr>
              );
            })}
          </Table>
        )}
        <Pager
          page={page}
          label={text.devices}
          base={base}
          query={{ prefix }}
          after={after}
          next={all.length > pageSize ? shown.at(-1)!.deviceId : undefined}
        />
      </Live>
    </>,
  );
}

function HubChoice({ page: { text, console }, hub }: { page: PageContext; hub: IotHub }) {
  const hubs = console.hubs.list();
  if (hubs.length < 2) return null;
  return (
    <nav aria-label={text.overviewPage.allHubs} class="links">
      {hubs.map(({ hubId }) => (
        <a href={paths.devices(hubId)} {...(hubId === hub.hubId ? { 'aria-current': 'true' as const } : {})}>
          {hubId}
        </a>
      ))}
    </nav>
  );
}

function StatusBadge({ page: { text }, device: { status } }: { page: PageContext; device: HubDevice }) {
  return (
    <Badge kind={status === 'enabled' ? 'good' : 'bad'}>
      {status === 'enabled' ? text.enabled : text.disabled}
    </Badge>
  );
}

function devicePage(
  page: PageContext,
  hub: IotHub,
  device: HubDevice,
  sent?: FormState,
  response?: MethodResponse,
): string {
  const { text } = page;
  const { devicesPage } = text;
  const { deviceId } = device;
  const own = paths.device(hub.hubId, deviceId);
  const etag = deviceEtag(device);
  const [statusForm, purgeForm, messageForm] = (['status', 'purge', 'message'] as const).map((key) =>
    stateOf(key, sent),
  );
  const isEnabled = device.status === 'enabled';
  return renderPage(
    page,
    deviceId,
    <>
      <p>
        <a href={paths.devices(hub.hubId)}>
          {devicesPage.hub}: {hub.hubId}
        </a>
      </p>
      <Live id="live-device">
        <Facts page={page} hub={hub} device={device} />
      </Live>
      <Form
        page={page}
        state={statusForm!}
        action={`${own}/do/status`}
        submit={isEnabled ? text.disable : text.enable}
      >
        <input type="hidden" name="etag" value={etag} />
        <input type="hidden" name="status" value={isEnabled ? 'disabled' : 'enabled'} />
      </Form>
      <Twin page={page} hub={hub} device={device} state={stateOf('twin', sent)} action={`${own}/do/twin`} />
      <Method page={page} state={stateOf('method', sent)} action={`${own}/do/method`} response={response} />
      <section aria-labelledby="to-device">
        <h2 id="to-device">{devicesPage.message}</h2>
        <Form page={page} state={messageForm!} action={`${own}/do/message`} submit={devicesPage.send}>
          <TextArea state={messageForm!} name="body" label={devicesPage.messageBody} rows={3} />
        </Form>
        <Form page={page} state={purgeForm!} action={`${own}/do/purge`} submit={devicesPage.purge} />
      </section>
      <section>
        <h2 id="telemetry">{devicesPage.telemetry}</h2>
        <Live id="live-telemetry">
          <Telemetry
            page={page}
            messages={hub.hub.messages.list(deviceId).reverse().slice(0, shownMessages)}
          />
        </Live>
      </section>
      <DeleteForm
        page={page}
        name={deviceId}
        action={`${own}/do/delete`}
        etag={etag}
        state={stateOf('delete', sent)}
      />
    </>,
  );
}

function Facts({ page, hub, device }: { page: PageContext; hub: IotHub; device: HubDevice }) {
  const { text } = page;
  const { devicesPage } = text;
  const { connected, waiting, times } = presenceOf(hub.hub, device.deviceId);
  const { credential } = device;
  const thumbprints =
    credential.type === 'selfSigned' ? [credential.primaryThumbprint, credential.secondaryThumbprint] : [];
  return (
    <dl>
      <dt>{text.status}</dt>
      <dd>
        <StatusBadge page={page} device={device} />
      </dd>
      <dt>{devicesPage.connection}</dt>
      <dd>
        <Badge kind={connected ? 'good' : 'neutral'}>
          {connected ? devicesPage.connected : devicesPage.disconnected}
        </Badge>
      </dd>
      <dt>{devicesPage.authentication}</dt>
      <dd>{devicesPage.authentications[credential.type]}</dd>
      {thumbprints
        .filter((one) => one !== undefined)
        .map((thumbprint) => (
          <>
            <dt>{text.thumbprint}</dt>
            <dd>
              <code>{thumbprint}</code>
            </dd>
          </>
        ))}
      <dt>{devicesPage.lastActivity}</dt>
      <dd>{times.lastActivity === undefined ? text.none : <Time at={times.lastActivity} />}</dd>
      <dt>{devicesPage.queued}</dt>
      <dd>{waiting}</dd>
      <dt>{text.created}</dt>
      <dd>
        <Time at={device.created} />
      </dd>
    </dl>
  );
}

function Twin({
  page,
  hub,
  device,
  state,
  action,
}: {
  page: PageContext;
  hub: IotHub;
  device: HubDevice;
  state: FormState;
  action: string;
}) {
  const { devicesPage } = page.text;
  const twin = hub.hub.twins.get(device.deviceId)!;
  return (
    <section aria-labelledby="twin-title">
      <h2 id="twin-title">{devicesPage.twin}</h2>
      <Form page={page} state={state} action={action} submit={devicesPage.saveTwin}>
        <input type="hidden" name="etag" value={twinEtag(twin)} />
        <TextArea
          state={state}
          name="desired"
          label={devicesPage.desired}
          value={pretty(twin.desired.properties)}
        />
        <TextArea state={state} name="tags" label={devicesPage.tags} value={pretty(twin.tags)} rows={5} />
      </Form>
      <h3>{devicesPage.reported}</h3>
      <Live id="live-reported">
        <pre>{pretty(twin.reported.properties)}</pre>
      </Live>
    </section>
  );
}

function Method({
  page,
  state,
  action,
  response,
}: {
  page: PageContext;
  state: FormState;
  action: string;
  response: MethodResponse | undefined;
}) {
  const { devicesPage } = page.text;
  return (
    <section aria-labelledby="method-title">
      <h2 id="method-title">{devicesPage.method}</h2>
      <Form page={page} state={state} action={action} submit={devicesPage.invoke}>
        <TextField state={state} name="methodName" label={devicesPage.methodName} isRequired />
        <TextArea state={state} name="payload" label={devicesPage.payload} rows={3} />
        <TextField state={state} name="timeout" label={devicesPage.timeout} type="number" value="30" />
      </Form>
      {response && (
        <div class="notice done" role="status">
          <p>{devicesPage.responded(response.status)}</p>
          <pre>{pretty(response.payload)}</pre>
        </div>
      )}
    </section>
  );
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? '';
}

function Telemetry({ page, messages }: { page: PageContext; messages: readonly HubMessage[] }) {
  const { devicesPage } = page.text;
  if (messages.length === 0) return <p>{devicesPage.noTelemetry}</p>;
  return (
    <Table
      label={devicesPage.telemetry}
      head={[devicesPage.enqueued, devicesPage.body, devicesPage.properties]}
    >
      {messages.map(({ enqueued, body, properties, systemProperties }) => (
        <tr>
          <td>
            <Time at={enqueued} />
          </td>
          <td>
            <pre>{bodyText(page, body)}</pre>
          </td>
          <td>
            {[
              ...Object.entries(systemProperties).map(([name, value]) => [`$.${name}`, value]),
              ...Object.entries(properties),
            ].map(([name, value]) => (
              <div>
                <code>{`${name}=${value}`}</code>
              </div>
            ))}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function bodyText({ text: { devicesPage } }: PageContext, body: Buffer): string {
  const head = body.subarray(0, shownBytes).toString();
  // A character may be cut at the end of the part.
  if (head.slice(0, -4).includes('�') || head.includes('\0')) return devicesPage.binary(body.length);
  return body.length <= shownBytes ? head : `${head} ${devicesPage.shortened(body.length)}`;
}
