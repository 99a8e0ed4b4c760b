/** `enrollkit cert rollover` with the files alone, from outside. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { openssl } from '../support/openssl.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { run } from './in-process.js';
import { assertHolds, commandsOn, contentsOf, type Options, publicKey, subject } from './rollover-support.js';

const testWithOpenssl = testWith('openssl', test);

/** A folder with CAs and a device, as the commands make it: no journal. */
async function makeFolder(folder: string, options: Options = {}, more: string[] = []): Promise<void> {
  for (const argv of [
    ['root', 'Root', '--out', join(folder, 'ca/root'), ...more],
    ['intermediate', 'Inter', '--out', join(folder, 'ca/intermediate'), '--dir', folder, ...more],
    ['device', 'd1', '--days', '30', '--organization', 'Contoso', '--dir', folder, ...more],
  ]) {
    const { status, stderr } = await run(['cert', ...argv], options);
    assert.equal(status, 0, stderr);
  }
}

testWithOpenssl('with the files alone: no state, no network, and what was encrypted stays so', () =>
  inTemporaryFolder(async (folder) => {
    const options = { env: { ENROLLKIT_PASSPHRASE: 'secret word' } };
    await makeFolder(folder, options, ['--encrypt-key']);
    const { at, rollover, fail } = commandsOn(folder, options);
    const locked = await run(['cert', 'rollover', 'intermediate', '--dir', folder]);
    assert.equal(locked.status, 8, locked.stderr);
    const device = contentsOf(at('devices/d1'));

    const started = await rollover('intermediate');
    assert.deepEqual(started.enrollmentGroups, []);
    assert.match(readFileSync(at('ca/intermediate/key.pem'), 'utf8'), /BEGIN ENCRYPTED/);
    assert.ok(!existsSync(at('.enrollkit')) && !existsSync(at('ca/intermediate.next')));
    await rollover('intermediate', '--reissue', '--new-key');
    assert.match(readFileSync(at('devices/d1/key.pem'), 'utf8'), /BEGIN ENCRYPTED/);
    assertHolds(at('devices/d1/chain.pem'), at('ca/root/certificate.pem'));
    assert.match(subject(at('devices/d1/certificate.pem')), /O ?= ?Contoso/);
    const [aside] = readdirSync(at('devices/d1')).filter((name) => name.startsWith('previous-'));
    assert.deepEqual(contentsOf(at('devices/d1', aside!)), device);
    const finished = await rollover('intermediate', '--finish');
    assert.deepEqual(
      finished.devices.map(({ reissued }) => reissued),
      [true],
    );
    assertHolds(join(finished.authorities[0]!.old.folder, 'chain.pem'), at('ca/root/certificate.pem'));

    // And once more: the next roll-over keeps the earlier ones.
    await rollover('intermediate');
    const cas = readdirSync(at('ca')).filter((name) => name.startsWith('intermediate.previous-'));
    assert.equal(cas.length, 2);
    await fail(4, ['CONFLICT', 'intermediate'], 'cert', 'rollover', 'root');
  }),
);

test('that a new CA ends with the one above it is told only where it is so', () =>
  inTemporaryFolder(async (folder) => {
    const now = new Date();
    for (const [name, more, notes] of [
      ['root', [], 0],
      ['intermediate', [], 0],
      ['intermediate', ['--days', '900'], 1],
    ] as const) {
      const dir = join(folder, `${name}${more.join('')}`);
      // In the same second, a successor ends when the old CA does, whatever is above.
      await makeFolder(dir, { now });
      if (more.length > 0) {
        rmSync(join(dir, 'ca'), { recursive: true });
        const root = ['cert', 'root', 'Root', '--out', join(dir, 'ca/root'), ...more];
        const intermediate = ['cert', 'intermediate', 'I', '--out', join(dir, 'ca/intermediate')];
        assert.equal((await run(root, { now })).status, 0);
        assert.equal((await run([...intermediate, '--dir', dir], { now })).status, 0);
      }
      const { rollover } = commandsOn(dir, { now });
      const started = await rollover(name);
      assert.equal(started.notes.length, notes, `${dir}: ${started.notes}`);
    }
  }));

