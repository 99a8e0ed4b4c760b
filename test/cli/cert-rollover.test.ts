/** `enrollkit cert rollover` on the emulator, from outside. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { ServicePlane } from '../../src/dps/client/service.js';
import { emulatorTarget } from '../../src/dps/client/target.js';
import type { EnrollmentGroup } from '../../src/dps/contract/schemas.js';
import { startEmulator } from '../../src/emulator/start.js';
import { openssl } from '../support/openssl.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { run } from './in-process.js';
import { assertHolds, commandsOn, contentsOf, publicKey, sha256, subject } from './rollover-support.js';

const testWithOpenssl = testWith('openssl', test);

testWithOpenssl('a root, group by CA reference: both are accepted, then the new one alone', () =>
  inTemporaryFolder(async (top) => {
    const folder = join(top, 'certs');
    const { at, succeed, fail, rollover, group, register } = commandsOn(folder);
    await succeed('quickstart', '--yes', '--count', '2', '--no-telemetry', '--json');
    const before = contentsOf(folder);
    cpSync(at('devices/device-001'), join(top, 'old'), { recursive: true });
    const oldRoot = sha256(at('ca/root/certificate.pem'));

    const started = await rollover('root', '--group', 'enrollkit-devices');
    assert.deepEqual(
      started.authorities.map(({ role }) => role),
      ['root', 'intermediate'],
    );
    const [root] = started.authorities;
    assert.equal(root!.old.sha256Thumbprint, oldRoot);
    assert.equal(root!.new.sha256Thumbprint, sha256(at('ca/root/certificate.pem')));
    assert.notEqual(root!.new.sha256Thumbprint, oldRoot);
    assert.equal(subject(at('ca/root/certificate.pem')), subject(join(root!.old.folder, 'certificate.pem')));
    assert.notEqual(
      publicKey(at('ca/root/certificate.pem')),
      publicKey(join(root!.old.folder, 'certificate.pem')),
    );
    const newName = `enrollkit-root-${root!.new.sha256Thumbprint.slice(0, 8)}`;
    assert.deepEqual((await group()).attestation.x509.caReferences, {
      primary: newName,
      secondary: 'enrollkit-root',
    });
    assert.deepEqual(started.enrollmentGroups, [
      { id: 'enrollkit-devices', holds: 'both', primary: newName, secondary: 'enrollkit-root' },
    ]);
    for (const device of started.devices) {
      assert.equal(device.reissued, false);
      assert.equal(device.reissueBy, device.notAfter);
    }
    assert.deepEqual(
      started.devices.map(({ name }) => name),
      ['device-001', 'device-002'],
    );
    // Nothing of the old is lost, and the first phase again changes nothing.
    const kept = [...contentsOf(folder).values()];
    for (const [name, contents] of before) assert.ok(kept.includes(contents), name);
    const after = contentsOf(folder);
    assert.deepEqual(await rollover('root', '--group', 'enrollkit-devices'), started);
    assert.deepEqual(await rollover('root'), started);
    assert.deepEqual(contentsOf(folder), after);
    assert.equal((await register('device-001', join(top, 'old'))).status, 0, 'the old during the transition');
    await fail(4, ['CONFLICT', 'root'], 'quickstart', '--yes');
    await fail(4, ['CONFLICT', 'device-001, device-002'], 'cert', 'rollover', 'root', '--finish');

    const reissued = await rollover('root', '--reissue');
    assert.deepEqual(
      reissued.devices.map(({ name, reissued: done, reissueBy }) => [name, done, reissueBy]),
      [
        ['device-001', true, null],
        ['device-002', true, null],
      ],
    );
    const [chain, certificate] = [
      at('devices/device-001/chain.pem'),
      at('devices/device-001/certificate.pem'),
    ];
    assertHolds(chain, at('ca/root/certificate.pem'));
    assert.equal(publicKey(certificate), publicKey(join(top, 'old/certificate.pem')), 'the same key');
    const pfx = ['pkcs12', '-in', at('devices/device-001/device.pfx'), '-passin', 'pass:', '-nokeys'];
    assert.ok(openssl([...pfx, '-clcerts']).includes(readFileSync(certificate, 'utf8').trim()));
    const written = contentsOf(folder);
    assert.deepEqual(await rollover('root', '--reissue'), reissued);
    assert.deepEqual(contentsOf(folder), written, 'a second re-issue writes nothing');
    assert.equal((await register('device-001', at('devices/device-001'))).status, 0);
    assert.equal((await register('device-001', join(top, 'old'))).status, 0);

    const finished = await rollover('root', '--finish');
    assert.deepEqual(finished.deleted, ['enrollkit-root']);
    assert.ok(finished.finishedAt !== null);
    assert.deepEqual((await group()).attestation.x509.caReferences, { primary: newName });
    const uploaded = JSON.parse(await succeed('ca', 'list', '--json'));
    assert.equal(JSON.stringify(uploaded).includes('"enrollkit-root"'), false);
    assert.equal((await register('device-001', at('devices/device-001'))).status, 0);
    const refused = await register('device-001', join(top, 'old'));
    assert.equal(refused.status, 4);
    assert.match(refused.stderr, /401002/);
    const again = await rollover('root', '--finish');
    assert.equal(again.finishedAt, finished.finishedAt);

    // The folder is in order: for lint, for the same run again, and for clean.
    const linted = await run(['cert', 'lint', folder, '--strict']);
    assert.equal(linted.status, 0, linted.stdout);
    const program = readFileSync(at('EnrollmentGroup.py'), 'utf8');
    await succeed('quickstart', '--plan', at('.enrollkit/plan.json'), '--json');
    assert.notEqual(readFileSync(at('EnrollmentGroup.py'), 'utf8'), program, 'it names the new CA now');
    assert.deepEqual((await group()).attestation.x509.caReferences.primary, newName);
    await succeed('clean', '--certificates', '--yes');
    assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], []);
  }),
);

testWithOpenssl(
  'an intermediate, group by certificate: the rest of the group stays, new keys for the devices',
  () =>
    inTemporaryFolder(async (top) => {
      const folder = join(top, 'certs');
      const { at, succeed, rollover, group, register } = commandsOn(folder);
      const twin = join(top, 'twin.json');
      writeFileSync(twin, '{"tags":{"site":"A"},"properties":{"desired":{"interval":30}}}');
      const answers = [
        '--attestation',
        'certificate',
        '--initial-twin',
        twin,
        '--reprovision-policy',
        'reset',
      ];
      await succeed('quickstart', '--yes', '--count', '1', '--iot-edge', '--no-telemetry', ...answers);
      cpSync(at('devices/device-001'), join(top, 'old'), { recursive: true });
      const [old, before] = [sha256(at('ca/intermediate/certificate.pem')), await group()];

      const started = await rollover('intermediate', '--group', 'enrollkit-devices');
      const successor = sha256(at('ca/intermediate/certificate.pem'));
      const held = (found: any) =>
        ['primary', 'secondary'].map(
          (slot) => found.attestation.x509.signingCertificates[slot]?.info.sha256Thumbprint,
        );
      assert.deepEqual(held(await group()), [successor, old]);
      assert.deepEqual(
        started.devices.map(({ name, kind }) => [name, kind]),
        [
          ['device-001', 'device'],
          ['device-001.ca', 'edge-ca'],
        ],
      );
      await rollover('intermediate', '--reissue', '--new-key');
      const certificate = at('devices/device-001/certificate.pem');
      assert.notEqual(publicKey(certificate), publicKey(join(top, 'old/certificate.pem')));
      assert.equal(
        openssl(['pkey', '-in', at('devices/device-001/key.pem'), '-pubout']),
        publicKey(certificate),
      );
      assert.equal(statSync(at('devices/device-001/key.pem')).mode & 0o777, 0o600);
      assertHolds(at('devices/device-001/edge-ca/chain.pem'), at('ca/root/certificate.pem'));
      for (const from of [join(top, 'old'), at('devices/device-001')]) {
        assert.equal((await register('device-001', from)).status, 0, from);
      }
      const finished = await rollover('intermediate', '--finish');
      assert.deepEqual(finished.deleted, [], 'the root was uploaded, and stays');
      const after = await group();
      assert.deepEqual(held(after), [successor, undefined]);
      const settings = ({ attestation: _, etag: _etag, lastUpdatedDateTimeUtc: _updated, ...rest }: any) =>
        rest;
      assert.deepEqual(settings(after), settings(before));
      assert.equal((await register('device-001', at('devices/device-001'))).status, 0);
      assert.equal((await register('device-001', join(top, 'old'))).status, 4);
    }),
);

test('an intermediate below the root that a group refers to: nothing changes in the group, and that is told', () =>
  inTemporaryFolder(async (top) => {
    const folder = join(top, 'certs');
    const { succeed, rollover, group } = commandsOn(folder);
    await succeed('quickstart', '--yes', '--count', '1', '--no-telemetry');
    const before = await group();
    const started = await rollover('intermediate', '--group', 'enrollkit-devices');
    assert.deepEqual(started.enrollmentGroups, [
      { id: 'enrollkit-devices', holds: 'unchanged', primary: 'enrollkit-root', secondary: null },
    ]);
    assert.match(started.notes.join(), /enrollkit-devices/);
    await rollover('intermediate', '--reissue');
    const finished = await rollover('intermediate', '--finish');
    assert.equal(finished.enrollmentGroups[0]!.holds, 'unchanged');
    assert.deepEqual(await group(), before);
  }));

/** Writes a group as somebody else would, at an emulator that runs meanwhile. */
async function changeGroup(folder: string, id: string, change: (group: EnrollmentGroup) => EnrollmentGroup) {
  const emulator = await startEmulator({ dir: join(folder, '.enrollkit') });
  const service = new ServicePlane(
    emulatorTarget(emulator.endpoints, readFileSync(emulator.endpoints.caFile, 'utf8')),
  );
  try {
    const group = await service.getEnrollmentGroup(id);
    await service.updateEnrollmentGroup(change(group!), '*');
  } finally {
    service.close();
    await emulator.stop();
  }
}

