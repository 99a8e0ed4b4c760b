/** Devices and clients that write a script into every field that they can fill, over HTTPS and MQTT. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import azureDevice from 'azure-iot-device';
import mqtt from 'mqtt';
import { hubUserName } from '../../src/dps/contract/mqtt.js';
import { connectDevice, registerDevice } from '../interop/node-device.js';
import { make } from '../support/chains.js';
import { hubService } from './hub-service.js';
import { groupBody, type TestEmulator } from './support.js';

/** Sets `window.__xss` wherever a browser runs it. */
const script = `'"><img src=x onerror=window.__xss=1><script>window.__xss=1</script>`;

/** A hostile value, with the name of its field so that it can be found on a page. */
export const hostile = (field: string) => `${field}${script}`;

/** Without the characters that names in a twin cannot have. */
const twinKey = (field: string) => `${field}'"><img/src=x/onerror=window['__xss']=1>`;

/** A page, and the hostile values that it must show as text. */
export interface HostilePage {
  path: string;
  shows: string[];
}

/**
 * @param emulator with `dialEmulator` in effect
 * @returns every page, by its path below `/console/`
 */
export async function actHostile(emulator: TestEmulator): Promise<HostilePage[]> {
  const { dpsName, idScope, hubHostName, ports, caFile } = emulator.endpoints;
  const version = 'api-version=2021-06-01';
  const encoded = (field: string) => encodeURIComponent(hostile(field));

  // A webhook that names an unknown hub for one device, and answers with a payload and a twin for the others.
  const webhook = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        iotHubHostName: body.includes('hostile-failed') ? hostile('webhook-hub') : hubHostName,
        payload: { answer: hostile('webhook-payload') },
        initialTwin: { tags: { [twinKey('webhook-tag')]: hostile('webhook-tag-value') } },
      }),
    );
  });
  await new Promise<void>((listening) => webhook.listen(0, '127.0.0.1', listening));
  const webhookUrl = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/?${encoded('webhook-url')}`;

  try {
    // Certificates whose names are hostile.
    const subject = (commonName: string) => ({ commonName, organization: hostile('o').slice(0, 64) });
    const root = await make('root', 'hostile', undefined, { subject: subject('hostile-root') });
    const leaf = (id: string) =>
      make('device', id, root, {
        subject: { ...subject(id), organizationalUnit: hostile('ou').slice(0, 64) },
        subjectAlternativeNames: { uri: [`urn:x:${encoded('san')}`] },
      });
    await emulator.verifiedCa('hostile-ca', root);
    await emulator.arm('PUT', `/certificates/${encoded('ca-name')}`, { properties: { certificate: '' } });
    const custom = {
      allocationPolicy: 'custom',
      customAllocationDefinition: { webhookUrl, apiVersion: '2021-10-01' },
      initialTwin: {
        tags: { [twinKey('group-tag')]: hostile('group-tag-value') },
        properties: { desired: { [twinKey('desired')]: `</textarea>${hostile('desired-value')}` } },
      },
    };
    const reference = { reference: 'hostile-ca' };
    await emulator.service('PUT', '/enrollmentGroups/hostile', groupBody('hostile', reference, custom));
    await emulator.service(
      'PUT',
      `/enrollmentGroups/${encoded('group-id')}`,
      groupBody(hostile('group-id'), reference),
    );
    await emulator.service('PUT', '/enrollments/hostile-key', {
      registrationId: 'hostile-key',
      attestation: { type: 'symmetricKey' },
      deviceId: `a'(alert)!*%3Cscript%3E`,
      optionalDeviceInformation: { note: hostile('information') },
      initialTwin: { tags: { [twinKey('enrollment-tag')]: hostile('enrollment-tag-value') } },
    });

    // Requests that are refused, which the log shows.
    const agent = { 'user-agent': hostile('user-agent') };
    const device = await leaf('hostile-device');
    await emulator.call({
      method: 'PUT',
      path: `/${encoded('id-scope')}/registrations/${encoded('registration-id')}/register?${version}`,
      body: { registrationId: hostile('registration-id'), payload: hostile('payload') },
      headers: agent,
      chain: [await leaf('other-name'), root],
    });
    await emulator.call({
      method: 'PUT',
      path: `/${idScope}/registrations/hostile-device/register?${version}`,
      body: { registrationId: hostile('body-id') },
      headers: agent,
      chain: [device, root],
    });
    await emulator.call({
      path: `/${encoded('path')}?${encoded('query')}=${encoded('value')}`,
      headers: agent,
    });
    await emulator.call({ path: `/enrollments/x?api-version=${encoded('version')}`, headers: agent });

    // The reason is in the record.
    await emulator.register('hostile-failed', [await leaf('hostile-failed'), root]);

    const registered = await registerDevice(emulator, 'hostile-device', [device, root]);
    const client = await connectDevice(registered, [device, root]);
    const message = new azureDevice.Message(hostile('telemetry'));
    message.contentType = hostile('content-type') as never;
    message.messageId = hostile('message-id');
    message.properties.add(hostile('property'), hostile('property-value'));
    await client.sendEvent(message);
    const twin = await client.getTwin();
    await new Promise<void>((resolve, reject) =>
      twin.properties.reported.update(
        { [twinKey('reported')]: hostile('reported-value') },
        (error?: Error) => (error ? reject(error) : resolve()),
      ),
    );
    client.onDeviceMethod('reboot', (_, response) => {
      response.send(200, { [hostile('method-key')]: hostile('method-value') }, () => {});
    });
    await client.getTwin();
    const hub = hubService(emulator);
    // No device answers it: the least time to wait (Azure: 5 to 300 seconds).
    const call = { methodName: hostile('method-name'), payload: 1, responseTimeoutInSeconds: 5 };
    await hub('POST', '/twins/hostile-device/methods', call);
    await hub('PATCH', '/twins/hostile-device', { tags: { [twinKey('tag')]: hostile('tag-value') } });

    // A client of MQTT with a hostile name.
    const stranger = mqtt.connect(`mqtts://localhost:${ports.mqtt}`, {
      ca: readFileSync(caFile, 'utf8'),
      reconnectPeriod: 0,
      clientId: hostile('client-id'),
      username: `${hubUserName(hubHostName, hostile('mqtt-device'), '2021-04-12')}&x=${hostile('user-name')}`,
      password: hostile('password'),
    });
    await new Promise<void>((resolve) => {
      stranger.once('error', () => resolve());
      stranger.once('close', () => resolve());
    });
    stranger.end(true);

    const service = `services/${dpsName}`;
    // The connection stays open, so that a method can be called from the page.
    closers.push(() => client.close());
    return [
      { path: '', shows: [] },
      { path: `${service}/certificates`, shows: [hostile('o').slice(0, 64)] },
      { path: `${service}/certificates/hostile-ca`, shows: [hostile('o').slice(0, 64)] },
      { path: `${service}/enrollments`, shows: [] },
      { path: `${service}/enrollments?prefix=${encoded('prefix')}`, shows: [hostile('prefix')] },
      {
        path: `${service}/groups/hostile`,
        shows: [hostile('group-tag-value'), `</textarea>${hostile('desired-value')}`, encoded('webhook-url')],
      },
      { path: `${service}/individuals/hostile-key`, shows: [hostile('enrollment-tag-value')] },
      { path: `${service}/registrations`, shows: [hostile('webhook-hub')] },
      { path: `${service}/registrations?group=${encoded('group')}`, shows: [hostile('group')] },
      { path: `${service}/hubs`, shows: [] },
      { path: 'hubs/hub-1/devices', shows: [] },
      {
        path: 'hubs/hub-1/devices/hostile-device',
        shows: [
          ...['telemetry', 'content-type', 'message-id', 'property', 'property-value', 'reported-value'],
          ...['tag-value', 'webhook-tag-value'],
        ].map(hostile),
      },
      { path: 'log', shows: [hostile('registration-id'), hostile('id-scope'), hostile('o').slice(0, 64)] },
      { path: `${encoded('missing')}?lang=${encoded('lang')}&done=${encoded('done')}`, shows: [] },
      { path: 'faults', shows: [] },
      { path: 'clock', shows: [] },
      { path: 'api', shows: [] },
    ];
  } finally {
    webhook.close();
  }
}

const closers: (() => Promise<unknown>)[] = [];

/** Ends the connections that `actHostile` leaves open. */
export async function leave(): Promise<void> {
  await Promise.all(closers.splice(0).map((close) => close()));
}
