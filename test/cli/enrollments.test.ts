/** `enrollment create|list|show|delete` against an emulator. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { ServicePlane } from '../../src/dps/client/service.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { sha256Thumbprint } from '../../src/pki/x509/inspect.js';
import { make } from '../support/chains.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';
import { inCommandWorld } from './running-emulator.js';

const sha256InSlot = ({ attestation }: any, slot: 'primary' | 'secondary') =>
  attestation.x509.clientCertificates[slot]?.info.sha256Thumbprint;

test('self-signed, by files, by a request, by key: each enrolls its device, and device register works', () =>
  inCommandWorld(async ({ folder, json, enrollkit }) => {
    const at = (id: string, name: string) => join(folder, 'devices', id, name);
    const own = await json(['enrollment', 'create', 'd-1', '--self-signed', '--device-id', 'hub-1']);
    const made = parseCertificate(readFileSync(at('d-1', 'certificate.pem'), 'utf8'));
    assert.equal(made.subject.commonName, 'd-1');
    assert.equal(sha256InSlot(own, 'primary'), sha256Thumbprint(made));
    const registered = await json(['device', 'register', 'd-1']);
    assert.deepEqual([registered.status, registered.deviceId], ['assigned', 'hub-1']);
    const shown = await json(['enrollment', 'show', 'd-1']);
    assert.equal(shown.registrationState.status, 'assigned');
    assert.match((await enrollkit('enrollment', 'show', 'd-1')).stdout, /^Device ID +hub-1$/m);

    const [first, second] = [await make('device', 'd-2'), await make('device', 'd-2')];
    writeFileSync(join(folder, 'first.pem'), first.pem);
    writeFileSync(join(folder, 'second.pem'), second.pem);
    const [one, two] = [join(folder, 'first.pem'), join(folder, 'second.pem')];
    const both = await json([
      'enrollment',
      'create',
      'd-2',
      '--certificate',
      one,
      '--secondary-certificate',
      two,
    ]);
    assert.equal(sha256InSlot(both, 'secondary'), sha256Thumbprint(parseCertificate(second.pem)));

    await run(['cert', 'root', 'Plant', '--out', join(folder, 'plant')]);
    await run(['cert', 'csr', 'd-3', '--out', join(folder, 'd-3')]);
    const ca = ['--ca', join(folder, 'plant', 'chain.pem'), '--ca-key', join(folder, 'plant', 'key.pem')];
    await json([
      'enrollment',
      'create',
      'd-3',
      '--csr',
      join(folder, 'd-3', 'request.pem'),
      '--days',
      '7',
      ...ca,
    ]);
    const files = ['--chain', at('d-3', 'chain.pem'), '--key', join(folder, 'd-3', 'key.pem')];
    assert.equal((await json(['device', 'register', 'd-3', ...files])).status, 'assigned');

    const keyed = await enrollkit('enrollment', 'create', 'd-4', '--symmetric-key');
    assert.equal(keyed.status, 0, keyed.stderr);
    const { attestation } = await json(['enrollment', 'show', 'd-4', '--keys']);
    const { primaryKey, secondaryKey } = attestation.symmetricKey;
    assert.equal(Buffer.from(primaryKey, 'base64').length, 64);
    const text = (await enrollkit('enrollment', 'show', 'd-4', '--keys')).stdout;
    assert.ok(text.includes(primaryKey) && text.includes(secondaryKey));
    for (const answer of [keyed, await enrollkit('enrollment', 'show', 'd-4')])
      assert.ok(!`${answer.stdout}${answer.stderr}`.includes(primaryKey));

    // A change of something else keeps the keys.
    await json(['enrollment', 'create', 'd-4', '--update', '--provisioning-status', 'disabled']);
    const after = await json(['enrollment', 'show', 'd-4', '--keys']);
    assert.equal(after.provisioningStatus, 'disabled');
    assert.equal(after.attestation.symmetricKey.primaryKey, primaryKey);

    const listed = await json(['enrollment', 'list']);
    assert.deepEqual(
      listed.enrollments.map(({ registrationId }: any) => registrationId),
      ['d-1', 'd-2', 'd-3', 'd-4'],
    );
    assert.equal(listed.isComplete, true);
    const cut = await json(['enrollment', 'list', '--limit', '3']);
    assert.deepEqual([cut.enrollments.length, cut.isComplete], [3, false]);
    assert.deepEqual(await json(['enrollment', 'delete', 'd-4', '--yes']), { deleted: 'd-4' });
    assert.equal((await json(['enrollment', 'show', 'd-4'], 4)).code, 'NOT_FOUND');
  }));

test('settings are as DPS has them; an update keeps what it does not name, also beside another change', () =>
  inCommandWorld(async ({ folder, json, target }) => {
    const twin = join(folder, 'twin.json');
    writeFileSync(twin, JSON.stringify({ tags: { site: 'A' }, properties: { desired: { rate: 5 } } }));
    const hub = target.hubConnectionStrings[0]!.hostName;
    const [host] = hub.split(':');
    const flags = ['--allocation-policy', 'static', '--hub', host!, '--reprovision-policy', 'reset'];
    const made = await json(['enrollment', 'create', 'd', '--self-signed', '--initial-twin', twin, ...flags]);
    assert.equal(made.allocationPolicy, 'static');
    assert.equal(made.iotHubs.length, 1);
    assert.deepEqual(made.reprovisionPolicy, { updateHubAssignment: true, migrateDeviceData: false });
    assert.deepEqual(made.initialTwin.tags.site, 'A');
    const service = new ServicePlane(target);
    // Someone changes the enrollment between its reading and its writing, once.
    const update = ServicePlane.prototype.updateEnrollment;
    let others = 0;
    ServicePlane.prototype.updateEnrollment = async function (enrollment, etag, options) {
      if (others++ === 0) {
        const found = (await service.getEnrollment('d'))!;
        await update.call(service, { ...found, deviceId: 'renamed' }, '*');
      }
      return update.call(this, enrollment, etag, options);
    };
    try {
      const changed = await json([
        'enrollment',
        'create',
        'd',
        '--update',
        '--provisioning-status',
        'disabled',
      ]);
      assert.equal(changed.provisioningStatus, 'disabled');
      assert.equal(changed.deviceId, 'renamed');
      assert.equal(changed.allocationPolicy, 'static');
      assert.equal(changed.initialTwin.properties.desired.rate, 5);
      assert.ok(sha256InSlot(changed, 'primary'));
    } finally {
      ServicePlane.prototype.updateEnrollment = update;
      service.close();
    }
  }));

test('a disabled enrollment: the error names the command that enables it, which works as it is printed', () =>
  inCommandWorld(async ({ folder, json, enrollkit }) => {
    assert.equal((await enrollkit('quickstart', '--yes', '--count', '1')).status, 0);
    await json(['enrollment', 'create', 'own', '--self-signed']);
    for (const [device, family, id] of [
      ['device-001', 'group', 'enrollkit-devices'],
      ['own', 'enrollment', 'own'],
    ] as const) {
      const before = await json([family, 'show', id]);
      const off = [family, 'create', id, '--update', '--provisioning-status', 'disabled'];
      assert.equal((await json(off)).provisioningStatus, 'disabled');
      const { code, next } = await json(['device', 'register', device], 4);
      assert.equal(code, 'DEVICE_NOT_AUTHORIZED');
      const enable = /enrollkit (.*)$/.exec(next)![1]!.split(' ');
      assert.equal((await run([...enable, '--dir', folder])).status, 0, next);
      assert.equal((await json(['device', 'register', device])).status, 'assigned');
      const after = await json([family, 'show', id]);
      for (const member of [
        'attestation',
        'allocationPolicy',
        'reprovisionPolicy',
        'iotHubs',
        'capabilities',
      ])
        assert.deepEqual(after[member], before[member], member);
    }
    const other = await run(['cert', 'root', 'Other', '--out', join(folder, 'other')]);
    assert.equal(other.status, 0, other.stderr);
    const byOther = ['--update', '--certificate', join(folder, 'other', 'certificate.pem')];
    const changed = await json(['group', 'create', 'enrollkit-devices', ...byOther]);
    assert.match(changed.attestation.x509.signingCertificates.primary.info.subjectName, /Other/);
    assert.equal((await json(['group', 'create', 'none', ...byOther], 4)).code, 'NOT_FOUND');
  }));

test('bad input is refused before anything is made or changed', () =>
  inCommandWorld(async ({ folder, json }) => {
    const other = await make('device', 'someone-else');
    writeFileSync(join(folder, 'other.pem'), other.pem);
    writeFileSync(join(folder, 'empty'), '');
    const at = (name: string) => join(folder, name);
    await run(['cert', 'csr', 'someone-else', '--out', at('csr')]);
    await json(['enrollment', 'create', 'taken', '--symmetric-key']);
    for (const [argv, status, code] of [
      [['d'], 9, 'FILE_UNREADABLE'],
      [['taken', '--self-signed'], 4, 'CONFLICT'],
      [['none', '--update', '--provisioning-status', 'disabled'], 4, 'NOT_FOUND'],
      [['d', '--self-signed', '--symmetric-key'], 2, 'USAGE'],
      [['d', '--certificate', at('other.pem'), '--csr', at('csr/request.pem')], 2, 'USAGE'],
      [['d', '--symmetric-key', '--days', '3'], 2, 'USAGE'],
      [['d', '--symmetric-key', '--ca', at('other.pem')], 2, 'USAGE'],
      [['d', '--symmetric-key', '--secondary-certificate', at('other.pem')], 2, 'USAGE'],
      [['d', '--certificate', at('other.pem'), '--encrypt-key'], 2, 'USAGE'],
      [['d', '--certificate', at('other.pem')], 2, 'INVALID_CERTIFICATE'],
      [['d', '--certificate', at('empty')], 2, 'INVALID_CERTIFICATE'],
      [['d', '--certificate', at('none')], 9, 'FILE_UNREADABLE'],
      [['d', '--self-signed', '--secondary-certificate', at('other.pem')], 2, 'INVALID_CERTIFICATE'],
      [['d', '--csr', at('csr/request.pem')], 2, 'INVALID_CERTIFICATE_REQUEST'],
      [['d', '--csr', at('empty')], 2, 'INVALID_CERTIFICATE_REQUEST'],
      [['someone-else', '--csr', at('csr/request.pem')], 9, 'FILE_UNREADABLE'],
      [['d', '--self-signed', '--device-id', 'a/b'], 2, 'USAGE'],
      [['d', '--self-signed', '--hub', 'none.azure-devices.net'], 4, 'REFUSED'],
      [['a b', '--symmetric-key'], 2, 'INVALID_REGISTRATION_ID'],
      [['a'.repeat(65), '--self-signed'], 2, 'INVALID_REGISTRATION_ID'],
    ] as const) {
      const error = await json(['enrollment', 'create', ...argv], status);
      assert.equal(error.code, code, `${argv.join(' ')}: ${error.message}`);
    }
    // Only the certificate of the enrollment that DPS itself refused is there; it can be enrolled as it is.
    assert.deepEqual(existsSync(at('devices/someone-else')), false);
    assert.deepEqual((await json(['enrollment', 'list'])).enrollments.length, 1);
    assert.equal((await json(['enrollment', 'create', 'd', '--self-signed'], 9)).code, 'FILE_EXISTS');
    await json(['enrollment', 'create', 'd']);
    for (const command of [['show'], ['delete', '--yes']] as const) {
      const [name, ...more] = command;
      assert.equal((await json(['enrollment', name, 'none', ...more], 4)).code, 'NOT_FOUND');
      assert.equal((await json(['enrollment', name, 'a b', ...more], 2)).code, 'INVALID_REGISTRATION_ID');
    }
  }));

test('a certificate is made once: the same command, after DPS could not be reached, enrolls the one that it made', () =>
  inCommandWorld(async ({ folder, json, emulator }) => {
    const certificate = () => readFileSync(join(folder, 'devices', 'd-1', 'certificate.pem'), 'utf8');
    const create = ['enrollment', 'create', 'd-1', '--self-signed'];
    const fault = { type: 'status' as const, status: 403 };
    emulator.faults.set({ rules: [{ id: 'refuse', match: { operation: 'putEnrollment' }, fault }] }, 1);
    await json(create, 3);
    emulator.faults.clear();
    const made = certificate();
    assert.equal((await json([...create, '--days', '7'], 9)).code, 'FILE_EXISTS', 'that is another command');
    const enrolled = await json(create);
    assert.equal(certificate(), made);
    assert.equal(sha256InSlot(enrolled, 'primary'), sha256Thumbprint(parseCertificate(made)));
    assert.equal((await json(create, 4)).code, 'CONFLICT');
    assert.deepEqual(
      readdirSync(join(folder, '.enrollkit')).filter((name) => name.startsWith('unfinished')),
      [],
    );
    // With the enrollment gone, the files are an earlier device's, and no longer those of an unfinished command.
    await json(['enrollment', 'delete', 'd-1', '--yes']);
    assert.equal((await json(create, 9)).code, 'FILE_EXISTS');
  }));

test('without an emulator, list, show and delete say so', () =>
  inTemporaryFolder(async (folder) => {
    for (const command of [['list'], ['show', 'd'], ['delete', 'd', '--yes']]) {
      const ended = await run(['enrollment', ...command, '--dir', join(folder, 'none'), '--json']);
      assert.equal(JSON.parse(ended.stdout).error.code, 'NOT_FOUND');
    }
  }));

test.run();