const withReferences =
  (caReferences: { primary: string; secondary: string }) =>
  (group: EnrollmentGroup): EnrollmentGroup => ({
    ...group,
    attestation: { type: 'x509', x509: { caReferences } },
  });

test('a CA that is uploaded already, and the order of Azure’s documentation: the new one in the second slot', () =>
  inTemporaryFolder(async (top) => {
    const folder = join(top, 'certs');
    const { at, succeed, fail, rollover, group } = commandsOn(folder);
    await succeed('quickstart', '--yes', '--count', '1', '--no-telemetry');
    await rollover('root');
    await succeed('ca', 'upload', at('ca/root/certificate.pem'), '--ca-name', 'next-root');
    await succeed('ca', 'verify', 'next-root');
    const references = { primary: 'enrollkit-root', secondary: 'next-root' };
    await changeGroup(folder, 'enrollkit-devices', withReferences(references));
    const started = await rollover('root', '--group', 'enrollkit-devices');
    assert.deepEqual(started.enrollmentGroups, [{ id: 'enrollkit-devices', holds: 'both', ...references }]);
    assert.deepEqual((await group()).attestation.x509.caReferences, references);
    await rollover('root', '--reissue');

    // Somebody has put another CA into one of the slots meanwhile.
    const other = join(top, 'other');
    assert.equal((await run(['cert', 'root', 'Other', '--out', other])).status, 0);
    await succeed('ca', 'upload', join(other, 'certificate.pem'), '--ca-name', 'other');
    const key = ['--certificate', join(other, 'certificate.pem'), '--key', join(other, 'key.pem')];
    await succeed('ca', 'verify', 'other', ...key);
    const foreign = withReferences({ primary: 'next-root', secondary: 'other' });
    await changeGroup(folder, 'enrollkit-devices', foreign);
    const before = await group();
    for (const phase of [[], ['--finish']]) {
      await fail(
        4,
        ['CONFLICT', 'enrollkit-devices', 'secondary', '(other)'],
        'cert',
        'rollover',
        'root',
        ...phase,
      );
    }
    assert.deepEqual(await group(), before);
    await changeGroup(folder, 'enrollkit-devices', withReferences(references));
    const finished = await rollover('root', '--finish');
    assert.deepEqual(finished.enrollmentGroups, [
      { id: 'enrollkit-devices', holds: 'new', primary: 'next-root', secondary: null },
    ]);
  }));

