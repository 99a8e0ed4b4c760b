/** The page of one device, with its twin, direct methods and messages. */
import { presenceOf } from '../../hub/describe.js';
import type { HubDevice } from '../../hub/devices.js';
import { deviceEtag, twinEtag } from '../../hub/etags.js';
import type { IotHub } from '../../hub/hub-directory.js';
import { TextArea, TextField } from '../fields.js';
import { DeleteForm, Form } from '../form.js';
import { Live, renderPage, Time } from '../layout.js';
import { type PageContext, paths } from '../page-context.js';
import { type FormState, stateOf } from '../submission.js';
import type { MethodResponse } from './device-calls.js';
import { ConnectionBadge, StatusBadge } from './device-parts.js';
import { Telemetry } from './telemetry.js';

export function devicePage(
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
          <Telemetry page={page} messages={hub.hub.messages.list(deviceId)} />
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
        <ConnectionBadge page={page} isConnected={connected} />
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
