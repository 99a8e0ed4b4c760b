import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { suite } from 'uvu';
import { dpsTopics, dpsUserName, hubTopics, hubUserName } from '../../src/dps/contract/mqtt.js';
import { createSasToken, deriveDeviceKey } from '../../src/dps/contract/sas.js';
import { make } from '../support/chains.js';
import { record } from './mqtt-fixture.js';
import { type Answer, base64, startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator }>('symmetric keys');
const groupKey = base64('the primary key of a group of devices');
const individualKey = base64('the primary key of one device');

test.before(async (context) => {
  context.emulator = await startTestEmulator();
  await put(context.emulator, '/enrollmentGroups/keys', { enrollmentGroupId: 'keys' }, groupKey);
});
test.after(({ emulator }) => emulator.stop());

async function put(emulator: TestEmulator, path: string, more: Record<string, unknown>, primaryKey?: string) {
  const symmetricKey = primaryKey === undefined ? {} : { symmetricKey: { primaryKey } };
  const body = { attestation: { type: 'symmetricKey', ...symmetricKey }, ...more };
  const answer = await emulator.service('PUT', path, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

const inAMinute = () => Math.floor(Date.now() / 1000) + 60;

function tokenOf({ endpoints }: TestEmulator, registrationId: string, key: string, expiry = inAMinute()) {
  return createSasToken(`${endpoints.idScope}/registrations/${registrationId}`, 'registration', key, expiry);
}

/** Registers over HTTPS with a token, and polls once with another. */
async function register(
  emulator: TestEmulator,
  id: string,
  token: string,
  pollToken = token,
): Promise<Answer> {
  const base = `/${emulator.endpoints.idScope}/registrations/${id}`;
  const first = await emulator.call({
    method: 'PUT',
    path: `${base}/register?api-version=2019-03-31`,
    body: { registrationId: id },
    headers: { authorization: token },
  });
  if (first.status !== 202) return first;
  return emulator.call({
    path: `${base}/operations/${first.body.operationId}?api-version=2019-03-31`,
    headers: { authorization: pollToken },
  });
}

test('are made when left out, told by PUT and by the attestation mechanism, and kept', async ({
  emulator,
}) => {
  for (const [path, id] of [
    ['/enrollmentGroups/made', { enrollmentGroupId: 'made' }],
    ['/enrollments/made', { registrationId: 'made' }],
  ] as const) {
    const created = await put(emulator, path, id);
    const read = (await emulator.service('GET', path)).body;
    assert.deepEqual(read.attestation, { type: 'symmetricKey' });
    const mechanism = (await emulator.service('POST', `${path}/attestationmechanism`)).body;
    assert.equal(Buffer.from(mechanism.symmetricKey.primaryKey, 'base64').length, 64);
    assert.notEqual(mechanism.symmetricKey.primaryKey, mechanism.symmetricKey.secondaryKey);
    assert.deepEqual(created.attestation, mechanism);
    const back = await emulator.service('PUT', path, read, { 'if-match': created.etag });
    assert.equal(back.status, 200);
    assert.deepEqual((await emulator.service('POST', `${path}/attestationmechanism`)).body, mechanism);
  }
  for (const primaryKey of ['short', base64('x'.repeat(15)), base64('x'.repeat(65)), '%%%']) {
    const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey } };
    const answer = await emulator.service('PUT', '/enrollments/bad', { registrationId: 'bad', attestation });
    assert.equal(answer.status, 400);
    assert.match(answer.body.message, /symmetricKey\.primaryKey must be base64 of 16 to 64/);
    assert.ok(!answer.body.message.includes(primaryKey));
  }
});

test('let a device of a group in by the key that is derived for it', async ({ emulator }) => {
  const key = deriveDeviceKey(groupKey, 'derived');
  const answer = await register(emulator, 'derived', tokenOf(emulator, 'derived', key));
  assert.equal(answer.body.status, 'assigned', JSON.stringify(answer.body));
  assert.deepEqual(answer.body.registrationState.symmetricKey, { enrollmentGroupId: 'keys' });
  assert.equal(answer.body.registrationState.x509, undefined);
  const otherKey = deriveDeviceKey(groupKey, 'other');
  const refused = {
    'the key of another device': tokenOf(emulator, 'derived', otherKey),
    'the key of the group': tokenOf(emulator, 'derived', groupKey),
    'a token for another device': tokenOf(emulator, 'other', key),
    'an expired token': tokenOf(emulator, 'derived', key, inAMinute() - 61),
    'another policy': createSasToken(
      `${emulator.endpoints.idScope}/registrations/derived`,
      'x',
      key,
      inAMinute(),
    ),
    'another scope': createSasToken('0neFFFFFFFF/registrations/derived', 'registration', key, inAMinute()),
    'no token': 'nonsense',
  };
  for (const [what, token] of Object.entries(refused)) {
    assert.equal((await register(emulator, 'derived', token)).status, 401, what);
  }
  const good = tokenOf(emulator, 'derived', key);
  const other = await register(emulator, 'derived', good, tokenOf(emulator, 'other', otherKey));
  assert.equal(other.status, 401, 'another device polls');
});

