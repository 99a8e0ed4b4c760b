/** The service plane as recordings of the real service show it: replies give back what was sent, and add nothing. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { type Made, make } from '../support/chains.js';
import { raw } from '../support/raw-certificates.js';
import { type Answer, base64, startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator; leaf: Made }>('service plane as Azure answers');

test.before(async (context) => {
  context.emulator = await startTestEmulator({ hubs: ['hub-a', 'hub-b'] });
  context.leaf = await make('device', 'x509');
});
test.after(({ emulator }) => emulator.stop());

const keys = { primaryKey: base64('k'.repeat(32)), secondaryKey: base64('l'.repeat(32)) };
const byKey = { type: 'symmetricKey', symmetricKey: keys };
const written = ['createdDateTimeUtc', 'etag', 'lastUpdatedDateTimeUtc'];

/** A reply without what the service writes itself. */
function sent({ status, body }: Answer): Record<string, unknown> {
  assert.equal(status, 200, JSON.stringify(body));
  for (const name of written) assert.ok(body[name], name);
  return Object.fromEntries(Object.entries(body).filter(([name]) => !written.includes(name)));
}

test('a reply has the members that were sent, and no others', async ({ emulator }) => {
  const hub = emulator.endpoints.hubs[0]!.hostName;
  const full = {
    capabilities: { iotEdge: true },
    provisioningStatus: 'disabled',
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false },
    allocationPolicy: 'hashed',
    iotHubs: [hub],
    initialTwin: { properties: { desired: { key: 'value' } } },
    customAllocationDefinition: { webhookUrl: 'https://www.test.test', apiVersion: '2019-03-31' },
  };
  const tagged = { initialTwin: { tags: { a: 1 } }, reprovisionPolicy: { migrateDeviceData: false } };
  const individual = {
    deviceId: 'd',
    optionalDeviceInformation: { additionalProperties: { hello: 'world' } },
  };
  for (const [path, id, more] of [
    ['/enrollments/e', { registrationId: 'e' }, individual],
    ['/enrollmentGroups/g', { enrollmentGroupId: 'g' }, {}],
  ] as const) {
    const attestation = byKey;
    for (const members of [{}, full, tagged, { ...full, allocationPolicy: 'custom' }, more]) {
      const body = { ...id, attestation, ...members };
      const put = await emulator
        .service('PUT', path, body, { 'if-match': '*' })
        .then(async (answer) => (answer.status === 412 ? emulator.service('PUT', path, body) : answer));
      assert.deepEqual(sent(put), body);
      const { registrationState: _, ...got } = sent(await emulator.service('GET', path));
      assert.deepEqual(got, { ...body, attestation: { type: 'symmetricKey' } }, 'GET leaves the keys out');
      const { body: rows } = await emulator.service('POST', `${path.slice(0, -2)}/query`, { query: '*' });
      const { registrationState: __, ...row } = (await emulator.service('GET', path)).body;
      assert.deepEqual(rows, [row]);
    }
    await emulator.service('DELETE', path);
  }
});

test('of what is sent as null, only the provisioning status is given back', async ({ emulator }) => {
  const nulls = {
    capabilities: null,
    provisioningStatus: null,
    reprovisionPolicy: null,
    iotHubs: null,
    iotHubHostName: null,
    initialTwin: null,
    customAllocationDefinition: null,
  };
  const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey: null, secondaryKey: null } };
  const group = { enrollmentGroupId: 'g', attestation, ...nulls, allocationPolicy: 'static' };
  const put = sent(await emulator.service('PUT', '/enrollmentGroups/g', group));
  const { symmetricKey } = put.attestation as any;
  assert.ok(symmetricKey.primaryKey && symmetricKey.secondaryKey, 'generated keys are in the reply to PUT');
  assert.deepEqual(put, {
    enrollmentGroupId: 'g',
    attestation: { type: 'symmetricKey', symmetricKey },
    provisioningStatus: null,
    allocationPolicy: 'static',
  });
  const mechanism = await emulator.service('POST', '/enrollmentGroups/g/attestationmechanism');
  assert.deepEqual(mechanism.body, put.attestation);
  const got = sent(await emulator.service('GET', '/enrollmentGroups/g'));
  assert.deepEqual(got, { ...put, attestation: { type: 'symmetricKey' } });
  const individual = { ...nulls, registrationId: 'e', attestation: byKey, deviceId: null };
  const twin = { tags: null, properties: { desired: null } };
  const e = sent(
    await emulator.service('PUT', '/enrollments/e', {
      ...individual,
      optionalDeviceInformation: null,
      allocationPolicy: null,
      initialTwin: twin,
    }),
  );
  assert.deepEqual(e, {
    registrationId: 'e',
    attestation: byKey,
    provisioningStatus: null,
    initialTwin: { properties: {} },
  });
  const registered = await emulator.service('GET', '/enrollments/e');
  assert.equal(registered.body.provisioningStatus, null);
  await emulator.service('DELETE', '/enrollments/e');
  await emulator.service('DELETE', '/enrollmentGroups/g');
});

