/** A device renews its operational certificate at its hub, over MQTT, and goes on sending meanwhile. */
import assert from 'node:assert/strict';
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { test } from 'uvu';
import { hubTopics, hubUserName } from '../../src/dps/contract/mqtt.js';
import { openHub } from '../../src/emulator/hub/hub.js';
import { openState } from '../../src/emulator/state/database.js';
import { generateKeyPair } from '../../src/pki/keys.js';
import { makeCertificateRequest } from '../../src/pki/make/certificate-request.js';
import { type Made, make } from '../support/chains.js';
import { hubService } from './hub-service.js';
import { record, refusedWith } from './mqtt-fixture.js';
import { groupBody, startTestEmulator, type TestEmulator } from './support.js';

let emulator: TestEmulator;
let root: Made;
let intermediate: Made;
const clients: mqtt.MqttClient[] = [];
test.before(async () => {
  emulator = await startTestEmulator();
  root = await make('root', 'Root');
  intermediate = await make('intermediate', 'Intermediate', root);
  await emulator.verifiedCa('root', root);
  const group = groupBody('fleet', { reference: 'root' }, { credentialPolicyName: 'short' });
  assert.equal((await emulator.service('PUT', '/enrollmentGroups/fleet', group)).status, 200);
});
test.after.each(() => {
  for (const client of clients.splice(0)) client.end(true);
});
test.after(() => emulator?.stop());

interface Credential {
  cert: string;
  privateKey: KeyObject;
}

interface Device {
  deviceId: string;
  privateKey: KeyObject;
  csr: string;
  credential: Credential;
}

/** Registers with a certificate request; the key stays the same from then on. */
async function register(deviceId: string): Promise<Device> {
  const bootstrap = await make('device', deviceId, intermediate);
  const { publicKey, privateKey } = await generateKeyPair('ec-p256');
  const csr = await requestFor(deviceId, publicKey, privateKey);
  const { idScope } = emulator.endpoints;
  const chain = [bootstrap, intermediate, root];
  const base = `/${idScope}/registrations/${deviceId}`;
  const version = 'api-version=2026-11-02-preview';
  const first = await emulator.call({
    method: 'PUT',
    path: `${base}/register?${version}`,
    body: { registrationId: deviceId, csr },
    chain,
  });
  const { body } = await emulator.call({
    path: `${base}/operations/${first.body.operationId}?${version}`,
    chain,
  });
  assert.equal(body.registrationState.connectionProfile, 'classic');
  const cert = pemOf(body.registrationState.issuedCertificateChain);
  return { deviceId, privateKey, csr, credential: { cert, privateKey } };
}

async function requestFor(commonName: string, publicKey: KeyObject, privateKey: KeyObject): Promise<string> {
  const { der } = await makeCertificateRequest({ subject: { commonName }, publicKey, privateKey });
  return der.toString('base64');
}

function pemOf(chain: string[]): string {
  return chain.map((der) => new X509Certificate(Buffer.from(der, 'base64')).toString()).join('');
}

async function connect(
  { deviceId, credential: { cert, privateKey } }: Device,
  { version = '2025-08-01-preview', subscribes = true } = {},
) {
  const { hubHostName, caFile } = emulator.endpoints;
  const client = await mqtt.connectAsync(`mqtts://${hubHostName}`, {
    ca: readFileSync(caFile, 'utf8'),
    cert,
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    clientId: deviceId,
    username: hubUserName(hubHostName, deviceId, version),
    reconnectPeriod: 0,
    protocolVersion: 4,
  });
  client.on('error', () => {});
  clients.push(client);
  const inbox = record(client);
  if (subscribes) await client.subscribeAsync(hubTopics.credentialResponses, { qos: 1 });
  /** Publishes a request. */
  const publish = (requestId: string, body: unknown) =>
    client.publishAsync(
      hubTopics.issueCertificate(requestId),
      typeof body === 'string' ? body : JSON.stringify(body),
      { qos: 1 },
    );
  const answer = async (status: number, requestId: string) =>
    JSON.parse((await inbox.first(hubTopics.credentialResponse(status, requestId))).payload);
  return {
    client,
    inbox,
    publish,
    answer,
    async refused(requestId: string, body: unknown, status = 400) {
      await publish(requestId, body);
      const refusal = await answer(status, requestId);
      assert.equal(typeof refusal.message, 'string');
      assert.ok(refusal.trackingId && refusal.timestampUtc && refusal.info);
      return refusal;
    },
  };
}

