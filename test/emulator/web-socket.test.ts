/** MQTT over WebSocket: the same sessions as over TLS, on the port of HTTPS. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import mqtt from 'mqtt';
import { test } from 'uvu';
import { dpsTopics, dpsUserName, hubTopics, hubUserName } from '../../src/dps/contract/mqtt.js';
import { type Made, makeChain } from '../support/chains.js';
import { record } from './mqtt-fixture.js';
import { groupBody, startTestEmulator, type TestEmulator } from './support.js';

let emulator: TestEmulator;
let root: Made;
let chain: Made[];
const clients: mqtt.MqttClient[] = [];

test.before(async () => {
  emulator = await startTestEmulator();
  const made = await makeChain('over-ws');
  root = made.root;
  chain = [made.device, made.intermediate];
  await letIn(emulator);
});
test.after(async () => {
  for (const client of clients) client.end(true);
  await emulator?.stop();
});

/** Devices of the root, from now on. */
async function letIn(to: TestEmulator): Promise<void> {
  await to.verifiedCa('root', root);
  const put = await to.service(
    'PUT',
    '/enrollmentGroups/over-ws',
    groupBody('over-ws', { reference: 'root' }),
  );
  assert.equal(put.status, 200);
}

const path = '/$iothub/websocket';

async function connect(
  options: mqtt.IClientOptions,
  presented?: Made[],
  at = path,
): Promise<mqtt.MqttClient> {
  const client = await mqtt.connectAsync(`wss://localhost:${emulator.endpoints.ports.https}${at}`, {
    ca: readFileSync(emulator.endpoints.caFile, 'utf8'),
    reconnectPeriod: 0,
    protocolVersion: 4,
    ...(presented ? { cert: pemOf(presented), key: keyOf(presented) } : {}),
    ...options,
  });
  client.on('error', () => {});
  clients.push(client);
  return client;
}

const pemOf = (presented: Made[]) => presented.map(({ pem }) => pem).join('');
const keyOf = ([leaf]: Made[]) => leaf!.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
const dpsUser = (registrationId: string) =>
  dpsUserName(emulator.endpoints.idScope, registrationId, '2019-03-31');

test('a device registers and talks to its hub over WebSockets', async () => {
  const device = await connect({ clientId: 'over-ws', username: dpsUser('over-ws') }, chain);
  const answers = record(device);
  await device.subscribeAsync(dpsTopics.responses);
  device.publish(dpsTopics.register('1'), JSON.stringify({ registrationId: 'over-ws' }), { qos: 1 });
  const first = JSON.parse((await answers.first('$dps/registrations/res/202/?$rid=1')).payload);
  device.publish(dpsTopics.getOperation('2', first.operationId), ' ', { qos: 1 });
  const { registrationState } = JSON.parse(
    (await answers.first('$dps/registrations/res/200/?$rid=2')).payload,
  );
  assert.equal(registrationState.assignedHub, emulator.endpoints.hubHostName);

  const username = hubUserName(emulator.endpoints.hubHostName, 'over-ws', '2021-04-12');
  const atHub = await connect(
    { clientId: 'over-ws', username },
    chain,
    `${path}?iothub-no-client-cert=false`,
  );
  const twin = record(atHub);
  await atHub.subscribeAsync(hubTopics.twinResponses);
  atHub.publish(hubTopics.getTwin('3'), '');
  const { desired } = JSON.parse((await twin.first('$iothub/twin/res/200/?$rid=3')).payload);
  assert.equal(desired.$version, 1);
  // The largest message goes through, as over TLS.
  await atHub.publishAsync(hubTopics.telemetry('over-ws'), Buffer.alloc(250_000), { qos: 1 });
});

test('the certificate of the TLS connection is the one that counts', async () => {
  await assert.rejects(connect({ clientId: 'over-ws', username: dpsUser('over-ws') }), /Not authorized/);
  const username = hubUserName(emulator.endpoints.hubHostName, 'over-ws', '2021-04-12');
  await assert.rejects(connect({ clientId: 'over-ws', username }, [chain[1]!]), /Not authorized/);
});

test('a packet beyond the limit ends the connection', async () => {
  const username = hubUserName(emulator.endpoints.hubHostName, 'over-ws', '2021-04-12');
  const device = await connect({ clientId: 'over-ws', username }, chain);
  const ended = new Promise<void>((resolve) => device.once('close', () => resolve()));
  device.publish(hubTopics.telemetry('over-ws'), Buffer.alloc(400_000), { qos: 0 });
  await ended;
  assert.ok(emulator.messages('over-ws').every(({ body }) => body.length < 400_000));
});

/** What an upgrade is answered that is refused. */
function refusedUpgrade(
  at: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      `https://localhost:${emulator.endpoints.ports.https}${at}`,
      {
        ca: readFileSync(emulator.endpoints.caFile, 'utf8'),
        agent: false,
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
          ...headers,
        },
      },
      async (response) => resolve({ status: response.statusCode!, body: await text(response) }),
    );
    asked.on('upgrade', () => reject(new Error('it was upgraded')));
    asked.on('error', reject);
    asked.end();
  });
}

test('upgrades to anything else are refused in words', async () => {
  const mqttOffered = { 'sec-websocket-protocol': 'mqtt' };
  const elsewhere = await refusedUpgrade('/enrollmentGroups/x', mqttOffered);
  assert.equal(elsewhere.status, 404);
  assert.match(elsewhere.body, /\$iothub\/websocket/);
  const stranger = await refusedUpgrade(path, { 'sec-websocket-protocol': 'chat, soap' });
  assert.equal(stranger.status, 400);
  assert.match(stranger.body, /mqtt/);
  assert.equal((await refusedUpgrade(path, { ...mqttOffered, 'sec-websocket-version': '3' })).status, 400);
  assert.equal((await refusedUpgrade(path, { ...mqttOffered, 'sec-websocket-key': 'short' })).status, 400);
});

test('an idle WebSocket does not keep the emulator from stopping', async () => {
  const other = await startTestEmulator();
  const socket = await new Promise<Duplex>((resolve, reject) => {
    const asked = request(`https://localhost:${other.endpoints.ports.https}${path}`, {
      ca: readFileSync(other.endpoints.caFile, 'utf8'),
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-protocol': 'mqtt',
      },
    });
    asked.on('upgrade', (response, stream) => {
      assert.equal(response.headers['sec-websocket-protocol'], 'mqtt');
      stream.on('error', () => {});
      resolve(stream);
    });
    asked.on('error', reject);
    asked.end();
  });
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await other.stop();
  await ended;
});

test.run();
