/** How many of each thing there may be, when quotas are asked for. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { documentedLimits } from '../../src/emulator/dps/quotas.js';
import { make } from '../support/chains.js';
import { type Answer, base64, groupBody, startTestEmulator, type TestEmulator } from './support.js';

const few = {
  services: 3,
  linkedHubs: 1,
  certificates: 2,
  x509EnrollmentGroups: 2,
  symmetricKeyEnrollmentGroups: 1,
  individualEnrollments: 2,
};

const byKey = { attestation: { type: 'symmetricKey' } };
const keyGroup = (enrollmentGroupId: string) => ({ enrollmentGroupId, ...byKey });
const individual = (registrationId: string) => ({ registrationId, ...byKey });
const anyVersion = { 'if-match': '*' };

function assertFull(answer: Answer, message: RegExp): void {
  assert.equal(answer.status, 429, JSON.stringify(answer.body));
  assert.equal(answer.body.errorCode, 429001);
  assert.match(answer.body.message, message);
  assert.equal(answer.headers['retry-after'], undefined, 'waiting makes no room');
}

async function withQuotas(
  quotas: boolean | Partial<typeof documentedLimits>,
  act: (emulator: TestEmulator) => Promise<void>,
): Promise<void> {
  const emulator = await startTestEmulator({ quotas, hubs: ['hub-a', 'hub-b'] });
  try {
    await act(emulator);
  } finally {
    await emulator.stop();
  }
}

test('the documented numbers', () => {
  const { services, linkedHubs, certificates } = documentedLimits;
  assert.deepEqual([services, linkedHubs, certificates], [10, 50, 25]);
  const { x509EnrollmentGroups, symmetricKeyEnrollmentGroups, individualEnrollments } = documentedLimits;
  assert.deepEqual([x509EnrollmentGroups, symmetricKeyEnrollmentGroups], [100, 100]);
  assert.equal(individualEnrollments, 1_000_000);
  assert.equal(documentedLimits.registrations, 1_000_000);
});

test('enrollment groups are counted by attestation; a change of one that is there is none more', () =>
  withQuotas(few, async ({ service }) => {
    const root = await make('root', 'Root');
    const put = (id: string, body: unknown, headers = {}) =>
      service('PUT', `/enrollmentGroups/${id}`, body, headers);
    for (const id of ['x-1', 'x-2']) {
      assert.equal((await put(id, groupBody(id, { certificate: root.pem }))).status, 200);
    }
    assertFull(await put('x-3', groupBody('x-3', { certificate: root.pem })), /at most 2 .*X\.509/);
    assert.equal((await put('k-1', keyGroup('k-1'))).status, 200);
    assertFull(await put('k-2', keyGroup('k-2')), /at most 1 .*symmetric/);
    assert.equal((await put('X-1', groupBody('x-1', { certificate: root.pem }), anyVersion)).status, 200);
    assertFull(await put('x-1', keyGroup('x-1'), anyVersion), /symmetric/);
    const bulk = await service('POST', '/enrollmentGroups', {
      mode: 'create',
      enrollmentGroups: [groupBody('x-3', { certificate: root.pem })],
    });
    assert.equal(bulk.body.isSuccessful, false);
    assert.equal(bulk.body.errors[0].errorCode, 429001);
    await service('DELETE', '/enrollmentGroups/x-2');
    assert.equal((await put('x-3', groupBody('x-3', { certificate: root.pem }))).status, 200);
    assert.equal((await service('GET', '/enrollmentGroups/k-2')).status, 404);
  }));

test('individual enrollments are counted through create, bulk, change and delete', () =>
  withQuotas(few, async (emulator) => {
    const { service } = emulator;
    const put = (id: string, headers = {}) => service('PUT', `/enrollments/${id}`, individual(id), headers);
    assert.equal((await put('a')).status, 200);
    const bulk = await service('POST', '/enrollments', {
      mode: 'create',
      enrollments: ['b', 'c'].map(individual),
    });
    assert.deepEqual(
      bulk.body.errors.map((error: any) => [error.registrationId, error.errorCode]),
      [['c', 429001]],
    );
    assertFull(await put('c'), /at most 2 individual enrollments/);
    assert.equal((await put('B', anyVersion)).status, 200);
    assertFull(await put('c'), /at most 2/);
    assert.equal((await service('DELETE', '/enrollments/missing')).status, 404);
    assertFull(await put('c'), /at most 2/);
    assert.equal((await service('DELETE', '/enrollments/A')).status, 204);
    assert.equal((await put('c')).status, 200);
    assertFull(await put('d'), /at most 2/);
    await emulator.reset();
    assert.equal((await put('d')).status, 200);
  }));

test('certificates, linked hubs and services are refused as Azure Resource Manager refuses', () =>
  withQuotas(few, async ({ endpoints, arm, call }) => {
    const root = await make('root', 'Root');
    const properties = { certificate: base64(root.pem) };
    const upload = (name: string, headers = {}) =>
      arm('PUT', `/certificates/${name}`, { properties }, headers);
    const first = await upload('one');
    assert.equal((await upload('two')).status, 200);
    const refused = await upload('three');
    assert.equal(refused.status, 400);
    assert.equal(refused.body.code, 400019);
    assert.match(refused.body.message, /certificates exceeded, Max Allowed = 2/);
    assert.equal((await upload('ONE', { 'if-match': first.body.etag })).status, 200);
    assert.equal((await arm('GET', '/certificates')).body.value.length, 2);

    const read = (await arm('GET', '')).body;
    assert.equal(read.properties.iotHubs.length, 2, 'what the emulator was started with');
    const tooMany = await arm('PUT', '', read);
    assert.equal(tooMany.status, 400);
    assert.match(tooMany.body.message, /linked IoT hubs exceeded, Max Allowed = 1/);
    const iotHubs = read.properties.iotHubs.slice(0, 1);
    const fewer = await arm('PUT', '', { ...read, properties: { ...read.properties, iotHubs } });
    assert.equal(fewer.status, 201, JSON.stringify(fewer.body));

    const make2 = (name: string) =>
      call({
        method: 'PUT',
        path: `/subscriptions/${endpoints.subscriptionId}/resourceGroups/${endpoints.resourceGroup}/providers/Microsoft.Devices/provisioningServices/${name}?api-version=2022-02-05`,
        body: { location: 'local', sku: { name: 'S1' }, properties: {} },
        headers: { authorization: `Bearer ${endpoints.armToken}` },
      });
    assert.equal((await make2('second-dps')).status, 201);
    assert.equal((await make2('third-dps')).status, 201);
    const fourth = await make2('fourth-dps');
    assert.equal(fourth.status, 400);
    assert.match(
      fourth.body.message,
      new RegExp(`Max Allowed = 3, Current = 3.*${endpoints.subscriptionId}`),
    );
    assert.equal((await make2('third-dps')).status, 201, 'it is there');
  }));

test('with the documented quotas the 26th certificate is refused, without any it is not', async () => {
  const root = await make('root', 'Root');
  const properties = { certificate: base64(root.pem) };
  for (const quotas of [true, false]) {
    await withQuotas(quotas, async ({ arm }) => {
      for (let count = 0; count < 25; count += 1) {
        assert.equal((await arm('PUT', `/certificates/ca-${count}`, { properties })).status, 200);
      }
      assert.equal((await arm('PUT', '/certificates/ca-25', { properties })).status, quotas ? 400 : 200);
    });
  }
});

test('what a seed has is there, whatever the quotas; more is refused', async () => {
  const emulator = await startTestEmulator({
    quotas: few,
    seed: { enrollments: ['a', 'b', 'c'].map((id) => individual(id) as never) },
  });
  try {
    assertFull(await emulator.service('PUT', '/enrollments/d', individual('d')), /at most 2/);
    const listed = await emulator.service('POST', '/enrollments/query', { query: '*' });
    assert.equal(listed.body.length, 3);
  } finally {
    await emulator.stop();
  }
});

test('registered devices are counted; one that registers again is none more, one that is deleted makes room', () =>
  withQuotas({ registrations: 2 }, async ({ service, verifiedCa, register }) => {
    const root = await make('root', 'Root');
    await verifiedCa('root', root);
    await service('PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' }));
    const chainOf = async (id: string) => [await make('device', id, root), root];
    const first = await chainOf('d-1');
    assert.equal((await register('d-1', first)).body.status, 'assigned');
    assert.equal((await register('d-2', await chainOf('d-2'))).body.status, 'assigned');
    const third = await chainOf('d-3');
    assertFull(await register('d-3', third), /at most 2 registrations/);
    assert.equal((await register('d-1', first)).body.status, 'assigned');
    assert.equal((await service('DELETE', '/registrations/d-2')).status, 204);
    assert.equal((await register('d-3', third)).body.status, 'assigned');
    assertFull(await register('d-2', await chainOf('d-2')), /at most 2 registrations/);
  }));

test.run();
