import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { suite } from 'uvu';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { dpsTopics, dpsUserName, hubUserName } from '../../src/dps/contract/mqtt.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { type Made, make } from '../support/chains.js';
import { record } from './mqtt-fixture.js';
import { base64, groupBody, startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator; root: Made; intermediate: Made }>('individual enrollments');

test.before(async (context) => {
  context.emulator = await startTestEmulator();
  context.root = await make('root', 'Root');
  context.intermediate = await make('intermediate', 'Intermediate', context.root);
  await context.emulator.verifiedCa('root', context.root);
  const group = groupBody('fleet', { reference: 'root' });
  assert.equal((await context.emulator.service('PUT', '/enrollmentGroups/fleet', group)).status, 200);
});
test.after(({ emulator }) => emulator.stop());

/** The body of an individual enrollment by X.509. */
function enrollment(registrationId: string, x509: unknown, more: Record<string, unknown> = {}) {
  return { registrationId, attestation: { type: 'x509', x509 }, ...more };
}

const byLeaf = (primary: Made, secondary?: Made) => ({
  clientCertificates: {
    primary: { certificate: primary.pem },
    ...(secondary ? { secondary: { certificate: base64(secondary.pem) } } : {}),
  },
});

async function put(emulator: TestEmulator, body: { registrationId: string }, headers = {}) {
  const answer = await emulator.service('PUT', `/enrollments/${body.registrationId}`, body, headers);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

function lastReason({ events }: TestEmulator): string {
  return events.filter(({ plane }) => plane === 'device').at(-1)?.reason ?? '';
}

test('is created, read, changed and deleted by the rules of etags', async ({ emulator }) => {
  const path = '/enrollments/rules-1';
  const leaf = await make('device', 'rules-1');
  const initialTwin = { tags: { site: 'A' }, properties: { desired: { interval: 30 } } };
  const body = enrollment('rules-1', byLeaf(leaf), {
    deviceId: 'Device_1',
    allocationPolicy: 'static',
    iotHubs: [emulator.endpoints.hubHostName],
    capabilities: { iotEdge: true },
    initialTwin,
  });
  const created = await emulator.service('PUT', path, body);
  assert.equal(created.status, 200, JSON.stringify(created.body));
  const { primary, secondary } = created.body.attestation.x509.clientCertificates;
  assert.deepEqual(Object.keys(primary), ['info']);
  assert.equal(primary.info.subjectName, 'CN=rules-1');
  assert.equal(secondary, undefined);
  assert.equal(created.body.deviceId, 'Device_1');
  assert.deepEqual(created.body.iotHubs, [emulator.endpoints.hubHostName]);
  assert.deepEqual(created.body.initialTwin, initialTwin);
  assert.deepEqual(created.body.capabilities, { iotEdge: true });
  assert.equal(created.body.provisioningStatus, undefined);
  const registrationState = { registrationId: 'rules-1', status: 'unassigned' };
  const read = (await emulator.service('GET', '/ENROLLMENTS/Rules-1/')).body;
  assert.deepEqual(read, { ...created.body, registrationState });

  assert.equal((await emulator.service('PUT', path, body)).status, 409);
  const changed = { ...created.body, provisioningStatus: 'disabled' };
  assert.equal((await emulator.service('PUT', path, changed, { 'if-match': 'wrong' })).status, 412);
  const updated = await emulator.service('PUT', path, changed, { 'if-match': created.body.etag });
  assert.equal(updated.status, 200, JSON.stringify(updated.body));
  assert.deepEqual(updated.body.attestation, created.body.attestation, 'the certificate is kept');
  assert.equal(updated.body.provisioningStatus, 'disabled');
  assert.equal(updated.body.createdDateTimeUtc, created.body.createdDateTimeUtc);
  assert.equal((await emulator.service('DELETE', path, undefined, { 'if-match': 'wrong' })).status, 412);
  assert.equal((await emulator.service('DELETE', path)).status, 204);
  assert.equal((await emulator.service('GET', path)).body.errorCode, 404201);
});

test('is refused when it makes no sense, with a sentence', async ({ emulator }) => {
  const leaf = await make('device', 'bad');
  const good = enrollment('bad', byLeaf(leaf));
  const bodies: [unknown, number, RegExp][] = [
    [undefined, 400, /its top/],
    [{ ...good, registrationId: 'other' }, 400, /not that of the path/],
    [enrollment('bad', {}), 400, /one of clientCertificates, signingCertificates/],
    [enrollment('bad', { clientCertificates: {} }), 400, /no certificate/],
    [enrollment('bad', { ...byLeaf(leaf), caReferences: { primary: 'root' } }), 400, /one of/],
    [enrollment('bad', { clientCertificates: { primary: { certificate: 'x' } } }), 400, /cannot be used/],
    [enrollment('bad', { caReferences: { primary: 'unknown' } }), 400, /no CA certificate "unknown"/],
    [{ ...good, deviceId: 'no spaces' }, 400, /deviceId/],
    [{ ...good, allocationPolicy: 'hashed', iotHubs: ['other.azure-devices.net'] }, 400, /not linked/],
    [{ ...good, allocationPolicy: 'custom' }, 400, /CustomAllocationDefinition/],
    [{ ...good, attestation: { type: 'none' } }, 400, /attestation type none/],
    [{ ...good, attestation: { type: 'tpm', tpm: { endorsementKey: 'x' } } }, 501, /TPM/],
  ];
  for (const [body, status, reason] of bodies) {
    const answer = await emulator.service('PUT', '/enrollments/bad', body);
    assert.equal(answer.status, status, JSON.stringify(body));
    assert.match(answer.body.message, reason);
  }
  assert.equal((await emulator.service('PUT', '/enrollments/-bad', good)).status, 400);
});

test('comes page by page in a query', async ({ emulator }) => {
  const names = ['page-0', 'page-1', 'page-2'];
  for (const name of names) await put(emulator, enrollment(name, byLeaf(await make('device', name))));
  const headers = { 'x-ms-max-item-count': '2' };
  const found: string[] = [];
  for (let more: Record<string, string> = {}, pages = 0; pages < 20; pages += 1) {
    const page = await emulator.service(
      'POST',
      '/enrollments/query',
      { query: '*' },
      { ...headers, ...more },
    );
    assert.equal(page.headers['x-ms-item-type'], 'Enrollment');
    assert.ok(page.body.length <= 2);
    found.push(...page.body.map((one: { registrationId: string }) => one.registrationId));
    const continuation = page.headers['x-ms-continuation'];
    if (continuation === undefined) break;
    more = { 'x-ms-continuation': continuation };
  }
  assert.deepEqual(
    found.filter((name) => name.startsWith('page-')),
    names,
  );
});

test('lets a device in by its own certificate, primary or secondary, with no CA at all', async ({
  emulator,
}) => {
  const [first, second, other] = await Promise.all([0, 1, 2].map(() => make('device', 'alone')));
  const more = { deviceId: 'Alone-In-Hub', initialTwin: { properties: { desired: { a: 1 } } } };
  await put(emulator, enrollment('alone', byLeaf(first!, second), more));
  for (const leaf of [first!, second!]) {
    const answer = await emulator.register('alone', [leaf]);
    assert.equal(answer.body.status, 'assigned', JSON.stringify(answer.body));
    const state = answer.body.registrationState;
    assert.equal(state.deviceId, 'Alone-In-Hub');
    assert.deepEqual(state.x509, {});
  }
  assert.equal((await emulator.register('alone', [other!])).body.errorCode, 401002);
  assert.match(lastReason(emulator), /not one of those/);

  const read = await emulator.service('GET', '/enrollments/alone');
  assert.equal(read.body.registrationState.status, 'assigned');
  assert.equal((await put(emulator, read.body, { 'if-match': read.body.etag })).deviceId, 'Alone-In-Hub');
  const twin = await hubCall(emulator, '/twins/Alone-In-Hub');
  assert.equal(twin.body.properties.desired.a, 1);
});

test('beats the groups, and blocks a device when it is disabled', async ({
  emulator,
  root,
  intermediate,
}) => {
  const leaf = await make('device', 'both', intermediate);
  const chain = [leaf, intermediate, root];
  assert.equal(
    (await emulator.register('both', chain)).body.registrationState.x509.enrollmentGroupId,
    'fleet',
  );
  const disabled = enrollment('both', byLeaf(leaf), { provisioningStatus: 'disabled' });
  const stored = await put(emulator, disabled);
  assert.equal((await emulator.register('both', chain)).body.status, 'disabled');
  assert.match(lastReason(emulator), /is disabled/);
  await put(emulator, { ...stored, provisioningStatus: 'enabled' }, { 'if-match': stored.etag });
  assert.deepEqual((await emulator.register('both', chain)).body.registrationState.x509, {});
  const records = await emulator.service('POST', '/registrations/fleet/query');
  assert.ok(!records.body.some((one: { registrationId: string }) => one.registrationId === 'both'));
  // Another certificate of the same CA does not get in through the group.
  const later = await make('device', 'both', intermediate);
  assert.equal((await emulator.register('both', [later, intermediate, root])).status, 401);
});

test('goes by a CA too: uploaded, or its own under a verified one', async ({
  emulator,
  root,
  intermediate,
}) => {
  const other = await make('intermediate', 'Other', root);
  const cas = {
    'by-reference': { caReferences: { primary: 'root' } },
    'by-certificate': { signingCertificates: { secondary: { certificate: intermediate.pem } } },
  };
  for (const [name, x509] of Object.entries(cas)) {
    await put(emulator, enrollment(name, x509));
    const answer = await emulator.register(name, [await make('device', name, intermediate), intermediate]);
    assert.equal(answer.body.status, 'assigned', JSON.stringify(answer.body));
  }
  const wrong = await emulator.register('by-certificate', [
    await make('device', 'by-certificate', other),
    other,
  ]);
  assert.equal(wrong.body.message, 'Signing certificate info did not match chain elements');
  const stranger = await make('root', 'Root');
  const unknown = await emulator.register('by-reference', [
    await make('device', 'by-reference', stranger),
    stranger,
  ]);
  assert.equal(unknown.body.errorCode, 401002);
});

test('refuses an enrolled certificate outside its dates, or of another name', async ({ emulator }) => {
  const at = new Date(Date.now() - 3 * 86_400_000);
  const expired = await make('device', 'expired', undefined, { at, validityDays: 1 });
  await put(emulator, enrollment('expired', byLeaf(expired)));
  assert.equal((await emulator.register('expired', [expired])).status, 401);
  assert.match(lastReason(emulator), /expired/);
  const named = await make('device', 'somebody');
  await put(emulator, enrollment('nobody', byLeaf(named)));
  assert.equal((await emulator.register('nobody', [named])).status, 401);
});

test('works over MQTT as well, and the hub knows the device by its own ID', async ({ emulator }) => {
  const leaf = await make('device', 'over-mqtt');
  await put(emulator, enrollment('over-mqtt', byLeaf(leaf), { deviceId: 'In-Hub' }));
  const { ports, idScope, hubHostName } = emulator.endpoints;
  const connect = (clientId: string, username: string, by: Made) =>
    mqtt.connectAsync(`mqtts://localhost:${ports.mqtt}`, {
      ca: readFileSync(emulator.endpoints.caFile),
      cert: by.pem,
      key: by.privateKey.export({ format: 'pem', type: 'pkcs8' }),
      clientId,
      username,
      reconnectPeriod: 0,
      protocolVersion: 4,
    });
  const dps = await connect('over-mqtt', dpsUserName(idScope, 'over-mqtt', '2019-03-31'), leaf);
  const inbox = record(dps);
  await dps.subscribeAsync(dpsTopics.responses);
  dps.publish(dpsTopics.register('1'), '{}');
  const first = await inbox.first('$dps/registrations/res/202');
  dps.publish(dpsTopics.getOperation('2', JSON.parse(first.payload).operationId), ' ');
  const { payload } = await inbox.first('$dps/registrations/res/200');
  assert.equal(JSON.parse(payload).registrationState.deviceId, 'In-Hub');
  await dps.endAsync();

  const hub = await connect('In-Hub', hubUserName(hubHostName, 'In-Hub', '2021-04-12'), leaf);
  await hub.endAsync();
  const other = await make('device', 'In-Hub');
  await assert.rejects(connect('In-Hub', hubUserName(hubHostName, 'In-Hub', '2021-04-12'), other), {
    code: 5,
  });
});

function hubCall(emulator: TestEmulator, path: string) {
  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(
    emulator.endpoints.hubServiceConnectionString,
  );
  const expiry = Math.floor(Date.now() / 1000) + 60;
  const authorization = createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, expiry);
  return emulator.call({ path: `${path}?api-version=2021-04-12`, headers: { authorization } });
}

test.run();
