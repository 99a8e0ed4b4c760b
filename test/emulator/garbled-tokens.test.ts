/** Shared access signatures that are none: refused on every plane and transport, with the reason in the log. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { test } from 'uvu';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { dpsUserName, hubUserName } from '../../src/dps/contract/mqtt.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { connectAmqp } from './amqp-client.js';
import { hubService } from './hub-service.js';
import { base64, startTestEmulator, type TestEmulator } from './support.js';

const deviceId = 'garbled';
const key = base64('the symmetric key of one device');
const inAnHour = Math.floor(Date.now() / 1000) + 3600;
const good = createSasToken('localhost/devices/garbled', 'registration', key, inAnHour);

const garbled: Record<string, string> = {
  'a scheme and nothing': 'SharedAccessSignature ',
  'no fields': 'SharedAccessSignature x',
  'a field twice': `${good}&se=${inAnHour}`,
  'no signature': good.replace(/&sig=[^&]*/, ''),
  'no expiry': good.replace(/&se=[^&]*/, ''),
  'an expiry that is no number': good.replace(/&se=[^&]*/, '&se=tomorrow'),
  'a broken percent-encoding': good.replace(/sr=[^&]*/, 'sr=%zz'),
  'a signature that is no base64': good.replace(/&sig=[^&]*/, '&sig=%00%ff'),
  'a signature of the wrong length': good.replace(/&sig=[^&]*/, '&sig=AAAA'),
  'no resource': good.replace(/sr=[^&]*/, 'sr='),
  'half a token': good.slice(0, 40),
  'another scheme': good.replace('SharedAccessSignature', 'Basic'),
  'a very long one': `${good}&x=${'y'.repeat(4000)}`,
};

let emulator: TestEmulator;
test.before(async () => {
  emulator = await startTestEmulator();
  const symmetricKey = { primaryKey: key, secondaryKey: key };
  const hub = hubService(emulator);
  await hub('PUT', `/devices/${deviceId}`, { deviceId, authentication: { type: 'sas', symmetricKey } });
  const attestation = { type: 'symmetricKey', symmetricKey };
  await emulator.service('PUT', `/enrollments/${deviceId}`, { registrationId: deviceId, attestation });
});
test.after(() => emulator?.stop());

const overHttps = (method: string, path: string, body?: unknown) => async (authorization: string) =>
  (await emulator.call({ method, path, body, headers: { authorization } })).status === 401;

async function refusedOverMqtt(username: string, password: string): Promise<boolean> {
  const { ports, caFile } = emulator.endpoints;
  const ca = readFileSync(caFile, 'utf8');
  try {
    const client = await mqtt.connectAsync(`mqtts://localhost:${ports.mqtt}`, {
      ...{ ca, clientId: deviceId, username, password, reconnectPeriod: 0, protocolVersion: 4 },
    });
    await client.endAsync(true);
    return false;
  } catch (error) {
    return (error as { code?: number }).code === 5;
  }
}

/** Whether a token is refused, by where it is presented. */
const places: Record<string, (token: string) => Promise<boolean>> = {
  'the service side of a hub': overHttps('GET', `/devices/${deviceId}?api-version=2021-04-12`),
  'a device at its hub': overHttps('GET', `/devices/${deviceId}/messages/devicebound?api-version=2021-04-12`),
  'the service plane of DPS': overHttps('GET', `/enrollments/${deviceId}?api-version=2021-10-01`),
  'a device at DPS': (token) =>
    overHttps(
      'PUT',
      `/${emulator.endpoints.idScope}/registrations/${deviceId}/register?api-version=2021-06-01`,
      { registrationId: deviceId },
    )(token),
  'a device at its hub over MQTT': (token) =>
    refusedOverMqtt(hubUserName(emulator.endpoints.hubHostName, deviceId, '2021-04-12'), token),
  'a device at DPS over MQTT': (token) =>
    refusedOverMqtt(dpsUserName(emulator.endpoints.idScope, deviceId, '2019-03-31'), token),
  async 'a device at its hub over AMQP'(password) {
    const { ports, caFile, hubHostName } = emulator.endpoints;
    const ca = readFileSync(caFile, 'utf8');
    try {
      const client = await connectAmqp({
        ...{ port: ports.amqp, ca, username: `${deviceId}@sas.${hubHostName}`, password },
      });
      await client.sender(`/devices/${deviceId}/messages/events`).finally(() => client.end());
      return false;
    } catch {
      return true;
    }
  },
};

for (const [place, isRefused] of Object.entries(places)) {
  // A garbled token at DPS over MQTT is found out as the device registers, if it looks like one.
  const tokens = Object.entries(garbled).filter(
    ([what]) => place !== 'a device at DPS over MQTT' || !/signature (that|of)|long/.test(what),
  );
  test(`${place}: a garbled token is refused, with its reason in the log`, async () => {
    for (const [what, token] of tokens) {
      emulator.events.length = 0;
      assert.ok(await isRefused(token), what);
      const refusal = emulator.events.find(({ status }) => status === 401);
      assert.ok(refusal?.reason, `${what}: ${JSON.stringify(emulator.events)}`);
      assert.ok(!refusal.reason.includes(token.slice(30, 60) || 'none'), 'the token is a secret');
    }
  });
}

test('a signature that is right, but written as no encoder writes it, is refused', async () => {
  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(
    emulator.endpoints.serviceConnectionString,
  );
  // One with all the characters in which the alphabets of base64 differ.
  const tokens = Array.from({ length: 500 }, (_, index) =>
    createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, inAnHour + index),
  );
  const token = tokens.find((one) => /sig=[^&]*%2B/i.test(one) && /sig=[^&]*%2F/i.test(one))!;
  const status = async (authorization: string) =>
    (
      await emulator.call({
        path: `/enrollments/${deviceId}?api-version=2021-10-01`,
        headers: { authorization },
      })
    ).status;
  assert.equal(await status(token), 200);
  const written = (change: (signature: string) => string) =>
    token.replace(
      /sig=([^&]*)/,
      (_, sig: string) => `sig=${encodeURIComponent(change(decodeURIComponent(sig)))}`,
    );
  assert.equal(await status(written((same) => same)), 200);
  for (const [what, change] of Object.entries<(signature: string) => string>({
    'characters of no alphabet': (signature) => ` !${signature}`,
    'more padding': (signature) => `${signature}==`,
    'no padding': (signature) => signature.replace('=', ''),
    'the alphabet of URLs': (signature) => signature.replaceAll('+', '-').replaceAll('/', '_'),
    'more after the padding': (signature) => `${signature}AAAA`,
  })) {
    emulator.events.length = 0;
    assert.equal(await status(written(change)), 401, what);
    assert.equal(emulator.events.at(-1)?.reason, 'the signature does not match');
  }
});

test('the emulator goes on, and nothing of it was let in', async () => {
  assert.equal(
    (await hubService(emulator)('GET', `/devices/${deviceId}`)).body.connectionState,
    'Disconnected',
  );
  assert.equal((await emulator.service('GET', `/registrations/${deviceId}`)).status, 404);
});

test.run();
