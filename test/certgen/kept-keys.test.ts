/** certgen loses no private key, and changes nothing outside of its folder. */
import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { fails } from '../support/fails.js';
import { contentsOf } from '../support/folders.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import '../support/quick-key-derivation.js';
import { authority, certificate, edgeScript, read, sdkScript, textOf } from './support.js';

/** Every file with a private key below a folder: `.key.pem` and `.pfx`. */
function keysIn(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => join(folder, name))
    .filter((path) => /\.(key\.pem|pfx)$/.test(path) && lstatSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'));
}

const scripts = { sdk: sdkScript, edge: edgeScript };

for (const [name, script] of Object.entries(scripts)) {
  test(`${name}: whatever is issued again, in whatever order, every key is still there`, async () => {
    await inTemporaryFolder(async (folder) => {
      await authority(folder, script);
      const commands = Object.keys(script.commands);
      // With --edge, each name has files of its own.
      for (const device of script === sdkScript ? ['one', 'one', 'two', 'one'] : ['one', 'one']) {
        for (const command of commands) {
          const before = keysIn(folder);
          const { moved } = await certificate(folder, command, device, { script });
          const after = keysIn(folder);
          for (const key of before) assert.ok(after.includes(key), `${command} ${device}: a key is lost`);
          assert.ok(after.length > before.length, `${command} ${device}`);
          for (const { from, to } of moved) assert.ok(existsSync(join(folder, to)), `${from} is now ${to}`);
        }
      }
      const before = keysIn(folder);
      await authority(folder, script, { replace: true });
      await authority(folder, script, { replace: true });
      const after = keysIn(folder);
      for (const key of before) assert.ok(after.includes(key), 'a key of the CA is lost');
    });
  });
}

test('a key without its certificate, and a PKCS#12 file alone, are not lost', async () => {
  await inTemporaryFolder(async (folder) => {
    await authority(folder, edgeScript);
    const edge = { script: edgeScript };
    for (const left of ['private/iot-device-d.key.pem', 'certs/iot-device-d.cert.pfx']) {
      await certificate(folder, 'create_device_certificate', 'd', edge);
      const kept = readFileSync(join(folder, left), 'latin1');
      for (const name of [
        'private/iot-device-d.key.pem',
        'certs/iot-device-d.cert.pfx',
        'certs/iot-device-d.cert.pem',
        'certs/iot-device-d-full-chain.cert.pem',
        'csr/iot-device-d.csr.pem',
      ]) {
        if (name !== left) rmSync(join(folder, name));
      }
      await certificate(folder, 'create_device_certificate', 'd', edge);
      assert.ok(keysIn(folder).includes(kept), left);
    }
  });
});

/** A command that was killed after it had written its list. */
function interrupted(folder: string, changes: unknown, staged = 'staged\n'): void {
  const work = join(folder, '.certgen');
  mkdirSync(join(work, 'staged'), { recursive: true });
  writeFileSync(join(work, 'staged', '0'), staged);
  writeFileSync(join(work, 'changes.json'), typeof changes === 'string' ? changes : JSON.stringify(changes));
}

test('a list of changes that leads out of the folder, or is none, is refused and changes nothing', async () => {
  await inTemporaryFolder(async (outside) => {
    const folder = join(outside, 'ca');
    mkdirSync(folder);
    await authority(folder);
    writeFileSync(join(outside, 'victim.txt'), 'mine');
    const paths = [
      '../victim.txt',
      join(outside, 'victim.txt'),
      '..\\victim.txt',
      'certs/../../victim.txt',
      'C:victim.txt',
    ];
    for (const changes of [
      ...paths.map((path) => [{ kind: 'write', path }]),
      ...paths.map((path) => [{ kind: 'move', path, to: 'certs/taken' }]),
      ...paths.map((to) => [{ kind: 'move', path: 'serial', to }]),
      [{ kind: 'remove', path: 'private/azure-iot-test-only.root.ca.key.pem' }],
      {},
      'nonsense',
      '',
    ]) {
      interrupted(folder, changes);
      const before = contentsOf(outside);
      await assert.rejects(
        certificate(folder, 'create_device_certificate', 'd'),
        fails('JOURNAL_UNREADABLE', /\.certgen.changes\.json/),
        JSON.stringify(changes),
      );
      assert.deepEqual(contentsOf(outside), before, JSON.stringify(changes));
      rmSync(join(folder, '.certgen'), { recursive: true });
    }
  });
});

test('a list of changes replaces no key and no certificate, only the database', async () => {
  await inTemporaryFolder(async (folder) => {
    await authority(folder);
    await certificate(folder, 'create_device_certificate', 'd');
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    for (const path of [
      'private/azure-iot-test-only.root.ca.key.pem',
      'private/new-device.key.pem',
      'certs/new-device.cert.pfx',
      'certs/new-device.cert.pem',
      'notes.txt',
    ]) {
      interrupted(folder, [{ kind: 'write', path }]);
      const before = textOf(folder, path);
      await assert.rejects(certificate(folder, 'create_device_certificate', 'e'), fails('FILE_EXISTS'), path);
      assert.equal(textOf(folder, path), before);
      rmSync(join(folder, '.certgen'), { recursive: true });
    }
    interrupted(folder, [{ kind: 'write', path: 'serial' }], '40\n');
    await certificate(folder, 'create_device_certificate', 'e');
    assert.equal(read(folder, 'certs/new-device.cert.pem').serialNumber, '40');
  });
});

if (process.platform !== 'win32') {
  test('nothing is written, moved or opened up through a symbolic link', async () => {
    await inTemporaryFolder(async (outside) => {
      const folder = join(outside, 'ca');
      mkdirSync(folder);
      await authority(folder);
      const link = fails('FILE_UNWRITABLE');
      for (const name of ['private', 'certs', 'csr', 'newcerts']) {
        const elsewhere = join(outside, name);
        renameSync(join(folder, name), elsewhere);
        symlinkSync(elsewhere, join(folder, name));
        const before = contentsOf(outside);
        await assert.rejects(certificate(folder, 'create_device_certificate', 'd'), link, name);
        assert.deepEqual(contentsOf(outside), before, name);
        rmSync(join(folder, name));
        renameSync(elsewhere, join(folder, name));
      }
      const empty = join(outside, 'empty');
      mkdirSync(empty, { mode: 0o755 });
      symlinkSync(empty, join(folder, '.certgen'));
      await assert.rejects(certificate(folder, 'create_device_certificate', 'd'), link);
      assert.deepEqual(readdirSync(empty), []);

      // A link to an empty folder is something, and steps aside as it is.
      const fresh = join(outside, 'fresh');
      mkdirSync(fresh);
      symlinkSync(empty, join(fresh, 'private'));
      symlinkSync(join(outside, 'nothing'), join(fresh, 'intermediateCerts'));
      await assert.rejects(authority(fresh), fails('FILE_EXISTS', /private, intermediateCerts|private/));
      await authority(fresh, sdkScript, { replace: true });
      assert.deepEqual(readdirSync(empty), []);
      assert.equal(statSync(empty).mode & 0o777, 0o755);
      assert.ok(!existsSync(join(outside, 'nothing')));
    });
  });
}

test.run();
