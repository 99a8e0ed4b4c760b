import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { type Made, make } from '../support/chains.js';
import { groupBody, startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator; leaf: Made }>('bulk operations');

const recorded = JSON.parse(
  readFileSync(new URL('../data/azure/service-plane.json', import.meta.url), 'utf8'),
);

test.before(async (context) => {
  context.emulator = await startTestEmulator();
  const root = await make('root', 'Root');
  context.leaf = await make('device', 'leaf');
  await context.emulator.verifiedCa('root', root);
});
test.after(({ emulator }) => emulator.stop());

function individual(registrationId: string, leaf: Made, more: Record<string, unknown> = {}) {
  const x509 = { clientCertificates: { primary: { certificate: leaf.pem } } };
  return { registrationId, attestation: { type: 'x509', x509 }, ...more };
}

test('creates, changes and deletes individual enrollments, each by itself', async ({ emulator, leaf }) => {
  const bulk = async (mode: string, enrollments: unknown[]) => {
    const answer = await emulator.service('POST', '/enrollments/', { mode, enrollments });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  };
  const get = async (id: string) => (await emulator.service('GET', `/enrollments/${id}`)).body;
  const all = [individual('bulk-1', leaf), individual('bulk-2', leaf)];
  assert.deepEqual(await bulk('create', all), { isSuccessful: true, errors: [] });

  const again = await bulk('create', [...all, individual('bulk-3', leaf), individual('-bad', leaf), null]);
  assert.equal(again.isSuccessful, false);
  assert.deepEqual(
    again.errors.map((error: { registrationId: string; errorCode: number }) => [
      error.registrationId,
      error.errorCode,
    ]),
    [
      ['bulk-1', 409201],
      ['bulk-2', 409201],
      ['-bad', 400004],
      ['', 400004],
    ],
  );
  assert.match(again.errors[0].errorStatus, /already exists/);
  const created = await get('bulk-3');
  assert.equal(created.provisioningStatus, undefined);

  const disabled = { ...created, provisioningStatus: 'disabled', etag: 'wrong' };
  const stale = await bulk('updateIfMatchETag', [disabled]);
  assert.equal(stale.errors[0].errorCode, 412001);
  assert.equal((await bulk('updateIfMatchETag', [{ ...disabled, etag: created.etag }])).isSuccessful, true);
  assert.equal((await get('bulk-3')).provisioningStatus, 'disabled');
  assert.equal((await bulk('update', [individual('bulk-3', leaf)])).errors[0].errorCode, 409201);
  assert.equal((await get('bulk-3')).provisioningStatus, 'disabled');
  assert.equal((await bulk('update', [individual('absent', leaf)])).errors[0].errorCode, 404201);

  const deleted = await bulk('delete', [{ registrationId: 'BULK-1' }, ...all]);
  assert.deepEqual(
    deleted.errors.map((error: { registrationId: string }) => error.registrationId),
    ['bulk-1'],
  );
  assert.equal((await get('bulk-2')).errorCode, 404201);
});

test('does the same for enrollment groups', async ({ emulator }) => {
  const bulk = (mode: string, enrollmentGroups: unknown[]) =>
    emulator.service('POST', '/enrollmentGroups', { mode, enrollmentGroups });
  const body = groupBody('bulk-group', { reference: 'root' });
  assert.deepEqual((await bulk('create', [body])).body, { isSuccessful: true, errors: [] });
  const [error] = (await bulk('create', [body])).body.errors;
  assert.deepEqual([error.enrollmentGroupId, error.errorCode], ['bulk-group', 409202]);
  assert.equal((await bulk('delete', [{ enrollmentGroupId: 'bulk-group' }])).body.isSuccessful, true);
  assert.equal((await emulator.service('GET', '/enrollmentGroups/bulk-group')).status, 404);
  const [gone] = (await bulk('delete', [{ enrollmentGroupId: 'bulk-group' }])).body.errors;
  assert.equal(gone.errorCode, 404204);
});

