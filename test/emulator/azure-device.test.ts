/** The device plane as Microsoft's tests and reports show the real service. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import mqtt from 'mqtt';
import { suite } from 'uvu';
import { dpsUserName } from '../../src/dps/contract/mqtt.js';
import { createSasToken, deriveDeviceKey } from '../../src/dps/contract/sas.js';
import { type Made, make } from '../support/chains.js';
import { connectAmqp } from './amqp-client.js';
import { type Answer, base64, groupBody, startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator; root: Made }>('device plane as Azure answers');

test.before(async (context) => {
  context.emulator = await startTestEmulator({ hubs: ['hub-a', 'hub-b'] });
  context.root = await make('root', 'Root');
  await context.emulator.verifiedCa('root', context.root);
});
test.after(({ emulator }) => emulator.stop());

const key = base64('k'.repeat(32));
const byKey = { type: 'symmetricKey', symmetricKey: { primaryKey: key, secondaryKey: key } };

interface Device {
  id: string;
  key?: string;
  chain?: Made[];
  version?: string;
  body?: unknown;
}

/** The replies to register and to the poll. */
async function register(
  { endpoints, call }: TestEmulator,
  { id, key: deviceKey, chain, version = '2021-06-01', body = { registrationId: id } }: Device,
): Promise<{ first: Answer; poll: Answer }> {
  const base = `/${endpoints.idScope}/registrations/${id}`;
  const headers: Record<string, string> = {};
  if (deviceKey !== undefined) {
    const resource = `${endpoints.idScope}/registrations/${id}`;
    const expiry = Math.floor(Date.now() / 1000) + 3600;
    headers.authorization = createSasToken(resource, 'registration', deviceKey, expiry);
  }
  const by = { headers, ...(chain ? { chain } : {}) };
  const first = await call({ method: 'PUT', path: `${base}/register?api-version=${version}`, body, ...by });
  const path = `${base}/operations/${first.body.operationId}?api-version=${version}`;
  return { first, poll: await call({ path, ...by }) };
}

test('a disabled enrollment or group: accepted, then disabled, and so is the record', async ({
  emulator,
  root,
}) => {
  const leaf = await make('device', 'by-own', root);
  const byLeaf = { type: 'x509', x509: { clientCertificates: { primary: { certificate: leaf.pem } } } };
  const disabled = { provisioningStatus: 'disabled' };
  for (const [path, body] of [
    ['/enrollments/own-key', { registrationId: 'own-key', attestation: byKey }],
    ['/enrollments/by-own', { registrationId: 'by-own', attestation: byLeaf }],
    ['/enrollmentGroups/by-key', { enrollmentGroupId: 'by-key', attestation: byKey }],
    ['/enrollmentGroups/by-ca', groupBody('by-ca', { reference: 'root' })],
  ] as const) {
    assert.equal((await emulator.service('PUT', path, { ...body, ...disabled })).status, 200);
  }
  const devices: Device[] = [
    { id: 'own-key', key },
    { id: 'by-own', chain: [leaf] },
    { id: 'of-key-group', key: deriveDeviceKey(key, 'of-key-group') },
    { id: 'of-ca-group', chain: [await make('device', 'of-ca-group', root), root] },
  ];
  for (const device of devices) {
    const { first, poll } = await register(emulator, device);
    assert.deepEqual([first.status, first.body.status], [202, 'assigning'], device.id);
    assert.match(first.body.operationId, /^4\.[0-9a-f]{16}\.[0-9a-f-]{36}$/);
    assert.deepEqual([poll.status, poll.body.status], [200, 'disabled'], device.id);
    assert.equal(poll.body.registrationState.status, 'disabled');
    assert.equal('assignedHub' in poll.body.registrationState, false);
    const record = (await emulator.service('GET', `/registrations/${device.id}`)).body;
    assert.equal(record.status, 'disabled');
    assert.equal(record.etag, poll.body.registrationState.etag);
    assert.ok(record.lastUpdatedDateTimeUtc);
  }
  // What does not prove itself is not let in so far.
  const stranger = await make('device', 'by-own', await make('root', 'Stranger'));
  assert.equal((await register(emulator, { id: 'by-own', chain: [stranger] })).first.status, 401);
  const enabled = { provisioningStatus: 'enabled' };
  const body = { registrationId: 'own-key', attestation: byKey, ...enabled };
  await emulator.service('PUT', '/enrollments/own-key', body, { 'if-match': '*' });
  const { poll } = await register(emulator, { id: 'own-key', key });
  assert.equal(poll.body.registrationState.substatus, 'initialAssignment');
  await emulator.service('DELETE', '/enrollmentGroups/by-ca');
});