test('a slot without a certificate is left out', async ({ emulator, leaf }) => {
  const x509 = { clientCertificates: { primary: { certificate: leaf.pem }, secondary: null } };
  const body = { registrationId: 'x509', attestation: { type: 'x509', x509 } };
  const { attestation } = sent(await emulator.service('PUT', '/enrollments/x509', body)) as any;
  assert.deepEqual(Object.keys(attestation.x509.clientCertificates), ['primary']);
  assert.deepEqual(Object.keys(attestation.x509.clientCertificates.primary), ['info']);
  const { info } = attestation.x509.clientCertificates.primary;
  for (const time of [info.notBeforeUtc, info.notAfterUtc]) assert.match(time, /^[\d-]{10}T[\d:]{8}Z$/);
  await emulator.service('DELETE', '/enrollments/x509');
});

test('an enrollment whose device never registered is unassigned in GET alone', async ({ emulator }) => {
  const body = { registrationId: 'Never', attestation: byKey };
  const put = await emulator.service('PUT', '/enrollments/Never', body);
  assert.equal('registrationState' in put.body, false);
  const got = await emulator.service('GET', '/enrollments/Never');
  assert.deepEqual(got.body.registrationState, { registrationId: 'Never', status: 'unassigned' });
  const again = await emulator.service('PUT', '/enrollments/Never', body, { 'if-match': put.body.etag });
  assert.equal('registrationState' in again.body, false);
  assert.equal(again.body.createdDateTimeUtc, put.body.createdDateTimeUtc);
  await emulator.service('DELETE', '/enrollments/Never');
});

test('hubs without an allocation policy are refused, the static policy without a hub is not', async ({
  emulator,
}) => {
  const iotHubs = [emulator.endpoints.hubs[0]!.hostName];
  const put = (more: object) =>
    emulator.service('PUT', '/enrollments/e', { registrationId: 'e', attestation: byKey, ...more });
  for (const more of [{ iotHubs }, { iotHubs, allocationPolicy: null }]) {
    const refused = await put(more);
    assert.equal(refused.status, 400);
    assert.equal(refused.body.errorCode, 400004);
    assert.equal(
      refused.body.message,
      'Enrollment allocationPolicy must be specified when iotHubs are specified.',
    );
  }
  assert.equal((await put({ allocationPolicy: 'static', iotHubs: null })).status, 200);
  await emulator.service('DELETE', '/enrollments/e');
});

test('a signing certificate without extensions is taken for a group', async ({ emulator }) => {
  const put = (id: string, certificate: Buffer) =>
    emulator.service('PUT', `/enrollmentGroups/${id}`, {
      enrollmentGroupId: id,
      attestation: {
        type: 'x509',
        x509: { signingCertificates: { primary: { certificate: certificate.toString('base64') } } },
      },
    });
  const bare = raw({ name: 'Bare' });
  assert.equal((await put('bare', bare.der)).status, 200);
  await emulator.service('DELETE', '/enrollmentGroups/bare');
});

