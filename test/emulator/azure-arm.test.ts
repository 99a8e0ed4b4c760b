/** The ARM plane as recordings and reports show the real service: error bodies, services that take time, certificates. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import { issueVerificationCertificate } from '../../src/pki/make/verification-certificate.js';
import { type Made, make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { type Answer, base64, startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator; root: Made }>('ARM as Azure answers');

test.before(async (context) => {
  context.emulator = await startTestEmulator({ hubs: ['hub-a', 'hub-b'] });
  context.root = await make('root', 'Root');
});
test.after(({ emulator }) => emulator.stop());

/** A call of ARM for a provisioning service by its name. */
function callOf({ endpoints, call }: TestEmulator) {
  const { subscriptionId, resourceGroup, armToken } = endpoints;
  const base = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/provisioningServices`;
  return (method: string, name: string, body?: unknown, version = '2021-10-15') =>
    call({
      method,
      path: `${base}/${name}?api-version=${version}`,
      body,
      headers: { authorization: `Bearer ${armToken}` },
    });
}

/** Asks at the address that a reply names. */
const at = ({ call, endpoints }: TestEmulator, url: string) => {
  const { pathname, search } = new URL(url);
  return call({ path: `${pathname}${search}`, headers: { authorization: `Bearer ${endpoints.armToken}` } });
};

const service = (more: object = {}) => ({
  location: 'East US',
  sku: { name: 'S1', capacity: 1 },
  properties: {},
  ...more,
});

function assertFlat({ status, body, headers }: Answer, code: number, message: RegExp): void {
  assert.equal(status, Math.floor(code / 1000), JSON.stringify(body));
  assert.deepEqual(Object.keys(body), ['code', 'httpStatusCode', 'message']);
  assert.equal(body.code, code);
  assert.match(body.message, message);
  assert.match(
    body.message,
    new RegExp(
      `\\. If you contact a support representative please include this correlation identifier: [0-9a-f-]{36}, timestamp: \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ, errorcode: IH${code}\\.$`,
    ),
  );
  assert.equal(headers['x-ms-error-code'], undefined);
}

test('errors of the provider are flat, with a number', async ({ emulator, root }) => {
  const arm = callOf(emulator);
  assertFlat(await arm('GET', 'nowhere'), 404002, /^IotHub 'nowhere' not found under ResourceGroup '/);
  assertFlat(await arm('GET', 'nowhere/certificates/c'), 404002, /'nowhere' not found/);
  assertFlat(await emulator.arm('GET', '/certificates/none'), 404015, /^Certificate 'none' not found\. If/);
  for (const name of ['a_b', 'global', 'ab', '-abc']) {
    assertFlat(await arm('PUT', name, service()), 400305, /^Provisioning Service name can contain only/);
  }
  assertFlat(await arm('PUT', 'new-one', service({ sku: { name: 'F1' } })), 400059, /F1/);
  const [{ serviceConnectionString: connectionString }] = emulator.endpoints.hubs as [any];
  const link = { connectionString, location: 'eastus' };
  const twice = service({ properties: { iotHubs: [link, link, link] } });
  assertFlat(await arm('PUT', 'new-one', twice), 400303, /^Cannot have duplicate iot hubs/);
  const path = '/certificates/etags';
  const body = { properties: { certificate: base64(root.pem) } };
  const { etag } = (await emulator.arm('PUT', path, body)).body;
  for (const headers of [{}, { 'if-match': 'stale' }]) {
    assertFlat(await emulator.arm('PUT', path, body, headers as any), 412001, /^Invalid ETag supplied\./);
  }
  const stale = { 'if-match': 'stale' };
  for (const [method, sub] of [
    ['POST', '/generateVerificationCode'],
    ['POST', '/verify'],
    ['DELETE', ''],
  ] as const) {
    const sent = sub === '/verify' ? { certificate: base64(root.pem) } : undefined;
    assertFlat(await emulator.arm(method, `${path}${sub}`, sent, stale), 412001, /^Invalid ETag supplied\./);
    if (method === 'POST') {
      const missing = `/certificates/none${sub}`;
      assertFlat(await emulator.arm(method, missing, sent, stale), 404015, /'none' not found/);
    }
  }
  await emulator.arm('DELETE', path, undefined, { 'if-match': etag });
});

test('the front door answers with the member error', async ({ emulator }) => {
  const { subscriptionId, resourceGroup, armToken, dpsName } = emulator.endpoints;
  const provider = 'providers/Microsoft.Devices/provisioningServices';
  const ask = (path: string, authorization = `Bearer ${armToken}`) =>
    emulator.call({ path, headers: { authorization } });
  const version = 'api-version=2022-02-05';
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
  const cases: [Promise<Answer>, number, string][] = [
    [ask(`${group}/${provider}/${dpsName}?${version}`, 'Bearer x'), 401, 'AuthenticationFailed'],
    [ask(`/subscriptions/none/resourceGroups/x/${provider}/y?${version}`), 404, 'SubscriptionNotFound'],
    [
      ask(`/subscriptions/${subscriptionId}/resourceGroups/none/${provider}/y?${version}`),
      404,
      'ResourceGroupNotFound',
    ],
    [ask(`${group}/${provider}/${dpsName}?api-version=2001-01-01`), 400, 'InvalidApiVersionParameter'],
  ];
  for (const [asked, status, code] of cases) {
    const answer = await asked;
    assert.equal(answer.status, status);
    assert.deepEqual(Object.keys(answer.body), ['error']);
    assert.equal(answer.body.error.code, code);
  }
});

test('a service that is made is answered as activating, and its operation runs before it succeeds', async ({
  emulator,
}) => {
  const arm = callOf(emulator);
  const put = await arm('PUT', 'made-slowly', service());
  assert.equal(put.status, 201);
  assert.deepEqual(
    Object.keys(put.body).sort(),
    ['id', 'location', 'name', 'properties', 'resourcegroup', 'sku', 'subscriptionid', 'tags', 'type'],
    'no etag',
  );
  assert.deepEqual(put.body.properties, {
    state: 'Activating',
    provisioningState: 'Accepted',
    allocationPolicy: 'Hashed',
    idScope: null,
  });
  assert.equal(put.body.location, 'East US');
  assert.deepEqual(put.body.sku, { name: 'S1', tier: 'Standard', capacity: 1 });
  const url = put.headers['azure-asyncoperation']!;
  assert.match(url, /\/operationresults\/[^/?]+\?api-version=2021-10-15&asyncinfo$/i);
  assert.equal(put.headers.location, undefined);
  assert.equal(put.headers['retry-after'], undefined, 'a Retry-After of 0 makes the Python SDK wait');
  const polls = [];
  for (const _ of [1, 2, 3]) {
    const { status, body } = await at(emulator, url);
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body), ['status']);
    polls.push(body.status);
  }
  assert.deepEqual(polls, ['Running', 'Succeeded', 'Succeeded']);
  const { body: made } = await arm('GET', 'made-slowly');
  assert.match(made.etag, /^AAAA[A-Za-z0-9+/]{7}=$/);
  assert.deepEqual(Object.keys(made.properties).sort(), [
    'allocationPolicy',
    'deviceProvisioningHostName',
    'idScope',
    'iotHubs',
    'provisioningState',
    'serviceOperationsHostName',
    'state',
  ]);
  assert.deepEqual([made.properties.state, made.properties.provisioningState], ['Active', 'Succeeded']);
  assert.deepEqual(made.properties.iotHubs, []);
  const newer = await arm('GET', 'made-slowly', undefined, '2022-02-05');
  assert.equal(newer.body.properties.enableDataResidency, false);

  const sent = { ...made, properties: { ...made.properties, allocationPolicy: 'GeoLatency' } };
  const changed = await arm('PUT', 'made-slowly', sent);
  assert.equal(changed.status, 201, 'also for an update');
  assert.equal(changed.body.etag, made.etag, 'the old etag');
  assert.deepEqual(changed.body.properties, {
    state: 'Transitioning',
    provisioningState: 'Accepted',
    iotHubs: [],
    allocationPolicy: 'GeoLatency',
    idScope: null,
  });
  assert.equal((await at(emulator, changed.headers['azure-asyncoperation']!)).body.status, 'Running');
  const after = await arm('GET', 'made-slowly');
  assert.equal(after.body.properties.idScope, made.properties.idScope);
  assert.ok(Buffer.from(after.body.etag, 'base64').compare(Buffer.from(made.etag, 'base64')) > 0);

  const { etag: _, ...withoutEtag } = sent;
  const policies = [{ keyName: 'p', rights: 'EnrollmentRead' }];
  const properties = { ...withoutEtag.properties, authorizationPolicies: policies };
  const policed = await arm('PUT', 'made-slowly', { ...withoutEtag, properties });
  assert.equal('etag' in policed.body, false, 'as in the request');
  const [policy] = policed.body.properties.authorizationPolicies;
  assert.deepEqual([policy.keyName, policy.rights], ['p', 'EnrollmentRead']);
  assert.equal(policy.primaryKey.length, 44);
  assert.equal('authorizationPolicies' in (await arm('GET', 'made-slowly')).body.properties, false);

  const patched = await arm('PATCH', 'made-slowly', { tags: { a: 'b' } });
  assert.equal(patched.status, 200);
  assert.equal(patched.headers['azure-asyncoperation'], undefined);
  assert.equal(patched.body.etag, '');
  assert.equal(patched.body.properties.state, 'Active');
  assert.deepEqual(patched.body.tags, { a: 'b' });

  const deleted = await arm('DELETE', 'made-slowly');
  assert.equal(deleted.status, 202);
  assert.equal(deleted.body, null);
  assert.equal((await at(emulator, deleted.headers['azure-asyncoperation']!)).body.status, 'Succeeded');
  assert.doesNotMatch(deleted.headers.location!, /asyncinfo/);
  assert.equal((await at(emulator, deleted.headers.location!)).status, 200);
});

test('with a Retry-After, a service is activating until then', async () => {
  const emulator = await startTestEmulator({ retryAfter: 1 });
  try {
    const arm = callOf(emulator);
    const put = await arm('PUT', 'slow', service());
    assert.equal(put.headers['retry-after'], undefined, 'as recorded');
    assert.equal(put.headers['x-ms-retry-after-ms'], '1000');
    const { body } = await arm('GET', 'slow');
    assert.deepEqual(body.properties, {
      state: 'Activating',
      provisioningState: 'Accepted',
      allocationPolicy: 'Hashed',
      idScope: null,
    });
    const url = put.headers['azure-asyncoperation']!;
    let polls = 0;
    for (; (await at(emulator, url)).body.status === 'Running'; polls += 1) await sleep(100);
    assert.ok(polls > 1, 'several polls find it running');
    assert.match((await arm('GET', 'slow')).body.properties.idScope, /^0ne/);
  } finally {
    await emulator.stop();
  }
});

test('hubs and their links show what was sent', async ({ emulator }) => {
  const arm = callOf(emulator);
  const [a, b] = emulator.endpoints.hubs as [any, any];
  const links = [
    {
      connectionString: b.serviceConnectionString,
      location: 'westus2',
      allocationWeight: 4,
      applyAllocationPolicy: true,
    },
    { connectionString: a.serviceConnectionString, location: 'eastus' },
  ];
  await arm('PUT', 'linked', service({ properties: { iotHubs: links } }));
  const { body } = await arm('GET', 'linked', undefined, '2020-03-01');
  assert.deepEqual(
    body.properties.iotHubs.map((one: object) => Object.keys(one).sort()),
    [
      ['allocationWeight', 'applyAllocationPolicy', 'connectionString', 'location', 'name'],
      ['connectionString', 'location', 'name'],
    ],
  );
  assert.match(body.properties.iotHubs[0].connectionString, /;SharedAccessKey=\*\*\*\*$/);
  const newer = (await arm('GET', 'linked', undefined, '2022-12-12')).body.properties.iotHubs;
  assert.equal(newer[1].authenticationType, 'KeyBased');
  await arm('DELETE', 'linked');
});

test('a certificate is in the reply of generateVerificationCode alone, as it was uploaded', async ({
  emulator,
}) => {
  const root = await make('root', 'Contoso, Root');
  const path = '/certificates/as-recorded';
  const uploaded = base64(root.pem.replaceAll('\n', '\r\n'));
  for (const version of ['2021-10-15', '2022-02-05']) {
    const flat = version === '2021-10-15';
    const sent = flat ? { certificate: uploaded } : { properties: { certificate: uploaded } };
    const v = (sub = '') => `${path}${sub}?api-version=${version}`;
    const put = await emulator.arm('PUT', v(), sent);
    const { created, updated, expiry, thumbprint, ...rest } = put.body.properties;
    assert.deepEqual(rest, { subject: 'Contoso, Root', isVerified: false, certificate: null });
    assert.equal(created, 'Mon, 01 Jan 0001 00:00:00 GMT');
    assert.match(thumbprint, /^[0-9A-F]{40}$/);
    for (const time of [updated, expiry]) assert.equal(new Date(time).toUTCString(), time);
    assert.equal(put.body.type, 'Microsoft.Devices/provisioningServices/Certificates');
    assert.equal((await emulator.arm('GET', v())).body.properties.certificate, null);
    const listed = (await emulator.arm('GET', `/certificates?api-version=${version}`)).body.value;
    assert.equal(listed.at(-1).properties.certificate, null);
    const code = await emulator.arm('POST', v('/generateVerificationCode'), undefined, {
      'if-match': put.body.etag,
    });
    assert.equal(code.body.properties.certificate, uploaded);
    assert.match(code.body.properties.verificationCode, /^[0-9A-F]{48}$/);
    assert.notEqual(code.body.etag, put.body.etag);
    const issuer = { certificate: root.pem, privateKey: root.privateKey };
    const proof = await issueVerificationCertificate(
      code.body.properties.verificationCode,
      issuer,
      new Date(),
    );
    const verified = await emulator.arm(
      'POST',
      v('/verify'),
      { certificate: base64(proof.pem) },
      { 'if-match': code.body.etag },
    );
    assert.equal(verified.status, 200);
    assert.equal(verified.body.properties.certificate, null);
    assert.equal(verified.body.properties.isVerified, true);
    const gone = await emulator.arm('DELETE', v(), undefined, { 'if-match': verified.body.etag });
    assert.deepEqual([gone.status, gone.body], [200, undefined]);
  }
  const old = await emulator.arm('PUT', `${path}?api-version=2017-11-15`, { certificate: uploaded });
  assert.equal('certificate' in old.body.properties, false);
  await emulator.arm('DELETE', path, undefined, { 'if-match': '*' });
});

test('a verification certificate of another issuer is refused with 400053, which names it', async ({
  emulator,
  root,
}) => {
  const path = '/certificates/proof';
  const put = await emulator.arm('PUT', path, { properties: { certificate: base64(root.pem) } });
  const code = await emulator.arm('POST', `${path}/generateVerificationCode`, undefined, {
    'if-match': put.body.etag,
  });
  const other = await make('root', 'Somebody Else');
  const issuer = { certificate: other.pem, privateKey: other.privateKey };
  const proof = await issueVerificationCertificate(code.body.properties.verificationCode, issuer, new Date());
  const sent = { certificate: base64(proof.pem) };
  const refused = await emulator.arm('POST', `${path}/verify`, sent, { 'if-match': code.body.etag });
  assertFlat(
    refused,
    400053,
    /^Proof-Of-Possession failed\. Issuer certificate 'CN=Somebody Else' cannot be found in the certificate chain\./,
  );
  await emulator.arm('DELETE', path, undefined, { 'if-match': '*' });
});

test('the owner has the recorded rights, and a free name the reason Invalid', async ({ emulator }) => {
  const keys = (await emulator.arm('POST', '/listkeys')).body.value;
  assert.equal(keys.length, 1);
  assert.equal(keys[0].keyName, 'provisioningserviceowner');
  assert.equal(keys[0].rights, 'ServiceConfig, DeviceConnect, EnrollmentWrite');
  assert.equal((await emulator.service('POST', '/enrollments/query', { query: '*' })).status, 200);
  assert.equal((await emulator.service('GET', '/registrations/none')).body.errorCode, 404202);
  assert.equal((await emulator.service('DELETE', '/registrations/none')).body.errorCode, 404202);
  const { subscriptionId, armToken } = emulator.endpoints;
  for (const check of ['checkProvisioningServiceNameAvailability', 'checkNameAvailability']) {
    const { body } = await emulator.call({
      method: 'POST',
      path: `/subscriptions/${subscriptionId}/providers/Microsoft.Devices/${check}?api-version=${check.length > 30 ? '2021-10-15' : '2021-07-02'}`,
      headers: { authorization: `Bearer ${armToken}` },
      body: { name: 'free-name' },
    });
    assert.deepEqual(body, { nameAvailable: true, reason: 'Invalid', message: null });
  }
});

test('certificates, policies and hub policies are listed in the order of creation, also after a restart', () =>
  inTemporaryFolder(async (dir) => {
    const read = async ({ arm, endpoints, call }: TestEmulator) => {
      const { subscriptionId, resourceGroup, armToken, hubs } = endpoints;
      const hub = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/IotHubs/hub-1`;
      const keys = await call({
        method: 'POST',
        path: `${hub}/listkeys?api-version=2021-07-02`,
        headers: { authorization: `Bearer ${armToken}` },
      });
      assert.equal(hubs.length, 1);
      const name = (one: any) => one.name ?? one.keyName;
      return {
        certificates: (await arm('GET', '/certificates')).body.value.map(name),
        policies: (await arm('POST', '/listkeys')).body.value.map(name),
        hubPolicies: keys.body.value.map((one: any) => `${one.keyName}: ${one.rights}`),
      };
    };
    const expected = {
      certificates: ['zeta', 'alpha', 'mid'],
      policies: ['provisioningserviceowner', 'zz', 'aa'],
      hubPolicies: [
        'iothubowner: RegistryWrite, ServiceConnect, DeviceConnect',
        'service: ServiceConnect',
        'device: DeviceConnect',
        'registryRead: RegistryRead',
        'registryReadWrite: RegistryWrite',
      ],
    };
    const first = await startTestEmulator({ dir });
    const root = await make('root', 'Root');
    const properties = { certificate: base64(root.pem) };
    for (const name of expected.certificates) await first.arm('PUT', `/certificates/${name}`, { properties });
    // A change keeps the place.
    await first.arm('PUT', '/certificates/zeta', { properties }, { 'if-match': '*' });
    const { body } = await first.arm('GET', '');
    const owner = (await first.arm('POST', '/listkeys')).body.value;
    const more = ['zz', 'aa'].map((keyName) => ({ keyName, rights: 'EnrollmentRead' }));
    const authorizationPolicies = [...owner, ...more];
    await first.arm('PUT', '', { ...body, properties: { ...body.properties, authorizationPolicies } });
    assert.deepEqual(await read(first), expected);
    await first.stop();
    const second = await startTestEmulator({ dir });
    try {
      assert.deepEqual(await read(second), expected);
    } finally {
      await second.stop();
    }
  }));