test('a device renews its certificate three times while it sends; the old one is refused once the new one is in use', async () => {
  const device = await register('renewing');
  const first = device.credential;
  let connection = await connect(device);
  let sent = 0;
  const send = () =>
    connection.client.publishAsync(hubTopics.telemetry(device.deviceId), `${sent++}`, { qos: 1 });
  const issuingRoot = new X509Certificate(readFileSync(emulator.endpoints.issuingRootFile));
  for (const requestId of ['renewal-1', 'renewal-2', 'renewal-3']) {
    const before = device.credential;
    await send();
    await connection.publish(requestId, { id: device.deviceId, csr: device.csr });
    const accepted = await connection.answer(202, requestId);
    assert.ok(new Date(accepted.operationExpires) > new Date());
    const { correlationId, certificates } = await connection.answer(200, requestId);
    assert.equal(correlationId, accepted.correlationId);
    assert.equal(certificates.length, 3);
    await send();
    device.credential = { cert: pemOf(certificates), privateKey: device.privateKey };
    const issued = certificates.map((der: string) => new X509Certificate(Buffer.from(der, 'base64')));
    assert.ok(issued[0].verify(issued[1].publicKey) && issued[1].verify(issuingRoot.publicKey));
    // The connection was not touched, and both certificates open another one, until the new one has.
    assert.equal(connection.client.connected, true);
    await connect({ ...device, credential: before });
    connection = await connect(device);
    await send();
    assert.equal(await refusedWith(connect({ ...device, credential: before })), 5);
    connection = await connect(device);
  }
  assert.equal(await refusedWith(connect({ ...device, credential: first })), 5);
  assert.equal(emulator.messages(device.deviceId).length, sent);
});

test('what is refused, by the numbers of Azure', async () => {
  const { deviceId, privateKey, csr, credential } = await register('refused');
  const device = { deviceId, privateKey, csr, credential };
  const { refused, publish, answer, inbox } = await connect(device);
  const id = deviceId;
  assert.equal((await refused('bad-1', '{"id":')).errorCode, 400006);
  for (const [requestId, body] of [
    ['bad-2', { csr }],
    ['bad-3', { id }],
    ['bad-4', { id: 'another', csr }],
    ['bad-5', { id, csr, colour: 'blue' }],
    ['bad-6', { id, csr: 'not base64!' }],
    ['bad-7', { id, csr: 'A'.repeat(8196) }],
    ['bad-8', { id, csr, replace: '-x-' }],
    ['bad-9', [id, csr]],
    ['x', { id, csr }],
  ] as const) {
    assert.equal((await refused(requestId, body)).errorCode, 400004, requestId);
  }
  assert.equal((await refused('bad-10', { id, csr, replace: 'none-such' }, 412)).errorCode, 412001);

  const other = await generateKeyPair('ec-p256');
  // As if another key had signed it.
  const unsigned = Buffer.from(csr, 'base64');
  unsigned[unsigned.length - 1]! ^= 1;
  for (const [requestId, request] of [
    ['csr-1', Buffer.from('no request').toString('base64')],
    ['csr-2', await requestFor('another', other.publicKey, other.privateKey)],
    ['csr-3', unsigned.toString('base64')],
  ] as const) {
    await publish(requestId, { id, csr: request });
    await answer(202, requestId);
    assert.equal((await answer(400, requestId)).errorCode, 400037, requestId);
  }
  // Without a request ID, there is silence.
  const before = inbox.received.length;
  await publish('', { id, csr });
  await publish('last-1', { id, csr });
  await answer(200, 'last-1');
  assert.equal(inbox.received.length, before + 2);
  const reasons = emulator.events.filter(
    ({ operation, status }) => operation === 'issueCertificate' && status >= 400,
  );
  for (const { reason } of reasons) assert.ok(reason);
});