test('what is refused leaves no trace', () =>
  inTemporaryFolder(async (top) => {
    const folder = join(top, 'certs');
    const { at, succeed, fail, rollover, group } = commandsOn(folder);
    await fail(9, ['FILE_UNREADABLE', 'root'], 'cert', 'rollover', 'root');
    assert.equal(existsSync(folder) && existsSync(at('ca')), false);
    await succeed('quickstart', '--yes', '--count', '1', '--no-telemetry');
    const command = ['cert', 'rollover', 'root'];
    await fail(2, ['USAGE', '"leaf"'], 'cert', 'rollover', 'leaf');
    await fail(2, ['USAGE', '--reissue', '--finish'], ...command, '--reissue', '--finish');
    await fail(2, ['USAGE', '--new-key', '--reissue'], ...command, '--new-key');
    await fail(2, ['USAGE', '--force', '--finish'], ...command, '--force');
    await fail(2, ['USAGE', '--group'], ...command, '--finish', '--group', 'g');
    await fail(2, ['INVALID_ENROLLMENT_GROUP_ID', '"not legal"'], ...command, '--group', 'not legal');
    for (const phase of ['--reissue', '--finish']) await fail(4, ['NOT_FOUND', 'root'], ...command, phase);
    await fail(4, ['NOT_FOUND', 'nobodys'], ...command, '--group', 'nobodys');
    assert.equal(existsSync(at('ca/rollover.json')), false, 'a wrong name is not remembered');

    // Another CA is in the second slot: it is somebody's.
    const other = join(top, 'other');
    const made = await run(['cert', 'root', 'Other', '--out', other]);
    assert.equal(made.status, 0);
    await succeed('group', 'create', 'others', '--certificate', join(other, 'certificate.pem'));
    const before = await group('others');
    await fail(4, ['CONFLICT', 'others', 'primary'], ...command, '--group', 'others');
    assert.deepEqual(await group('others'), before);
    await rollover('root', '--group', 'enrollkit-devices');
    await rollover('root', '--reissue');
    // The group refers to the old CA again, as the only one: finishing would not be what was begun.
    await succeed('group', 'delete', 'enrollkit-devices', '--yes');
    await succeed('group', 'create', 'enrollkit-devices', '--ca-name', 'enrollkit-root');
    await fail(4, ['CONFLICT', 'enrollkit-devices', 'primary'], ...command, '--finish');
  }));

test('a CA that another group needs, or that no run uploaded, is not deleted', () =>
  inTemporaryFolder(async (top) => {
    const folder = join(top, 'certs');
    const { at, succeed, rollover } = commandsOn(folder);
    await succeed('quickstart', '--yes', '--count', '1', '--no-telemetry');
    await succeed('group', 'create', 'line-5', '--ca-name', 'enrollkit-root');
    await succeed('ca', 'upload', at('ca/root/certificate.pem'), '--ca-name', 'by-hand');
    await rollover('root', '--group', 'enrollkit-devices');
    await rollover('root', '--reissue');
    const finished = await rollover('root', '--finish');
    assert.deepEqual(finished.deleted, []);
    assert.match(finished.notes.join('\n'), /^.*\benrollkit-root\b.*\bline-5\b.*$/m);
    assert.match(finished.notes.join('\n'), /\bby-hand\b/);
  }));

test.run();
