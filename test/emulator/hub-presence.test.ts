/** How long a device is connected, and what the hub tells of that. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { test } from 'uvu';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { hubTopics, hubUserName } from '../../src/dps/contract/mqtt.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { connectAmqp, type RawAmqpClient } from './amqp-client.js';
import { startTestEmulator, type TestEmulator } from './support.js';

let emulator: TestEmulator;
test.before(async () => {
  emulator = await startTestEmulator();
});
test.after(() => emulator?.stop());

const never = '0001-01-01T00:00:00Z';
const ca = () => readFileSync(emulator.endpoints.caFile, 'utf8');

/** A call of the owner, whose token outlives what the tests do to the clock. */
function hub(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(
    emulator.endpoints.hubServiceConnectionString,
  );
  const expiry = Math.floor(Date.now() / 1000) + 24 * 3600;
  const authorization = createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, expiry);
  return emulator.call({
    method,
    path: `${path}?api-version=2021-04-12`,
    body,
    headers: { authorization, ...headers },
  });
}

/** Makes a device. @returns what makes its tokens */
async function makeDevice(deviceId: string): Promise<(expiresIn: number) => string> {
  const { body } = await hub('PUT', `/devices/${deviceId}`, {});
  const { primaryKey } = body.authentication.symmetricKey;
  return (expiresIn) =>
    createSasToken(
      `${emulator.endpoints.hubHostName}/devices/${deviceId}`,
      '',
      primaryKey,
      Math.floor(Date.now() / 1000) + expiresIn,
    ).replace('&skn=', '');
}

async function connectMqtt(deviceId: string, password: string): Promise<mqtt.MqttClient> {
  const { hubHostName, ports } = emulator.endpoints;
  const client = await mqtt.connectAsync(`mqtts://localhost:${ports.mqtt}`, {
    ...{ ca: ca(), reconnectPeriod: 0, protocolVersion: 4, clientId: deviceId, password },
    username: hubUserName(hubHostName, deviceId, '2021-04-12'),
  });
  client.on('error', () => {});
  return client;
}

async function putToken(client: RawAmqpClient, token: string): Promise<number> {
  const answers = await client.receiver('$cbs');
  await client.send(await client.sender('$cbs'), {
    message_id: '1',
    application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: 'x' },
    body: token,
  });
  const answer = await client.next(answers);
  return (answer.application_properties as Record<string, number>)['status-code']!;
}

test('a connection ends with its token, unless another was put', async () => {
  const [hour, day] = [3600, 24 * 3600];
  const tokens = {
    'by-mqtt': await makeDevice('by-mqtt'),
    'mqtt-long': await makeDevice('mqtt-long'),
    'by-amqp': await makeDevice('by-amqp'),
    renewing: await makeDevice('renewing'),
  };
  const short = await connectMqtt('by-mqtt', tokens['by-mqtt'](hour));
  const long = await connectMqtt('mqtt-long', tokens['mqtt-long'](day));
  const amqp = { port: emulator.endpoints.ports.amqp, ca: ca() };
  const [first, second] = [await connectAmqp(amqp), await connectAmqp(amqp)];
  assert.equal(await putToken(first, tokens['by-amqp'](hour)), 200);
  const link = await first.receiver('/devices/by-amqp/messages/devicebound');
  assert.equal(await putToken(second, tokens.renewing(hour)), 200);
  await second.receiver('/devices/renewing/messages/devicebound');
  assert.equal(await putToken(second, tokens.renewing(day)), 200);

  const ended = new Promise<void>((resolve) => short.once('close', () => resolve()));
  const closed = first.closed(link);
  emulator.clock.advance(2 * hour * 1000);
  try {
    await ended;
    assert.equal((await closed).condition, 'amqp:unauthorized-access');
    const states = await Promise.all(
      Object.keys(tokens).map(async (deviceId) => {
        const { body } = await hub('GET', `/devices/${deviceId}`);
        return [deviceId, body.connectionState];
      }),
    );
    assert.deepEqual(Object.fromEntries(states), {
      'by-mqtt': 'Disconnected',
      'mqtt-long': 'Connected',
      'by-amqp': 'Disconnected',
      renewing: 'Connected',
    });
  } finally {
    emulator.clock.reset();
    for (const client of [short, long]) client.end(true);
    for (const client of [first, second]) client.end();
  }
});

test('the hub tells when a device was last seen, connected, and enabled', async () => {
  const token = await makeDevice('seen');
  const times = async () => {
    const { body } = await hub('GET', '/devices/seen');
    const { body: twin } = await hub('GET', '/twins/seen');
    assert.equal(twin.lastActivityTime, body.lastActivityTime);
    assert.equal(twin.statusUpdateTime, body.statusUpdatedTime);
    const { connectionStateUpdatedTime, lastActivityTime, statusUpdatedTime, etag } = body;
    return {
      connected: connectionStateUpdatedTime,
      active: lastActivityTime,
      status: statusUpdatedTime,
      etag,
    };
  };
  const made = await times();
  assert.deepEqual(
    [made.connected, made.active, made.status],
    [never, never, never],
    'as Azure writes what never was',
  );

  /** Each step at a time of its own. */
  const later = () => {
    emulator.clock.advance(60_000);
  };
  const grew = (before: string, after: string, about: string) => assert.ok(after > before, about);
  const client = await connectMqtt('seen', token(24 * 3600));
  const connected = await times();
  assert.equal(connected.connected, connected.active);
  grew(never, connected.connected, 'connected');
  assert.equal(connected.etag, made.etag, 'the identity is the same');

  later();
  await client.publishAsync(hubTopics.telemetry('seen'), 'x', { qos: 1 });
  const sent = await times();
  assert.equal(sent.connected, connected.connected);
  grew(connected.active, sent.active, 'sent');

  later();
  const received = new Promise<void>((resolve) => client.once('message', () => resolve()));
  await client.subscribeAsync(hubTopics.cloudToDeviceMessages('seen'), { qos: 1 });
  await hub('POST', '/messages/deviceBound', 'x', { 'iothub-to': '/devices/seen/messages/devicebound' });
  await received;
  await client.publishAsync('$iothub/twin/GET/?$rid=1', '', { qos: 1 });
  grew(sent.active, (await times()).active, 'received');

  later();
  await client.endAsync();
  for (;;) {
    const gone = await times();
    if (gone.connected === connected.connected) continue;
    grew(connected.connected, gone.connected, 'disconnected');
    break;
  }
  const disabled = await hub('PUT', '/devices/seen', { status: 'disabled' }, { 'if-match': '*' });
  grew(never, disabled.body.statusUpdatedTime, 'disabled');
  later();
  const again = await hub(
    'PUT',
    '/devices/seen',
    { status: 'disabled', statusReason: 'still' },
    { 'if-match': '*' },
  );
  assert.equal(again.body.statusUpdatedTime, disabled.body.statusUpdatedTime);
  emulator.clock.reset();
});

test.run();