for (const [field, path, subject, bodyOf] of [
  ['enrollments', '/enrollments', 'registrationId', (leaf: Made) => individual('id', leaf)],
  [
    'enrollmentGroups',
    '/enrollmentGroups',
    'enrollmentGroupId',
    () => groupBody('id', { reference: 'root' }),
  ],
] as const) {
  test(`${field}: create, update without an etag and delete are answered as recorded`, async ({
    emulator,
    leaf,
  }) => {
    const bulk = (mode: string) => emulator.service('POST', path, { [field]: [bodyOf(leaf)], mode });
    for (const [mode, { status, body }] of [
      ['create', recorded.bulk.create],
      ['update', recorded.bulk.updateOfExistingWithoutEtag[field]],
      ['create', recorded.bulk.updateOfExistingWithoutEtag[field]],
      ['delete', recorded.bulk.deleteWithoutEtag],
    ]) {
      const answer = await bulk(mode);
      assert.deepEqual([answer.status, answer.body], [status, body], mode);
      assert.equal(answer.headers['content-type'], recorded.headers['content-type']);
    }
  });

  test(`${field}: an etag decides in every mode but create`, async ({ emulator, leaf }) => {
    const body = bodyOf(leaf);
    const read = async () => (await emulator.service('GET', `${path}/id`)).body;
    const bulk = async (mode: string, more: Record<string, unknown> = {}): Promise<number | undefined> => {
      const answer = await emulator.service('POST', path, { [field]: [{ ...body, ...more }], mode });
      assert.equal(answer.status, 200);
      assert.equal(answer.body.isSuccessful, answer.body.errors.length === 0);
      for (const error of answer.body.errors) assert.equal(error[subject], 'id');
      return answer.body.errors[0]?.errorCode;
    };
    assert.equal(await bulk('create'), undefined);
    const { etag } = await read();
    const change = { provisioningStatus: 'disabled' };
    const exists = recorded.bulk.updateOfExistingWithoutEtag[field].body.errors[0].errorCode;
    assert.equal(await bulk('update', change), exists);
    assert.equal(await bulk('update', { ...change, etag: null }), exists);
    assert.equal(await bulk('update', { ...change, etag: 'stale' }), 412001);
    assert.equal(await bulk('updateIfMatchETag', change), 412001);
    assert.equal(await bulk('updateIfMatchETag', { ...change, etag: 'stale' }), 412001);
    assert.equal(await bulk('create', { ...change, etag }), exists);
    assert.equal(await bulk('delete', { etag: 'stale' }), 412001);
    assert.equal((await read()).provisioningStatus, undefined, 'nothing was changed');
    assert.equal((await read()).etag, etag);

    assert.equal(await bulk('updateIfMatchETag', { ...change, etag }), undefined);
    const updated = await read();
    assert.equal(updated.provisioningStatus, 'disabled');
    assert.notEqual(updated.etag, etag);
    assert.equal(await bulk('update', { etag: updated.etag }), undefined);
    assert.equal((await read()).provisioningStatus, undefined);
    assert.equal(await bulk('updateIfMatchETag', { ...change, etag: '*' }), undefined);
    assert.equal(await bulk('delete', { etag: (await read()).etag }), undefined);
    for (const mode of ['update', 'updateIfMatchETag', 'delete']) {
      assert.equal(await bulk(mode, { etag }), field === 'enrollments' ? 404201 : 404204, mode);
    }
  });
}

test('enrollment groups have numbers of their own, one by one as well as in bulk', async ({ emulator }) => {
  const path = '/enrollmentGroups/numbers';
  for (const [method, more] of [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/attestationmechanism'],
  ] as const) {
    const { status, body } = await emulator.service(method, `${path}${more}`);
    assert.deepEqual([status, body.errorCode], [404, 404204], method);
  }
  const unknown = await emulator.service('POST', '/registrations/numbers/query');
  assert.deepEqual([unknown.status, unknown.body.errorCode], [404, 404204]);
  const body = groupBody('numbers', { reference: 'root' });
  assert.equal((await emulator.service('PUT', path, body)).status, 200);
  const again = await emulator.service('PUT', path, body);
  assert.deepEqual([again.status, again.body.errorCode], [409, 409202]);
});

test('refuses a request that is none', async ({ emulator, leaf }) => {
  const enrollments = Array.from({ length: 11 }, (_, index) => individual(`many-${index}`, leaf));
  const bodies: [unknown, RegExp][] = [
    [undefined, /mode/],
    [{ mode: 'upsert', enrollments: [] }, /create, update, updateIfMatchETag, delete/],
    [{ mode: 'create' }, /enrollments/],
    [{ mode: 'create', enrollments: [] }, /1 to 10/],
    [{ mode: 'create', enrollments }, /1 to 10/],
  ];
  for (const [body, message] of bodies) {
    const answer = await emulator.service('POST', '/enrollments', body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.match(answer.body.message, message);
  }
  assert.equal((await emulator.service('GET', '/enrollments/many-0')).status, 404);
});

test('tells the attestation mechanism of either kind', async ({ emulator, leaf }) => {
  await emulator.service('PUT', '/enrollments/told', individual('told', leaf));
  const { body } = await emulator.service('POST', '/enrollments/told/attestationmechanism');
  assert.equal(body.type, 'x509');
  assert.equal(body.x509.clientCertificates.primary.info.subjectName, 'CN=leaf');
  await emulator.service('PUT', '/enrollmentGroups/told', groupBody('told', { reference: 'root' }));
  const ofGroup = await emulator.service('POST', '/enrollmentgroups/told/attestationmechanism');
  assert.deepEqual(ofGroup.body.x509, { caReferences: { primary: 'root' } });
  const unknown = await emulator.service('POST', '/enrollments/unknown/attestationmechanism');
  assert.equal(unknown.body.errorCode, 404201);
});

test.run();
