/** Provisioning services as ARM resources, by the official client where it knows the operation. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { IotDpsClient, type ProvisioningServiceDescription } from '@azure/arm-deviceprovisioningservices';
import { suite } from 'uvu';
import { make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { clientOf, startTestEmulator, type TestEmulator } from './support.js';

interface Context {
  emulator: TestEmulator;
  arm: IotDpsClient;
  group: string;
}

const test = suite<Context>('ARM: provisioning services');

function officialClient({ endpoints }: TestEmulator): IotDpsClient {
  const credential = {
    getToken: async () => ({ token: endpoints.armToken, expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  const client = new IotDpsClient(credential, endpoints.subscriptionId, { endpoint: endpoints.armEndpoint });
  const agent = new Agent({ ca: readFileSync(endpoints.caFile) });
  client.pipeline.addPolicy({
    name: 'trustTheEmulator',
    sendRequest(request, next) {
      request.agent = agent;
      return next(request);
    },
  });
  return client;
}

test.before(async (context) => {
  context.emulator = await startTestEmulator({ hubs: ['hub-a', 'hub-b'] });
  context.arm = officialClient(context.emulator);
  context.group = context.emulator.endpoints.resourceGroup;
});
test.after(({ emulator }) => emulator.stop());

const body = (more: Partial<ProvisioningServiceDescription['properties']> = {}) => ({
  location: 'westeurope',
  sku: { name: 'S1', capacity: 1 },
  properties: more,
});

async function names(pages: AsyncIterable<ProvisioningServiceDescription>): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of pages) found.push(name!);
  return found;
}

async function statusOf(promise: Promise<unknown>): Promise<number | undefined> {
  return promise.then(
    () => 200,
    (error: { statusCode?: number }) => error.statusCode,
  );
}

test('a service is made, found, changed and deleted by the official client', async ({
  emulator,
  arm,
  group,
}) => {
  const { hubs, dpsName } = emulator.endpoints;
  const free = await arm.iotDpsResource.checkProvisioningServiceNameAvailability({ name: 'made-by-arm' });
  assert.equal(free.nameAvailable, true);
  const hub = { connectionString: hubs[1]!.serviceConnectionString, location: 'westeurope' };
  const made = await arm.iotDpsResource.beginCreateOrUpdateAndWait(
    group,
    'made-by-arm',
    body({ allocationPolicy: 'Static', iotHubs: [hub] }),
    { updateIntervalInMs: 10 },
  );
  assert.equal(made.properties.provisioningState, 'Succeeded');
  assert.equal(made.properties.state, 'Active');
  assert.equal(made.properties.allocationPolicy, 'Static');
  assert.match(made.properties.idScope!, /^0ne[0-9A-F]{8}$/);
  assert.notEqual(made.properties.idScope, emulator.endpoints.idScope);
  assert.deepEqual(
    made.properties.iotHubs!.map(({ name }) => name),
    [hubs[1]!.hostName],
  );
  assert.match(made.properties.iotHubs![0]!.connectionString, /SharedAccessKey=\*\*\*\*$/);
  const taken = await arm.iotDpsResource.checkProvisioningServiceNameAvailability({ name: 'MADE-BY-ARM' });
  assert.deepEqual([taken.nameAvailable, taken.reason], [false, 'AlreadyExists']);
  const bad = await arm.iotDpsResource.checkProvisioningServiceNameAvailability({ name: 'a_b' });
  assert.deepEqual([bad.nameAvailable, bad.reason], [false, 'Invalid']);

  assert.deepEqual(await names(arm.iotDpsResource.listByResourceGroup(group)), [dpsName, 'made-by-arm']);
  assert.deepEqual(await names(arm.iotDpsResource.listBySubscription()), [dpsName, 'made-by-arm']);
  const skus = arm.iotDpsResource.listValidSkus('made-by-arm', group);
  assert.equal((await skus.next()).value.name, 'S1');

  // What was read, its key masked, is put back with another hub beside it.
  const read = await arm.iotDpsResource.get('made-by-arm', group);
  const added = {
    connectionString: hubs[0]!.serviceConnectionString,
    location: 'local',
    allocationWeight: 7,
  };
  const changed = await arm.iotDpsResource.beginCreateOrUpdateAndWait(
    group,
    'made-by-arm',
    { ...read, properties: { ...read.properties, iotHubs: [...read.properties.iotHubs!, added] } },
    { updateIntervalInMs: 10 },
  );
  const weights = changed.properties.iotHubs!.map(({ name, allocationWeight }) => [name, allocationWeight]);
  assert.deepEqual(
    weights,
    [
      [hubs[1]!.hostName, undefined],
      [hubs[0]!.hostName, 7],
    ],
    'in the order in which they were linked',
  );
  assert.equal(changed.properties.idScope, made.properties.idScope);
  assert.notEqual(changed.etag, made.etag);
  const tagged = await arm.iotDpsResource.beginUpdateAndWait(group, 'made-by-arm', { tags: { env: 'test' } });
  assert.deepEqual(tagged.tags, { env: 'test' });

  await arm.iotDpsResource.beginDeleteAndWait('made-by-arm', group, { updateIntervalInMs: 10 });
  assert.equal(await statusOf(arm.iotDpsResource.get('made-by-arm', group)), 404);
  assert.deepEqual(await names(arm.iotDpsResource.listBySubscription()), [dpsName]);
  await arm.iotDpsResource.beginDeleteAndWait('made-by-arm', group, { updateIntervalInMs: 10 });
});

test('a service that was made can be dialled at once, and its devices go to the hubs that it links', async ({
  emulator,
  arm,
  group,
}) => {
  const { hubs } = emulator.endpoints;
  const made = await arm.iotDpsResource.beginCreateOrUpdateAndWait(group, 'dialled', body(), {
    updateIntervalInMs: 10,
  });
  const keys = arm.iotDpsResource.listKeys('dialled', group);
  const owner = (await keys.next()).value;
  const hostName = made.properties.serviceOperationsHostName!;
  const idScope = made.properties.idScope!;
  const service = clientOf({
    ...emulator.endpoints,
    idScope,
    dpsName: 'dialled',
    armEndpoint: `https://${hostName}`,
    serviceConnectionString: `HostName=${hostName};SharedAccessKeyName=${owner.keyName};SharedAccessKey=${owner.primaryKey}`,
  });
  const root = await make('root', 'Root of dialled');
  await service.verifiedCa('root', root);
  const group1 = {
    enrollmentGroupId: 'g',
    attestation: { type: 'x509', x509: { caReferences: { primary: 'root' } } },
  };
  assert.equal((await service.service('PUT', '/enrollmentGroups/g', group1)).status, 200);

  const leaf = await make('device', 'dialling', root);
  const none = await service.register('dialling', [leaf, root]);
  assert.equal(none.body.status, 'failed', 'no hub is linked');
  assert.equal(none.body.registrationState.errorCode, 400208);
  const refused = { ...group1, enrollmentGroupId: 'h', iotHubs: [hubs[0]!.hostName] };
  assert.equal((await service.service('PUT', '/enrollmentGroups/h', refused)).status, 400);

  const link = { connectionString: hubs[1]!.serviceConnectionString, location: 'local' };
  await arm.iotDpsResource.beginCreateOrUpdateAndWait(group, 'dialled', body({ iotHubs: [link] }), {
    updateIntervalInMs: 10,
  });
  const assigned = await service.register('dialling', [leaf, root]);
  assert.equal(
    assigned.body.registrationState?.assignedHub,
    hubs[1]!.hostName,
    JSON.stringify(assigned.body),
  );
  await arm.iotDpsResource.beginDeleteAndWait('dialled', group, { updateIntervalInMs: 10 });
  assert.equal((await service.register('dialling', [leaf, root])).status, 401, 'its ID scope is gone');
});

test('policies are replaced by a change, and their rights count', async ({ emulator, arm, group }) => {
  const { dpsName } = emulator.endpoints;
  const before = await arm.iotDpsResource.get(dpsName, group);
  const keys = [];
  for await (const key of arm.iotDpsResource.listKeys(dpsName, group)) keys.push(key);
  const reader = { keyName: 'reader', rights: 'EnrollmentRead, RegistrationStatusRead' };
  await arm.iotDpsResource.beginCreateOrUpdateAndWait(
    group,
    dpsName,
    {
      ...before,
      properties: { ...before.properties, authorizationPolicies: [...keys, reader] as typeof keys },
    },
    { updateIntervalInMs: 10 },
  );
  const made = await arm.iotDpsResource.listKeysForKeyName(dpsName, 'reader', group);
  assert.equal(made.rights, 'EnrollmentRead, RegistrationStatusRead');
  const as = clientOf({
    ...emulator.endpoints,
    serviceConnectionString: `HostName=${before.properties.serviceOperationsHostName};SharedAccessKeyName=reader;SharedAccessKey=${made.primaryKey}`,
  });
  assert.equal((await as.service('POST', '/enrollments/query', { query: '*' })).status, 200);
  const write = await as.service('DELETE', '/enrollments/none');
  assert.equal(write.status, 401);
  assert.equal(write.body.errorCode, 401000);
  assert.equal(
    (await emulator.service('DELETE', '/enrollments/none')).status,
    404,
    'the owner keeps its key',
  );
});

test('what makes no sense is refused, and changes nothing', async ({ emulator, group }) => {
  const { subscriptionId, armToken, hubs } = emulator.endpoints;
  const base = `/subscriptions/${subscriptionId}/resourceGroups`;
  const put = (name: string, sent: unknown, headers = {}, inGroup = group) =>
    emulator.call({
      method: 'PUT',
      path: `${base}/${inGroup}/providers/Microsoft.Devices/provisioningServices/${name}?api-version=2022-02-05`,
      body: sent,
      headers: { authorization: `Bearer ${armToken}`, ...headers },
    });
  const wrongKey = hubs[0]!.serviceConnectionString.replace(
    /SharedAccessKey=.{8}/,
    'SharedAccessKey=AAAAAAAA',
  );
  const cases: [string, unknown, number, RegExp][] = [
    ['a_b', body(), 400, /alphanumeric and hyphen/],
    ['new-one', undefined, 400, /not valid/],
    ['new-one', { ...body(), location: undefined }, 400, /location/],
    ['new-one', { ...body(), sku: { name: 'F1' } }, 400, /sku/],
    ['new-one', body({ allocationPolicy: 'Custom' }), 400, /allocationPolicy/],
    [
      'new-one',
      body({ iotHubs: [{ connectionString: 'x', location: 'l' }] }),
      400,
      /connectionString is none/,
    ],
    ['new-one', body({ iotHubs: [{ connectionString: wrongKey, location: 'l' }] }), 400, /key that is not/],
    [
      'new-one',
      body({
        iotHubs: [
          {
            connectionString: wrongKey.replace(/HostName=[^;]+/, 'HostName=nobody.azure-devices.net'),
            location: 'l',
          },
        ],
      }),
      400,
      /hub-a, hub-b/,
    ],
    [
      'new-one',
      body({ authorizationPolicies: [{ keyName: 'p', rights: 'Everything' as 'ServiceConfig' }] }),
      400,
      /access right/,
    ],
    [emulator.endpoints.dpsName, { ...body(), location: 'elsewhere' }, 409, /cannot move/],
  ];
  for (const [name, sent, status, message] of cases) {
    const answer = await put(name, sent);
    assert.equal(answer.status, status, `${JSON.stringify(sent)} ${JSON.stringify(answer.body)}`);
    assert.match((answer.body.error ?? answer.body).message, message);
  }
  assert.equal((await put('new-one', body(), {}, 'no-such-group')).body.error.code, 'ResourceGroupNotFound');
  const stale = await put(emulator.endpoints.dpsName, { ...body(), location: 'local' }, { 'if-match': 'x' });
  assert.equal(stale.status, 412);
  const gone = await emulator.arm('GET', '/operationresults/none?asyncinfo=true');
  assert.equal(gone.status, 404);
});

test('subscriptions and resource groups are there as far as clients look them up', async ({
  emulator,
  group,
}) => {
  const { subscriptionId, armToken } = emulator.endpoints;
  const ask = (method: string, path: string, sent?: unknown, version = '2019-11-01') =>
    emulator.call({
      method,
      path: `${path}?api-version=${version}`,
      body: sent,
      headers: { authorization: `Bearer ${armToken}` },
    });
  const all = await ask('GET', '/subscriptions');
  assert.deepEqual(
    all.body.value.map((one: { subscriptionId: string }) => one.subscriptionId),
    [subscriptionId],
  );
  const base = `/subscriptions/${subscriptionId}`;
  assert.equal((await ask('GET', base)).body.state, 'Enabled');
  assert.equal((await ask('GET', `${base}/resourcegroups/${group.toUpperCase()}`)).body.name, group);
  assert.equal((await ask('GET', `${base}/resourceGroups/other`)).status, 404);
  const made = await ask('PUT', `${base}/resourcegroups/other`, { location: 'westeurope' }, '2021-04-01');
  assert.equal(made.status, 201);
  assert.equal((await ask('GET', `${base}/resourceGroups`)).body.value.length, 2);
  assert.equal((await ask('GET', base, undefined, '1999-01-01')).status, 400);
  const anonymous = await emulator.call({ path: '/subscriptions?api-version=2019-11-01' });
  assert.equal(anonymous.status, 401);
});

test('an emulator whose services were all deleted is still found, and has one again after a restart', () =>
  inTemporaryFolder(async (dir) => {
    const { runningEmulator } = await import('../../src/emulator/start.js');
    const emulator = await startTestEmulator({ dir });
    assert.equal((await emulator.arm('DELETE', '')).status, 202);
    assert.equal((await emulator.arm('GET', '')).status, 404);
    assert.equal((await emulator.service('GET', '/enrollments/x')).status, 401);
    assert.ok(await runningEmulator(dir));
    await emulator.stop();
    const again = await startTestEmulator({ dir });
    try {
      assert.notEqual(again.endpoints.idScope, emulator.endpoints.idScope);
      assert.equal((await again.arm('GET', '')).body.properties.iotHubs.length, 1);
    } finally {
      await again.stop();
    }
  }));

test.run();
