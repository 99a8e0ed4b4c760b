import assert from 'node:assert/strict';
import { join } from 'node:path';
import Database from 'libsql';
import { suite } from 'uvu';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { type Made, make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { base64, groupBody, startTestEmulator, type TestEmulator } from './support.js';

const test = suite<{ emulator: TestEmulator; root: Made }>('service plane');

test.before(async (context) => {
  context.emulator = await startTestEmulator();
  context.root = await make('root', 'Root');
  await context.emulator.verifiedCa('root', context.root);
});
test.after(({ emulator }) => emulator.stop());

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

test('checks shared access signatures for real', async ({ emulator }) => {
  const {
    hostName,
    sharedAccessKeyName: owner,
    sharedAccessKey: key,
  } = parseConnectionString(emulator.endpoints.serviceConnectionString);
  const keys = await emulator.arm('POST', '/listkeys');
  const query = async (authorization?: string) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    return emulator.call({
      method: 'POST',
      path: '/enrollmentGroups/query?api-version=2021-10-01',
      body: { query: '*' },
      headers,
    });
  };
  const good = createSasToken(hostName, owner, key, inAnHour());
  const accepted = {
    good,
    'host without port': createSasToken('localhost', owner, key, inAnHour()),
    'a path above': createSasToken(`${hostName}/enrollmentgroups`, owner, key, inAnHour()),
    'fields in another order': `SharedAccessSignature ${good.split(' ')[1]!.split('&').reverse().join('&')}`,
    'the secondary key': createSasToken(hostName, owner, keys.body.value[0].secondaryKey, inAnHour()),
    'the bearer token': `Bearer ${emulator.endpoints.armToken}`,
  };
  for (const [what, token] of Object.entries(accepted)) assert.equal((await query(token)).status, 200, what);
  const refused = {
    none: undefined,
    expired: createSasToken(hostName, owner, key, Math.floor(Date.now() / 1000) - 1),
    'a later expiry written in': good.replace(/se=\d+/, `se=${inAnHour() + 3600}`),
    'a changed signature': good.replace(/sig=./, (text) => `sig=${text.at(-1) === 'A' ? 'B' : 'A'}`),
    'another key': createSasToken(hostName, owner, base64('x'.repeat(32)), inAnHour()),
    'an unknown policy': createSasToken(hostName, 'nobody', key, inAnHour()),
    'another host': createSasToken('other.azure-devices-provisioning.net', owner, key, inAnHour()),
    'another path': createSasToken(`${hostName}/registrations`, owner, key, inAnHour()),
    'half a segment': createSasToken(`${hostName}/enrollment`, owner, key, inAnHour()),
    'not a token': 'SharedAccessSignature nonsense',
    'another scheme': `Basic ${base64('a:b')}`,
    'another bearer token': 'Bearer eyJhbGciOiJub25lIn0.e30.',
  };
  for (const [what, token] of Object.entries(refused)) {
    const answer = await query(token);
    assert.equal(answer.status, 401, what);
    assert.equal(answer.body.errorCode, 401000, what);
  }
});

test('gives a policy its rights and no others', async () => {
  await inTemporaryFolder(async (dir) => {
    await (await startTestEmulator({ dir })).stop();
    const key = base64('a key of thirty-two octets, no more');
    const state = new Database(join(dir, 'emulator', 'state.db'));
    state.exec(
      `INSERT INTO policy VALUES ('dps', 'reader', '${key}', '${key}', 'EnrollmentRead, ServiceConfig', 1)`,
    );
    state.close();
    const emulator = await startTestEmulator({ dir });
    try {
      const authorization = createSasToken('localhost', 'reader', key, inAnHour());
      const status = async (method: string, path: string, body?: unknown) =>
        (await emulator.service(method, path, body, { authorization })).status;
      assert.equal(await status('POST', '/enrollmentGroups/query', { query: '*' }), 200);
      assert.equal(await status('GET', '/enrollmentGroups/g'), 404);
      assert.equal(await status('PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' })), 401);
      assert.match(emulator.events.at(-1)!.reason!, /reader lacks the right EnrollmentWrite/);
      assert.equal(await status('DELETE', '/enrollmentGroups/g'), 401);
      assert.equal(await status('GET', '/registrations/r'), 401);
      assert.equal(await status('DELETE', '/registrations/r'), 401);
      assert.equal(await status('POST', '/registrations/g/query'), 401);
    } finally {
      await emulator.stop();
    }
  });
});

