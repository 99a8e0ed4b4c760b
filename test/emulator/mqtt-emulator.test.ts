/** MQTT through the whole emulator: what the other planes arranged decides. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { test } from 'uvu';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { dpsTopics, dpsUserName, hubTopics, hubUserName } from '../../src/dps/contract/mqtt.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { type Made, make } from '../support/chains.js';
import { record } from './mqtt-fixture.js';
import { groupBody, startTestEmulator, type TestEmulator } from './support.js';

let emulator: TestEmulator;
let root: Made;
let intermediate: Made;

test.before(async () => {
  emulator = await startTestEmulator();
  root = await make('root', 'Root');
  intermediate = await make('intermediate', 'Intermediate', root);
  await emulator.verifiedCa('root', root);
  const group = groupBody(
    'fleet',
    { reference: 'root' },
    { initialTwin: { properties: { desired: { a: 1 } } } },
  );
  assert.equal((await emulator.service('PUT', '/enrollmentGroups/fleet', group)).status, 200);
});
test.after(() => emulator?.stop());

function connect(host: string, clientId: string, username: string, chain: Made[]) {
  return mqtt.connectAsync(`mqtts://${host}`, {
    ca: readFileSync(emulator.endpoints.caFile),
    cert: chain.map(({ pem }) => pem).join(''),
    key: chain[0]!.privateKey.export({ format: 'pem', type: 'pkcs8' }),
    clientId,
    username,
    reconnectPeriod: 0,
    protocolVersion: 4,
  });
}

async function openDps(registrationId: string, chain: Made[]) {
  const { ports, idScope } = emulator.endpoints;
  const userName = dpsUserName(idScope, registrationId, '2019-03-31');
  const client = await connect(`localhost:${ports.mqtt}`, registrationId, userName, chain);
  const inbox = record(client);
  await client.subscribeAsync(dpsTopics.responses);
  let number = 0;
  return {
    /** @returns the status and body of the answer */
    async ask(topic: (requestId: string) => string, body: string) {
      number += 1;
      client.publish(topic(`${number}`), body);
      const answer = await inbox.first('$dps/registrations/res/');
      inbox.received.length = 0;
      return { status: Number(answer.topic.split('/')[3]), body: JSON.parse(answer.payload) };
    },
    close: () => client.endAsync(),
  };
}

async function register(registrationId: string, chain: Made[]) {
  const dps = await openDps(registrationId, chain);
  try {
    const first = await dps.ask(dpsTopics.register, JSON.stringify({ registrationId }));
    if (first.status !== 202) return first;
    return await dps.ask((requestId) => dpsTopics.getOperation(requestId, first.body.operationId), ' ');
  } finally {
    await dps.close();
  }
}

function openHub(deviceId: string, chain: Made[]) {
  const { hubHostName } = emulator.endpoints;
  return connect(hubHostName, deviceId, hubUserName(hubHostName, deviceId, '2021-04-12'), chain);
}

function callHub(method: string, path: string) {
  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(
    emulator.endpoints.hubServiceConnectionString,
  );
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const authorization = createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, expiry);
  return emulator.call({ method, path: `${path}?api-version=2021-04-12`, headers: { authorization } });
}

test('a device registers, talks to its hub, and is seen there', async () => {
  const chain = [await make('device', 'device-1', intermediate), intermediate];
  const { status, body } = await register('device-1', chain);
  assert.equal(status, 200);
  assert.equal(body.registrationState.assignedHub, emulator.endpoints.hubHostName);

  const device = await openHub('device-1', chain);
  const inbox = record(device);
  await device.subscribeAsync(hubTopics.twinResponses);
  await device.publishAsync(hubTopics.telemetry('device-1'), 'hello', { qos: 1 });
  device.publish(hubTopics.getTwin('1'), ' ');
  const twin = await inbox.first('$iothub/twin/res/200');
  assert.equal(JSON.parse(twin.payload).desired.a, 1);
  device.publish(hubTopics.patchReported('2'), '{"b":2}');
  await inbox.first('$iothub/twin/res/204');
  const seen = await callHub('GET', '/twins/device-1');
  assert.equal(seen.status, 200);
  assert.equal(seen.body.properties.reported.b, 2);
  assert.equal(seen.body.connectionState, 'Connected');

  const ended = new Promise<void>((resolve) => device.once('close', () => resolve()));
  assert.equal((await callHub('DELETE', '/Devices/device-1')).status, 204);
  await ended;
  await assert.rejects(openHub('device-1', chain), { code: 5 });
});

test('a later certificate of the same chain is let in by the hub once it has registered, one of another chain never is', async () => {
  const chain = [await make('device', 'device-2', intermediate), intermediate];
  await register('device-2', chain);
  const laterChain = [await make('device', 'device-2', intermediate), intermediate];
  await assert.rejects(openHub('device-2', [...laterChain, root]), { code: 5 });
  await register('device-2', laterChain);
  const later = await openHub('device-2', [...laterChain, root]);
  await later.endAsync();
  const stranger = await make('root', 'Root');
  await assert.rejects(openHub('device-2', [await make('device', 'device-2', stranger), stranger, root]), {
    code: 5,
  });
});

test('who may not register is told so over MQTT', async () => {
  const stranger = await make('root', 'Stranger');
  const unknown = await register('device-3', [await make('device', 'device-3', stranger), stranger]);
  assert.equal(unknown.status, 401);
  assert.equal(unknown.body.errorCode, 401002);
  const otherName = await register('device-3', [
    await make('device', 'device-4', intermediate),
    intermediate,
  ]);
  assert.equal(otherName.status, 401);
});

test('a device cannot read the operation of another', async () => {
  const chainOf = async (name: string) => [await make('device', name, intermediate), intermediate];
  const first = await openDps('device-5', await chainOf('device-5'));
  const { body } = await first.ask(dpsTopics.register, '{}');
  await first.close();
  const other = await openDps('device-6', await chainOf('device-6'));
  const { status } = await other.ask((id) => dpsTopics.getOperation(id, body.operationId), ' ');
  await other.close();
  assert.ok(status === 401 || status === 404, `${status}`);
});

test.run();