test('the substatus that a device is told follows its api-version, the record is always true', async ({
  emulator,
}) => {
  await emulator.service('PUT', '/enrollments/again', { registrationId: 'again', attestation: byKey });
  const recorded = async () => (await emulator.service('GET', '/registrations/again')).body.substatus;
  const told = async (version: string) =>
    (await register(emulator, { id: 'again', key, version })).poll.body.registrationState.substatus;
  assert.equal(await told('2021-06-01'), 'initialAssignment');
  assert.equal(await recorded(), 'initialAssignment');
  for (const [version, substatus] of [
    ['2018-11-01', 'initialAssignment'],
    ['2019-03-31', 'initialAssignment'],
    ['2019-04-15', 'reprovisionedToInitialAssignment'],
    ['2021-06-01', 'reprovisionedToInitialAssignment'],
    ['2031-01-01', 'reprovisionedToInitialAssignment'],
  ] as const) {
    assert.equal(await told(version), substatus, version);
    assert.equal(await recorded(), 'reprovisionedToInitialAssignment', version);
  }
  // The hub knows the device, DPS does not any more.
  await emulator.service('DELETE', '/registrations/again');
  assert.equal(await told('2021-06-01'), 'reprovisionedToInitialAssignment');
});

test('a TPM device without an enrollment is accepted, and its registration fails with 404201', async ({
  emulator,
}) => {
  const tpm = { endorsementKey: base64('e'.repeat(32)), storageRootKey: base64('s'.repeat(32)) };
  const body = { registrationId: 'tpm-1', tpm };
  const { first, poll } = await register(emulator, { id: 'tpm-1', body });
  assert.deepEqual([first.status, first.body.status], [202, 'assigning']);
  assert.deepEqual([poll.status, poll.body.status], [200, 'failed']);
  assert.equal(poll.body.registrationState.status, 'failed');
  assert.equal(poll.body.registrationState.errorCode, 404201);
  assert.equal((await emulator.service('GET', '/registrations/tpm-1')).status, 404, 'nothing is stored');
  await emulator.service('PUT', '/enrollments/tpm-2', { registrationId: 'tpm-2', attestation: byKey });
  const known = await register(emulator, { id: 'tpm-2', body: { registrationId: 'tpm-2', tpm } });
  assert.equal(known.first.status, 501);
});

test('a static enrollment that names no hub is assigned', async ({ emulator }) => {
  const body = { registrationId: 'static', attestation: byKey, allocationPolicy: 'static' };
  await emulator.service('PUT', '/enrollments/static', body);
  const { poll } = await register(emulator, { id: 'static', key });
  assert.equal(poll.body.registrationState.assignedHub, emulator.endpoints.hubs[0]!.hostName);
});

test('a device that is registering already is told 409203', async ({ emulator }) => {
  let release: () => void = () => {};
  const server = createServer((_, response) => {
    release = () =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ iotHubHostName: emulator.endpoints.hubs[1]!.hostName }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const webhookUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await emulator.service('PUT', '/enrollments/twice', {
      registrationId: 'twice',
      attestation: byKey,
      allocationPolicy: 'custom',
      customAllocationDefinition: { webhookUrl, apiVersion: '2021-10-01' },
    });
    const asked = once(server, 'request');
    const running = register(emulator, { id: 'twice', key });
    await asked;
    const { first } = await register(emulator, { id: 'Twice', key });
    assert.equal(first.status, 409, JSON.stringify(first.body));
    assert.deepEqual([first.body.errorCode, first.body.message], [409203, 'Precondition failed.']);
    release();
    assert.equal((await running).poll.body.status, 'assigned');
  } finally {
    server.close();
  }
});

test('an unknown ID scope is refused at the door', async ({ emulator, root }) => {
  const { ports, caFile } = emulator.endpoints;
  const leaf = await make('device', 'lost', root);
  const answer = await emulator.call({
    method: 'PUT',
    path: '/0neFFFFFFFF/registrations/lost/register?api-version=2021-06-01',
    body: { registrationId: 'lost' },
    chain: [leaf, root],
  });
  assert.deepEqual([answer.status, answer.body.errorCode], [401, 401001]);
  assert.equal('code' in answer.body, false, 'the device plane has errorCode alone');
  assert.equal(answer.headers['x-ms-error-code'], undefined);
  const tls = {
    ca: readFileSync(caFile, 'utf8'),
    cert: leaf.pem,
    key: leaf.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  };
  const connecting = mqtt.connectAsync(`mqtts://localhost:${ports.mqtt}`, {
    ...tls,
    clientId: 'lost',
    username: dpsUserName('0neFFFFFFFF', 'lost', '2021-06-01'),
    reconnectPeriod: 0,
    protocolVersion: 4,
  });
  await assert.rejects(connecting, (error: { code?: number }) => error.code === 3);
  assert.match(emulator.events.at(-1)?.reason ?? '', /ID scope "0neFFFFFFFF"/);
  const client = await connectAmqp({ ...tls, port: ports.amqp });
  await assert.rejects(client.receiver('0neFFFFFFFF/registrations/lost'));
  client.end();
});

test.run();