test('one request is active at a time; it can be replaced, and its answer outlives the connection', async () => {
  const device = await register('dropped');
  const { deviceId: id, csr } = device;
  const first = await connect(device, { subscribes: false });
  // Nobody gets the answer yet.
  await first.publish('waiting-1', { id, csr });
  const second = await connect(device, { subscribes: false });
  await second.client.subscribeAsync('$iothub/twin/res/#');
  first.client.end(true);
  const third = await connect(device);
  const { certificates } = await third.answer(200, 'waiting-1');
  assert.equal(certificates.length, 3);

  const both = [third.publish('both-1', { id, csr }), third.publish('both-2', { id, csr })];
  await Promise.all(both);
  const active = await third.answer(409, 'both-2');
  assert.equal(active.errorCode, 409004);
  assert.equal(active.info.requestId, 'both-1');
  assert.ok(active.info.correlationId && active.info.operationExpires);
  await third.answer(200, 'both-1');
  await Promise.all([
    third.publish('old-1', { id, csr }),
    third.publish('new-1', { id, csr, replace: 'old-1' }),
    third.publish('new-2', { id, csr, replace: '*' }),
  ]);
  await third.answer(200, 'new-2');
  const answered = third.inbox.received.map(({ topic }) => topic);
  assert.equal(answered.includes(hubTopics.credentialResponse(200, 'old-1')), false);
  assert.equal(answered.includes(hubTopics.credentialResponse(200, 'new-1')), false);
});

test('a device that DPS did not register, or that has a key, has no certificate to renew; earlier api-versions have no such topics', async () => {
  const device = await register('earlier');
  const earlier = await connect(device, { version: '2021-04-12', subscribes: false });
  const granted = await earlier.client.subscribeAsync(hubTopics.credentialResponses).catch(() => []);
  assert.ok(granted.every(({ qos }) => Number(qos) === 128));

  const stranger = await make('device', 'stranger', intermediate);
  const service = hubService(emulator);
  const thumbprint = new X509Certificate(stranger.pem).fingerprint256.replaceAll(':', '');
  const put = await service('PUT', '/devices/stranger', {
    deviceId: 'stranger',
    authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: thumbprint } },
  });
  assert.equal(put.status, 200);
  const csr = await requestFor('stranger', createPublicKey(stranger.privateKey), stranger.privateKey);
  const { publish, answer } = await connect({
    ...{ deviceId: 'stranger', privateKey: stranger.privateKey, csr },
    credential: { cert: stranger.pem, privateKey: stranger.privateKey },
  });
  await publish('none-1', { id: 'stranger', csr });
  assert.equal((await answer(404, 'none-1')).errorCode, 404001);
});

test('a device that is disabled or made again while its certificate is issued does not get it', async () => {
  const database = openState(':memory:');
  const thumbprint = 'A'.repeat(64);
  let issue = () => {};
  const hub = openHub(
    database,
    () => new Date(),
    () => [],
    false,
    async () => {
      await new Promise<void>((resolve) => {
        issue = resolve;
      });
      const credential = { ...before, primaryThumbprint: 'B'.repeat(64) };
      return { chain: [], credential };
    },
  );
  const before = { type: 'selfSigned' as const, primaryThumbprint: thumbprint, issuerThumbprints: [] };
  const identity = { deviceId: 'device-1', credential: before, iotEdge: false };
  const request = Buffer.from(JSON.stringify({ id: 'device-1', csr: 'AAAA' }));
  for (const change of [
    () => hub.devices.update({ ...hub.devices.get('device-1')!, status: 'disabled' as const }),
    () => {
      hub.devices.delete('device-1');
      hub.devices.ensure(identity);
    },
  ]) {
    hub.devices.delete('device-1');
    hub.devices.ensure(identity);
    assert.equal(hub.renewals.request('device-1', 'request-1', request, thumbprint).status, 202);
    change();
    issue();
    await new Promise(setImmediate);
    const outcomes: unknown[] = [];
    hub.renewals.onOutcome('device-1', (...outcome) => outcomes.push(outcome));
    assert.deepEqual(outcomes, []);
    assert.deepEqual(hub.devices.get('device-1')!.credential, before);
  }
  database.close();
});

test.run();
