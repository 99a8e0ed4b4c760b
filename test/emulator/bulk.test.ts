import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { type Made, make } from '../support/chains.js';
import { groupBody, startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator; leaf: Made }>('bulk operations');

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
  assert.equal(created.provisioningStatus, 'enabled');

  const disabled = { ...created, provisioningStatus: 'disabled', etag: 'wrong' };
  const stale = await bulk('updateIfMatchETag', [disabled]);
  assert.equal(stale.errors[0].errorCode, 412001);
  assert.equal((await bulk('updateIfMatchETag', [{ ...disabled, etag: created.etag }])).isSuccessful, true);
  assert.equal((await get('bulk-3')).provisioningStatus, 'disabled');
  assert.equal((await bulk('update', [individual('bulk-3', leaf)])).isSuccessful, true);
  assert.equal((await get('bulk-3')).provisioningStatus, 'enabled');
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
  assert.equal(error.enrollmentGroupId, 'bulk-group');
  assert.equal((await bulk('delete', [{ enrollmentGroupId: 'bulk-group' }])).body.isSuccessful, true);
  assert.equal((await emulator.service('GET', '/enrollmentGroups/bulk-group')).status, 404);
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
  assert.deepEqual(ofGroup.body.x509, { caReferences: { primary: 'root', secondary: null } });
  const unknown = await emulator.service('POST', '/enrollments/unknown/attestationmechanism');
  assert.equal(unknown.body.errorCode, 404201);
});

test.run();