testWithOpenssl('a roll-over that was killed goes on where it stopped', () =>
  inTemporaryFolder(async (folder) => {
    await makeFolder(folder);
    const { at, rollover, fail } = commandsOn(folder);
    const { authorities } = await rollover('root');
    const [root, intermediate] = authorities as [(typeof authorities)[0], (typeof authorities)[0]];
    // As it is between two renames: the root is in its place, the intermediate is aside, its successor is not yet there.
    renameSync(at('ca/intermediate'), at('ca/intermediate.next'));
    await fail(4, ['CONFLICT', 'root'], 'cert', 'rollover', 'root', '--reissue');
    assert.deepEqual((await rollover('root')).authorities, authorities);
    // As it is before the intermediate was touched.
    renameSync(at('ca/intermediate'), at('ca/intermediate.next'));
    renameSync(intermediate.old.folder, at('ca/intermediate'));
    assert.deepEqual((await rollover('root')).authorities, authorities);
    assertHolds(at('ca/intermediate/chain.pem'), join(root.new.folder, 'certificate.pem'));

    // A device with its new key, and the certificate of the old.
    const device = at('devices/d1');
    const [oldKey, oldCertificate] = ['key.pem', 'certificate.pem'].map((name) =>
      readFileSync(join(device, name)),
    );
    await rollover('root', '--reissue', '--new-key');
    const aside = join(device, readdirSync(device).find((name) => name.startsWith('previous-'))!);
    writeFileSync(join(device, 'certificate.pem'), oldCertificate!);
    const { devices } = await rollover('root', '--reissue', '--new-key');
    assert.equal(devices[0]!.reissued, true);
    assert.deepEqual(
      readFileSync(join(aside, 'key.pem')),
      oldKey,
      'the first key is still the one that is kept',
    );
    assert.equal(
      openssl(['pkey', '-in', join(device, 'key.pem'), '-pubout']),
      publicKey(join(device, 'certificate.pem')),
    );
    await rollover('root', '--finish');
  }),
);

test('--finish --force locks devices out, and they can still be re-issued', () =>
  inTemporaryFolder(async (folder) => {
    await makeFolder(folder);
    const { rollover, attempt, fail } = commandsOn(folder);
    await rollover('intermediate');
    const finished = await rollover('intermediate', '--finish', '--force');
    assert.equal(finished.devices[0]!.reissued, false);
    const text = await attempt('cert', 'rollover', 'intermediate', '--finish');
    assert.match(text.stdout, /\b1\b.*\b1\b.*\n {2}d1 .*\d{4}-\d\d-\d\d/);
    assert.match(text.stderr, /enrollkit cert rollover intermediate --reissue --dir/);
    const renew = ['cert', 'renew', join(folder, 'devices/d1/chain.pem'), '--force'];
    await fail(2, ['CHAIN_INVALID', 'CN=Inter'], ...renew);
    assert.equal((await rollover('intermediate', '--reissue')).devices[0]!.reissued, true);
  }));

testWithOpenssl('the CA above an intermediate can be elsewhere; another one does not sign', () =>
  inTemporaryFolder(async (folder) => {
    await makeFolder(folder);
    const { at, rollover, fail } = commandsOn(folder);
    mkdirSync(at('vault'));
    renameSync(at('ca/root'), at('vault/root'));
    await fail(9, ['FILE_UNREADABLE', folder, '--ca'], 'cert', 'rollover', 'intermediate');
    assert.equal((await run(['cert', 'root', 'Root', '--out', at('vault/other')])).status, 0);
    const ca = (name: string) => [
      '--ca',
      at(`vault/${name}/certificate.pem`),
      '--ca-key',
      at(`vault/${name}/key.pem`),
    ];
    await fail(
      2,
      ['CHAIN_INVALID', at('ca/intermediate/certificate.pem'), 'CN=Root'],
      'cert',
      'rollover',
      'intermediate',
      ...ca('other'),
    );
    await rollover('intermediate', ...ca('root'));
    assertHolds(at('ca/intermediate/chain.pem'), at('vault/root/certificate.pem'));
    rmSync(at('devices/d1/key.pem'));
    await fail(2, ['USAGE', 'd1', '1'], 'cert', 'rollover', 'intermediate', '--reissue', '--new-key');
    await rollover('intermediate', '--reissue');
  }),
);

test.run();