test('creates, reads, changes and deletes a group by the rules of etags', async ({ emulator }) => {
  const path = '/enrollmentGroups/factory-7';
  const body = groupBody(
    'factory-7',
    { reference: 'ROOT' },
    {
      allocationPolicy: 'static',
      iotHubs: [emulator.endpoints.hubHostName],
      capabilities: { iotEdge: true },
      initialTwin: { tags: { site: 'A' }, properties: { desired: { interval: 30 } } },
    },
  );
  const created = await emulator.service('PUT', path, body);
  assert.equal(created.status, 200, JSON.stringify(created.body));
  assert.deepEqual(created.body.attestation, {
    type: 'x509',
    x509: { caReferences: { primary: 'root' } },
  });
  assert.deepEqual(created.body.iotHubs, [emulator.endpoints.hubHostName]);
  assert.deepEqual(created.body.initialTwin, body.initialTwin);
  assert.equal(created.body.provisioningStatus, undefined);
  assert.equal(created.body.reprovisionPolicy, undefined, 'what is left out is not filled in');
  assert.deepEqual((await emulator.service('GET', '/ENROLLMENTGROUPS/Factory-7/')).body, created.body);

  assert.equal((await emulator.service('PUT', path, body)).status, 409);
  const changed = { ...created.body, provisioningStatus: 'disabled' };
  assert.equal((await emulator.service('PUT', path, changed, { 'if-match': 'wrong' })).status, 412);
  const updated = await emulator.service('PUT', path, changed, { 'if-match': created.body.etag });
  assert.equal(updated.status, 200);
  assert.equal(updated.body.provisioningStatus, 'disabled');
  assert.notEqual(updated.body.etag, created.body.etag);
  assert.equal(updated.body.createdDateTimeUtc, created.body.createdDateTimeUtc);
  assert.equal((await emulator.service('PUT', path, body, { 'if-match': created.body.etag })).status, 412);
  assert.equal((await emulator.service('PUT', path, body, { 'if-match': '*' })).status, 200);
  const absent = groupBody('absent', { reference: 'root' });
  assert.equal(
    (await emulator.service('PUT', '/enrollmentGroups/absent', absent, { 'if-match': '*' })).status,
    412,
  );

  assert.equal((await emulator.service('DELETE', path, undefined, { 'if-match': 'wrong' })).status, 412);
  const deleted = await emulator.service('DELETE', path);
  assert.equal(deleted.status, 204);
  assert.equal(deleted.body, undefined);
  assert.equal((await emulator.service('GET', path)).status, 404);
  assert.equal((await emulator.service('DELETE', path)).body.errorCode, 404204);
});

test('shows of a signing certificate what it says, and keeps it when that is put back', async ({
  emulator,
  root,
}) => {
  const path = '/enrollmentGroups/signing';
  const created = await emulator.service(
    'PUT',
    path,
    groupBody('signing', { certificate: base64(root.pem) }),
  );
  const { primary, secondary } = created.body.attestation.x509.signingCertificates;
  assert.deepEqual(Object.keys(primary), ['info']);
  assert.equal(secondary, undefined);
  assert.equal(primary.info.subjectName, 'CN=Root');
  assert.match(primary.info.sha256Thumbprint, /^[0-9A-F]{64}$/);
  assert.equal(primary.info.version, 3);
  const back = await emulator.service('PUT', path, created.body, { 'if-match': created.body.etag });
  assert.equal(back.status, 200, JSON.stringify(back.body));
  assert.deepEqual(back.body.attestation, created.body.attestation);
  const leaf = await make('device', 'signing-device', root);
  assert.equal((await emulator.register('signing-device', [leaf, root])).body.status, 'assigned');
  const other = { ...created.body, enrollmentGroupId: 'signing-2' };
  assert.equal(
    (await emulator.service('PUT', '/enrollmentGroups/signing-2', other)).status,
    400,
    'nothing stored',
  );
});