test('of one device beat those of a group, and block it when disabled', async ({ emulator }) => {
  const more = { registrationId: 'single', deviceId: 'Single-In-Hub' };
  await put(emulator, '/enrollments/single', more, individualKey);
  const answer = await register(emulator, 'single', tokenOf(emulator, 'single', individualKey));
  assert.equal(answer.body.registrationState.deviceId, 'Single-In-Hub');
  const derived = tokenOf(emulator, 'single', deriveDeviceKey(groupKey, 'single'));
  assert.equal((await register(emulator, 'single', derived)).status, 401);
  assert.equal(
    (await emulator.register('single', [await make('device', 'single')])).status,
    401,
    'a certificate',
  );
  const stored = (await emulator.service('GET', '/enrollments/single')).body;
  const disabled = { ...stored, provisioningStatus: 'disabled' };
  await emulator.service('PUT', '/enrollments/single', disabled, { 'if-match': '*' });
  const refused = await register(emulator, 'single', tokenOf(emulator, 'single', individualKey));
  assert.equal(refused.body.status, 'disabled');
});

test('give way when a group changes its kind of attestation, and are new when it changes back', async ({
  emulator,
}) => {
  const root = await make('root', 'Changing');
  await emulator.verifiedCa('changing', root);
  const path = '/enrollmentGroups/changing';
  const keysOf = async () =>
    (await emulator.service('POST', `${path}/attestationmechanism`)).body.symmetricKey;
  const change = async (attestation: object) => {
    const body = { enrollmentGroupId: 'changing', attestation };
    const answer = await emulator.service('PUT', path, body, { 'if-match': '*' });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  };
  const byKey = (key: string) => register(emulator, 'by-key', tokenOf(emulator, 'by-key', key));
  const byCertificate = async () =>
    emulator.register('by-certificate', [await make('device', 'by-certificate', root), root]);

  await put(emulator, path, { enrollmentGroupId: 'changing' });
  const first = await keysOf();
  const derived = deriveDeviceKey(first.primaryKey, 'by-key');
  assert.equal((await byKey(derived)).status, 200);
  assert.equal((await byCertificate()).status, 401);
  await change({ type: 'x509', x509: { caReferences: { primary: 'changing' } } });
  assert.equal((await byKey(derived)).status, 401);
  const { body } = await byCertificate();
  assert.deepEqual(body.registrationState.x509, { enrollmentGroupId: 'changing' });
  await change({ type: 'x509', x509: { signingCertificates: { primary: { certificate: root.pem } } } });
  assert.equal((await byCertificate()).body.status, 'assigned');
  await change({ type: 'symmetricKey' });
  assert.equal((await byCertificate()).status, 401);
  const second = await keysOf();
  assert.notEqual(second.primaryKey, first.primaryKey);
  assert.equal((await byKey(deriveDeviceKey(second.primaryKey, 'by-key'))).status, 200);
});

test('work over MQTT, and open the hub to this device alone', async ({ emulator }) => {
  const { idScope, ports, hubHostName } = emulator.endpoints;
  const connect = (clientId: string, username: string, password: string) =>
    mqtt.connectAsync(`mqtts://localhost:${ports.mqtt}`, {
      ca: readFileSync(emulator.endpoints.caFile),
      clientId,
      username,
      password,
      reconnectPeriod: 0,
      protocolVersion: 4,
    });
  const registerBy = async (token: string) => {
    const client = await connect('over-mqtt', dpsUserName(idScope, 'over-mqtt', '2019-03-31'), token);
    const inbox = record(client);
    await client.subscribeAsync(dpsTopics.responses);
    client.publish(dpsTopics.register('1'), '{}');
    const { topic } = await inbox.first('$dps/registrations/res/');
    await client.endAsync();
    return topic.split('/')[3];
  };
  const key = deriveDeviceKey(groupKey, 'over-mqtt');
  assert.equal(await registerBy(tokenOf(emulator, 'over-mqtt', individualKey)), '401');
  assert.equal(await registerBy(tokenOf(emulator, 'over-mqtt', key)), '202');

  const userName = hubUserName(hubHostName, 'over-mqtt', '2021-04-12');
  const token = (deviceId: string, by: string, expiry = inAMinute()) =>
    createSasToken(`${hubHostName}/devices/${deviceId}`, '', by, expiry);
  const device = await connect('over-mqtt', userName, token('over-mqtt', key));
  await device.publishAsync(hubTopics.telemetry('over-mqtt'), 'hello', { qos: 1 });
  await device.endAsync();
  for (const refused of [
    token('over-mqtt', groupKey),
    token('another', key),
    token('over-mqtt', key, inAMinute() - 61),
    'nonsense',
  ]) {
    await assert.rejects(connect('over-mqtt', userName, refused), { code: 5 });
  }
  const path = '/devices/over-mqtt/messages/events?api-version=2020-03-13';
  const send = (authorization: string) =>
    emulator.call({ method: 'POST', path, body: 'hello', headers: { authorization } });
  assert.equal((await send(token('over-mqtt', key))).status, 204);
  assert.equal((await send(token('over-mqtt', groupKey))).status, 401);
  // Signed well, and percent-encoded badly.
  const broken = `%E0%A4%A/devices/over-mqtt\n${inAMinute()}`;
  const [sr, se] = broken.split('\n');
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(broken).digest('base64');
  const badlyEncoded = `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(signature)}&se=${se}`;
  assert.equal((await send(badlyEncoded)).status, 401);
  await assert.rejects(connect('over-mqtt', userName, badlyEncoded), { code: 5 });
});

test.run();