test('a hub names the endpoint for its events, and no policies', async ({ emulator }) => {
  const { subscriptionId, resourceGroup, armToken } = emulator.endpoints;
  const { body } = await emulator.call({
    path: `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/IotHubs/hub-a?api-version=2021-07-02`,
    headers: { authorization: `Bearer ${armToken}` },
  });
  const { events } = body.properties.eventHubEndpoints;
  assert.equal(events.path, 'hub-a');
  assert.match(events.endpoint, /^sb:\/\/.+\/$/);
  assert.equal(events.partitionIds.length, events.partitionCount);
  assert.equal('authorizationPolicies' in body.properties, false);
});

test('a hub has the settings of a new one, and the members of its api-version', async ({ emulator }) => {
  const { subscriptionId, resourceGroup, armToken } = emulator.endpoints;
  const at = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/IotHubs`;
  const read = async (version: string, path = `${at}/hub-a`) =>
    (
      await emulator.call({
        path: `${path}?api-version=${version}`,
        headers: { authorization: `Bearer ${armToken}` },
      })
    ).body;
  for (const [version, hasIdentity, hasCosmos] of [
    ['2017-07-01', false, false],
    ['2019-07-01-preview', false, false],
    ['2020-08-31', false, false],
    ['2021-03-31', true, false],
    ['2021-07-02', true, false],
    ['2023-06-30-preview', true, true],
    ['2026-11-01', true, true],
  ] as const) {
    const { properties, identity, systemData, ...hub } = await read(version);
    assert.deepEqual(properties.cloudToDevice.maxDeliveryCount, 10, version);
    assert.equal(properties.messagingEndpoints.fileNotifications.lockDurationAsIso8601, 'PT1M');
    assert.equal(properties.storageEndpoints.$default.containerName, '');
    assert.equal(properties.routing.fallbackRoute.isEnabled, true);
    assert.equal(properties.features, 'None');
    assert.equal('cosmosDBSqlContainers' in properties.routing.endpoints, hasCosmos, version);
    assert.equal('allowedFqdnList' in properties, hasIdentity, version);
    assert.deepEqual(identity, hasIdentity ? { type: 'None' } : undefined, version);
    // Absent until somebody sets them.
    for (const member of ['minTlsVersion', 'disableLocalAuth', 'publicNetworkAccess'])
      assert.equal(member in properties, false, member);
    if (hasIdentity) {
      assert.match(systemData.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
      assert.ok(Math.abs(Date.parse(systemData.createdAt) - Date.now()) < 3_600_000);
    } else assert.equal(systemData, undefined);
    const listed = (await read(version, at)).value;
    assert.deepEqual(listed[0], {
      ...hub,
      properties,
      ...(hasIdentity ? { identity, systemData } : {}),
    });
  }
});

test('a hub was created when it was created, also after a restart', () =>
  inTemporaryFolder(async (dir) => {
    const createdAt = async () => {
      const { call, endpoints, stop } = await startTestEmulator({ dir });
      const { subscriptionId, armToken } = endpoints;
      const { body } = await call({
        path: `/subscriptions/${subscriptionId}/providers/Microsoft.Devices/IotHubs?api-version=2021-07-02`,
        headers: { authorization: `Bearer ${armToken}` },
      });
      await stop();
      return body.value[0].systemData.createdAt;
    };
    assert.equal(await createdAt(), await createdAt());
  }));

test('an expired CA can be uploaded', async ({ emulator }) => {
  const expired = await make('root', 'Expired', undefined, { at: new Date('1999-01-01T00:00:00Z') });
  const put = await emulator.arm('PUT', '/certificates/expired', {
    properties: { certificate: base64(expired.pem) },
  });
  assert.equal(put.status, 200, JSON.stringify(put.body));
  assert.ok(Date.parse(put.body.properties.expiry) < Date.now());
});

test.run();