test('errors have their number as code and as errorCode; groups have their own numbers', async ({
  emulator,
}) => {
  const group = { enrollmentGroupId: 'there', attestation: byKey };
  const enrollment = { registrationId: 'there', attestation: byKey };
  for (const [path, body] of [
    ['/enrollmentGroups/there', group],
    ['/enrollments/there', enrollment],
  ] as const) {
    await emulator.service('PUT', path, body);
  }
  const cases: [Promise<Answer>, number][] = [
    [emulator.service('GET', '/enrollmentGroups/none'), 404204],
    [emulator.service('DELETE', '/enrollmentGroups/none'), 404204],
    [emulator.service('PUT', '/enrollmentGroups/there', group), 409202],
    [emulator.service('GET', '/enrollments/none'), 404201],
    [emulator.service('PUT', '/enrollments/there', enrollment), 409201],
    [emulator.service('GET', '/registrations/none'), 404202],
    [emulator.service('PUT', '/enrollments/there', enrollment, { 'if-match': 'x' }), 412001],
    [emulator.service('GET', '/enrollments/x', undefined, { authorization: 'x' }), 401000],
    [emulator.service('GET', '/enrollments/x?api-version=1999-01-01'), 400004],
  ];
  for (const [asked, code] of cases) {
    const { status, body } = await asked;
    assert.equal(status, Math.floor(code / 1000));
    assert.deepEqual([body.code, body.errorCode], [code, code], JSON.stringify(body));
    assert.ok(body.trackingId && body.message && body.timestampUtc);
  }
  await emulator.service('DELETE', '/enrollments/there');
  await emulator.service('DELETE', '/enrollmentGroups/there');
});

test('queries list in the order of creation, about a hundred a page', async ({ emulator }) => {
  const ids = Array.from({ length: 105 }, (_, index) => `e-${(index * 37) % 105}`);
  for (let at = 0; at < ids.length; at += 10) {
    const enrollments = ids
      .slice(at, at + 10)
      .map((registrationId) => ({ registrationId, attestation: byKey }));
    await emulator.service('POST', '/enrollments', { mode: 'create', enrollments });
  }
  // A change keeps the place.
  const changed = { registrationId: ids[0], attestation: byKey };
  await emulator.service('PUT', `/enrollments/${ids[0]}`, changed, { 'if-match': '*' });
  const found: string[] = [];
  const sizes: number[] = [];
  for (let continuation: string | undefined, first = true; first || continuation; first = false) {
    const page = await emulator.service(
      'POST',
      '/enrollments/query',
      { query: 'SELECT *' },
      continuation ? { 'x-ms-continuation': continuation } : {},
    );
    assert.equal(page.headers['x-ms-item-type'], 'Enrollment');
    assert.equal(page.headers['x-ms-max-item-count'], undefined);
    found.push(...page.body.map((one: any) => one.registrationId));
    sizes.push(page.body.length);
    continuation = page.headers['x-ms-continuation'];
  }
  assert.deepEqual(found, ids);
  assert.deepEqual(sizes, [100, 5]);
  const forged = Buffer.from(JSON.stringify(['Enrollment', 'x'])).toString('base64url');
  for (const token of [forged, 'x']) {
    const headers = { 'x-ms-continuation': token };
    assert.equal((await emulator.service('POST', '/enrollments/query', { query: '*' }, headers)).status, 400);
  }
  for (const id of ['zz', 'mm', 'aa']) {
    await emulator.service('PUT', `/enrollmentGroups/${id}`, { enrollmentGroupId: id, attestation: byKey });
  }
  const headers = { 'x-ms-max-item-count': '2' };
  const groups = await emulator.service('POST', '/enrollmentGroups/query', { query: '*' }, headers);
  assert.deepEqual(
    groups.body.map((one: any) => one.enrollmentGroupId),
    ['zz', 'mm'],
  );
  assert.equal(groups.headers['x-ms-max-item-count'], '2');
});

test('the query object of the az CLI, as Python prints it, is a query', async ({ emulator }) => {
  for (const [query, status] of [
    ["{'additional_properties': {}, 'query': 'SELECT *'}", 200],
    ["{'additional_properties': {}, 'query': '*'}", 200],
    ["{'additional_properties': {}, 'query': 'DELETE *'}", 400],
    ["{'additional_properties': {}}", 400],
  ] as const) {
    for (const path of ['/enrollmentGroups/query', '/enrollments/query']) {
      assert.equal((await emulator.service('POST', path, { query })).status, status, query);
    }
  }
});

test.run();