test('refuses groups that make no sense, with a sentence', async ({ emulator, root }) => {
  const device = await make('device', 'no-ca', root);
  const good = groupBody('bad', { reference: 'root' });
  const x509 = (value: unknown) => ({ ...good, attestation: { type: 'x509', x509: value } });
  const bodies: [unknown, RegExp][] = [
    [undefined, /its top/],
    [[], /its top/],
    [{ enrollmentGroupId: 'bad' }, /attestation/],
    [{ ...good, enrollmentGroupId: 'other' }, /not that of the path/],
    [x509(null), /one of/],
    [x509({}), /one of/],
    [x509({ signingCertificates: {} }), /no certificate/],
    [x509({ signingCertificates: { primary: { certificate: 'x' } } }), /cannot be used/],
    [x509({ signingCertificates: { primary: { certificate: device.pem } } }), /not the certificate of a CA/],
    [x509({ signingCertificates: { primary: {} } }), /neither/],
    [x509({ caReferences: { primary: 'unknown' } }), /no CA certificate "unknown"/],
    [
      x509({
        caReferences: { primary: 'root' },
        signingCertificates: { primary: { certificate: root.pem } },
      }),
      /one of/,
    ],
    [x509({ clientCertificates: { primary: { certificate: root.pem } } }), /individual/],
    [{ ...good, attestation: { type: 'tpm' } }, /tpm/],
    [{ ...good, allocationPolicy: 'random' }, /allocationPolicy/],
    [{ ...good, allocationPolicy: 'custom' }, /CustomAllocationDefinition is required/],
    [{ ...good, allocationPolicy: 'hashed', iotHubs: ['other.azure-devices.net'] }, /not linked/],
    [{ ...good, provisioningStatus: 'maybe' }, /provisioningStatus/],
    [{ ...good, initialTwin: { tags: 'x' } }, /initialTwin\.tags/],
  ];
  for (const [body, reason] of bodies) {
    const answer = await emulator.service('PUT', '/enrollmentGroups/bad', body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.equal(answer.body.errorCode, 400004);
    assert.match(answer.body.message, reason);
  }
  assert.equal((await emulator.service('PUT', '/enrollmentGroups/-bad', good)).status, 400);
});

test('gives queries page by page', async ({ emulator }) => {
  const names = Array.from({ length: 5 }, (_, index) => `page-${index}`);
  for (const name of names)
    await emulator.service('PUT', `/enrollmentGroups/${name}`, groupBody(name, { reference: 'root' }));
  const found: string[] = [];
  let continuation: string | undefined;
  let pages = 0;
  do {
    const headers: Record<string, string> = { 'x-ms-max-item-count': '2' };
    if (continuation !== undefined) headers['x-ms-continuation'] = continuation;
    const page = await emulator.service(
      'POST',
      '/enrollmentGroups/query',
      { query: 'SELECT * FROM enrollmentGroups' },
      headers,
    );
    assert.equal(page.headers['x-ms-item-type'], 'EnrollmentGroup');
    assert.ok(page.body.length <= 2);
    found.push(...page.body.map((group: { enrollmentGroupId: string }) => group.enrollmentGroupId));
    continuation = page.headers['x-ms-continuation'];
    pages += 1;
  } while (continuation !== undefined && pages < 20);
  assert.deepEqual(
    found.filter((name) => name.startsWith('page-')),
    names,
  );
  assert.equal(new Set(found).size, found.length);

  const bad = async (body: unknown, headers: Record<string, string> = {}) =>
    (await emulator.service('POST', '/enrollmentGroups/query', body, headers)).status;
  assert.equal(await bad({ query: 'DROP TABLE x' }), 400);
  assert.equal(await bad(undefined), 400);
  assert.equal(await bad({ query: '*' }, { 'x-ms-max-item-count': '0' }), 400);
  assert.equal(await bad({ query: '*' }, { 'x-ms-continuation': 'garbage' }), 400);
});

test('deletes registration records by the rules of etags', async ({ emulator, root }) => {
  await emulator.service('PUT', '/enrollmentGroups/records', groupBody('records', { reference: 'root' }));
  const leaf = await make('device', 'record-1', root);
  assert.equal((await emulator.register('record-1', [leaf])).body.status, 'assigned');
  const got = await emulator.service('GET', '/registrations/Record-1');
  assert.equal(got.body.registrationId, 'record-1');
  const remove = (etag: string) =>
    emulator.service('DELETE', '/registrations/record-1', undefined, { 'if-match': etag });
  assert.equal((await remove('wrong')).status, 412);
  assert.equal((await remove(got.body.etag)).status, 204);
  assert.equal((await emulator.service('GET', '/registrations/record-1')).body.errorCode, 404202);
  assert.equal((await emulator.service('POST', '/registrations/never/query')).status, 404);
});

test.run();
