/** What reports and documents say of the real service, where a guess would have had it otherwise. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { type Made, make } from '../support/chains.js';
import { base64, groupBody, startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator; root: Made }>('as Azure does');

test.before(async (context) => {
  context.emulator = await startTestEmulator({ hubs: ['hub-a', 'hub-b'] });
  context.root = await make('root', 'Root');
  await context.emulator.verifiedCa('root', context.root);
});
test.after(({ emulator }) => emulator.stop());

const byKey = { attestation: { type: 'symmetricKey' } };

test('HEAD says by its status whether a resource group or a resource exists', async ({ emulator }) => {
  const { subscriptionId, resourceGroup, dpsName, armToken } = emulator.endpoints;
  const groups = `/subscriptions/${subscriptionId}/resourcegroups`;
  const services = `${groups}/${resourceGroup}/providers/Microsoft.Devices/provisioningServices`;
  const head = (path: string, version: string, headers = { authorization: `Bearer ${armToken}` }) =>
    emulator.call({ method: 'HEAD', path: `${path}?api-version=${version}`, headers });
  const there = await head(`${groups}/${resourceGroup.toUpperCase()}`, '2021-04-01');
  assert.equal(there.status, 204);
  assert.equal(there.headers['content-type'], undefined);
  assert.ok(there.headers['x-ms-request-id']);
  assert.equal((await head(`${groups}/none`, '2021-04-01')).status, 404);
  assert.equal((await head(`${services}/${dpsName}`, '2022-02-05')).status, 204);
  assert.equal((await head(`${services}/none`, '2022-02-05')).status, 404);
  assert.equal((await head(`${services}/${dpsName}/certificates/root`, '2022-02-05')).status, 204);
  assert.equal((await head(`${groups}/${resourceGroup}`, '1999-01-01')).status, 400);
  const stranger = await head(`${groups}/${resourceGroup}`, '2021-04-01', { authorization: 'Bearer x' });
  assert.equal(stranger.status, 401);
  const group = await emulator.call({
    path: `${groups}/${resourceGroup}?api-version=2021-04-01`,
    headers: { authorization: `Bearer ${armToken}` },
  });
  assert.equal(group.status, 200, 'GET is as it was');
  const onServicePlane = await emulator.service('HEAD', '/enrollments/none');
  assert.equal(onServicePlane.status, 404);
});

test('values of enumerations are taken in any case, and answered in the documented one', async ({
  emulator,
}) => {
  const path = '/enrollmentGroups/cases';
  const { attestation, ...group } = groupBody('cases', { reference: 'root' });
  const body = {
    ...group,
    attestation: { ...(attestation as object), type: 'X509' },
    allocationPolicy: 'geolatency',
    provisioningStatus: 'Disabled',
  };
  const put = await emulator.service('PUT', path, body);
  assert.equal(put.status, 200, JSON.stringify(put.body));
  assert.equal(put.body.allocationPolicy, 'geoLatency');
  assert.equal(put.body.provisioningStatus, 'disabled');
  assert.equal(put.body.attestation.type, 'x509');
  const individual = {
    registrationId: 'cases',
    attestation: { type: 'SymmetricKey' },
    allocationPolicy: 'HASHED',
  };
  const enrollment = await emulator.service('PUT', '/enrollments/cases', individual);
  assert.deepEqual(
    [enrollment.body.attestation?.type, enrollment.body.allocationPolicy],
    ['symmetricKey', 'hashed'],
  );
  const bulk = { mode: 'DELETE', enrollments: [{ registrationId: 'cases' }] };
  assert.deepEqual((await emulator.service('POST', '/enrollments', bulk)).body, {
    isSuccessful: true,
    errors: [],
  });
  const wrong = await emulator.service('PUT', '/enrollments/cases', {
    ...individual,
    allocationPolicy: 'nearest',
  });
  assert.equal(wrong.status, 400);
  assert.match(wrong.body.message, /allocationPolicy/);
});

test('a query gives everything, whatever its condition says', async ({ emulator }) => {
  for (const registrationId of ['all-1', 'all-2']) {
    await emulator.service('PUT', `/enrollments/${registrationId}`, { registrationId, ...byKey });
  }
  for (const query of [
    '*',
    'SELECT * FROM enrollments',
    "SELECT * FROM enrollments WHERE enrollments.registrationId = 'all-1'",
    'select * from devices',
    '',
  ]) {
    const { status, body } = await emulator.service('POST', '/enrollments/query', { query });
    assert.equal(status, 200, query);
    assert.deepEqual(
      body.map((one: any) => one.registrationId).filter((id: string) => id.startsWith('all-')),
      ['all-1', 'all-2'],
      query,
    );
  }
  for (const query of ['DELETE FROM enrollments', 7, null]) {
    assert.equal((await emulator.service('POST', '/enrollments/query', { query })).status, 400);
  }
});

test('a query of individual enrollments does not tell of their registrations; the enrollment itself does', async ({
  emulator,
}) => {
  const leaf = await make('device', 'registered');
  const x509 = { clientCertificates: { primary: { certificate: leaf.pem } } };
  const enrollment = { registrationId: 'registered', attestation: { type: 'x509', x509 } };
  await emulator.service('PUT', '/enrollments/registered', enrollment);
  assert.equal((await emulator.register('registered', [leaf])).body.status, 'assigned');
  const read = await emulator.service('GET', '/enrollments/registered');
  assert.equal(read.body.registrationState.status, 'assigned');
  const { body } = await emulator.service('POST', '/enrollments/query', { query: '*' });
  const found = body.find((one: any) => one.registrationId === 'registered');
  assert.equal('registrationState' in found, false);
  assert.equal(found.etag, read.body.etag);
});

test('a certificate that is not there is deleted already', async ({ emulator }) => {
  const gone = await emulator.arm('DELETE', '/certificates/none', undefined, { 'if-match': '*' });
  assert.equal(gone.status, 204);
  const path = '/certificates/there';
  const properties = { certificate: base64((await make('root', 'There')).pem) };
  const { etag } = (await emulator.arm('PUT', path, { properties })).body;
  assert.equal((await emulator.arm('DELETE', path)).status, 400, 'If-Match is required');
  assert.equal((await emulator.arm('DELETE', path, undefined, { 'if-match': 'stale' })).status, 412);
  assert.equal((await emulator.arm('DELETE', path, undefined, { 'if-match': etag })).status, 200);
  assert.equal((await emulator.arm('DELETE', path, undefined, { 'if-match': etag })).status, 204);
});

test('hubs and policies that stand twice, weights out of range and keys that are none are refused, and nothing changes', async ({
  emulator,
}) => {
  const before = (await emulator.arm('GET', '')).body;
  const keys = (await emulator.arm('POST', '/listkeys')).body;
  const { hubs } = emulator.endpoints;
  const link = (index: number, more: object = {}) => ({
    connectionString: hubs[index]!.serviceConnectionString,
    location: 'local',
    ...more,
  });
  const policy = { keyName: 'reader', rights: 'EnrollmentRead' };
  const key = base64('twenty-four octets of it');
  const cases: [object, RegExp][] = [
    [{ iotHubs: [link(0), link(0)] }, /duplicate iot hubs/],
    [{ iotHubs: [link(0, { allocationWeight: 0 })] }, /allocationWeight/],
    [{ iotHubs: [link(0, { allocationWeight: 1001 })] }, /allocationWeight/],
    [
      { authorizationPolicies: [policy, { ...policy, keyName: 'Reader' }] },
      /authorizationPolicies\.1.*twice/,
    ],
    [
      { authorizationPolicies: [{ ...policy, primaryKey: 'not base64!' }] },
      /authorizationPolicies\.0\.primaryKey/,
    ],
    [{ authorizationPolicies: [{ ...policy, primaryKey: key, secondaryKey: '%' }] }, /0\.secondaryKey/],
  ];
  for (const [properties, message] of cases) {
    const tags = { changed: 'yes' };
    const answer = await emulator.arm('PUT', '', {
      ...before,
      tags,
      properties: { ...before.properties, ...properties },
    });
    assert.equal(answer.status, 400, JSON.stringify(answer.body));
    assert.match(answer.body.message, message);
  }
  assert.deepEqual((await emulator.arm('GET', '')).body, before);
  assert.deepEqual((await emulator.arm('POST', '/listkeys')).body, keys);
});

test('where a device is, and which hubs an enrollment names, is told also when the hub is no longer linked', async () => {
  const emulator = await startTestEmulator({ hubs: ['hub-a', 'hub-b'] });
  try {
    const root = await make('root', 'Root');
    await emulator.verifiedCa('root', root);
    const { hubs } = emulator.endpoints;
    const hostName = hubs[1]!.hostName;
    const body = groupBody('g', { reference: 'root' }, { allocationPolicy: 'static', iotHubs: [hostName] });
    await emulator.service('PUT', '/enrollmentGroups/g', body);
    await emulator.register('stays', [await make('device', 'stays', root)]);
    const service = (await emulator.arm('GET', '')).body;
    const iotHubs = service.properties.iotHubs.filter(({ name }: any) => name !== hostName);
    const put = await emulator.arm('PUT', '', { ...service, properties: { ...service.properties, iotHubs } });
    assert.equal(put.body.properties.iotHubs.length, 1, JSON.stringify(put.body));
    assert.equal((await emulator.service('GET', '/registrations/stays')).body.assignedHub, hostName);
    const group = (await emulator.service('GET', '/enrollmentGroups/g')).body;
    assert.deepEqual(group.iotHubs, [hostName]);
    const back = await emulator.service('PUT', '/enrollmentGroups/g', group, { 'if-match': group.etag });
    assert.equal(back.status, 400);
    assert.match(back.body.message, /not linked/);
  } finally {
    await emulator.stop();
  }
});

test('Azure Resource Manager says which api-versions there are, DPS that it does not know one', async ({
  emulator,
}) => {
  for (const version of ['api-version=1999-01-01', 'api-version=', 'x=y']) {
    const { subscriptionId, armToken } = emulator.endpoints;
    const answer = await emulator.call({
      path: `/subscriptions/${subscriptionId}/providers/Microsoft.Devices/provisioningServices?${version}`,
      headers: { authorization: `Bearer ${armToken}` },
    });
    assert.equal(answer.status, 400);
    assert.equal(answer.body.error.code, 'InvalidApiVersionParameter');
    assert.match(answer.body.error.message, /The supported versions .*2022-02-05,.*2022-12-12/);
  }
  const service = await emulator.service('GET', '/enrollments/x?api-version=1999-01-01');
  assert.equal(service.body.message, 'ErrorCode:ArgumentInvalid;Unknown api version');
});

test('a location is the same with and without spaces, in any case', async ({ emulator }) => {
  const { subscriptionId, resourceGroup, armToken } = emulator.endpoints;
  const put = (location: string) =>
    emulator.call({
      method: 'PUT',
      path: `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/provisioningServices/somewhere?api-version=2022-02-05`,
      body: { location, sku: { name: 'S1' }, properties: {} },
      headers: { authorization: `Bearer ${armToken}` },
    });
  assert.equal((await put('West Europe')).status, 201);
  assert.equal((await put('westeurope')).status, 201);
  assert.equal((await put('WestEurope')).status, 201);
  assert.equal((await put('North Europe')).status, 409);
});

test('what a service is told that it cannot be here is answered with 501, and nothing changes', async ({
  emulator,
}) => {
  const before = (await emulator.arm('GET', '')).body;
  const { hubs } = emulator.endpoints;
  const link = { hostName: hubs[0]!.hostName, authenticationType: 'SystemAssigned', location: 'local' };
  const filter = { filterName: 'all', action: 'Reject', ipMask: '0.0.0.0/0', target: 'all' };
  for (const [top, properties, named] of [
    [{}, { ipFilterRules: [filter] }, /ipFilterRules/],
    [{}, { publicNetworkAccess: 'Disabled' }, /publicNetworkAccess/],
    [{}, { enableDataResidency: true }, /enableDataResidency/],
    [{}, { disableLocalAuth: true }, /disableLocalAuth/],
    [{}, { iotHubs: [link] }, /managed identity/],
  ] as const) {
    const body = { ...before, ...top, tags: { a: 'b' }, properties: { ...before.properties, ...properties } };
    const answer = await emulator.arm('PUT', '', body);
    assert.equal(answer.status, 501, JSON.stringify(answer.body));
    assert.match(answer.body.error.message, named);
  }
  assert.deepEqual((await emulator.arm('GET', '')).body, before);
  const usual = { ...before, identity: { type: 'None' } };
  assert.equal((await emulator.arm('PUT', '', usual)).status, 201, 'what was read can be put back');
});

test('what Azure Resource Manager has and the emulator has not is answered with 501, whatever the api-version', async ({
  emulator,
}) => {
  const { subscriptionId, resourceGroup, armToken } = emulator.endpoints;
  const subscription = `/subscriptions/${subscriptionId}`;
  const group = `${subscription}/resourceGroups/${resourceGroup}`;
  for (const [method, path] of [
    ['GET', '/tenants'],
    ['GET', '/providers'],
    ['GET', '/providers/Microsoft.Devices/operations'],
    ['GET', `${subscription}/locations`],
    ['GET', `${subscription}/providers`],
    ['GET', `${subscription}/providers/Microsoft.Devices`],
    ['POST', `${subscription}/providers/Microsoft.Devices/register`],
    ['GET', `${subscription}/resources`],
    ['PUT', `${group}/providers/Microsoft.Resources/deployments/one`],
  ] as const) {
    for (const version of ['2021-07-02', '2023-06-30']) {
      const answer = await emulator.call({
        method,
        path: `${path}?api-version=${version}`,
        headers: { authorization: `Bearer ${armToken}` },
        body: method === 'GET' ? undefined : {},
      });
      assert.equal(answer.status, 501, `${method} ${path} ${version}: ${JSON.stringify(answer.body)}`);
      assert.match(answer.body.error.message, /Not implemented in this emulator: /);
    }
  }
});

test.run();
