/** The files of a roll-over: no key is lost on the way, whatever is there already, and `clean` knows all that it wrote. */
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { createPfx } from '../../src/pki/containers/pkcs12-write.js';
import { cleanLocal, cleanRemote } from '../../src/quickstart/clean.js';
import { finishRollover, reissueBelow, startRollover } from '../../src/rollover/rollover.js';
import { layoutOf } from '../../src/workspace/layout.js';
import { fails } from '../support/fails.js';
import { contentsOf } from '../support/folders.js';
import { inWorld, planWith } from '../support/quickstart.js';
import { rolloverOptions } from './options.js';
import '../support/quick-key-derivation.js';
import { generatedKeys } from '../support/generated-keys.js';

const plan = planWith((change) => {
  change.devices.sendTelemetry = false;
  change.enrollmentGroup.iotEdge = true;
});

/** Every private key below a folder. */
function keysIn(folder: string): Set<string> {
  const names = readdirSync(folder, { recursive: true }) as string[];
  const files = names.map((name) => join(folder, name)).filter((path) => lstatSync(path).isFile());
  return new Set(
    files.map((path) => readFileSync(path, 'utf8')).filter((text) => text.includes('PRIVATE KEY-----')),
  );
}

const assertKept = (before: Set<string>, folder: string, what = '') => {
  const after = keysIn(folder);
  for (const key of before) assert.ok(after.has(key), `${what}: a key is lost`);
};

test('after a roll-over with new keys, clean removes every file', () =>
  inWorld(async (world) => {
    await world.run(plan);
    const { folder } = world;
    const before = keysIn(folder);
    await startRollover(rolloverOptions(world));
    await reissueBelow({ ...rolloverOptions(world), newKey: true });
    await finishRollover({ ...rolloverOptions(world), force: false });
    assertKept(before, folder);
    const { signal } = new AbortController();
    await cleanRemote({ folder, targetFor: async () => world.target, signal });
    assert.deepEqual(cleanLocal(folder).kept, []);
    assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], []);
  }));

test('what is missing beside a CA or a device is restored before it steps aside', () =>
  inWorld(async (world) => {
    const first = await world.run(plan);
    const device = layoutOf(world.folder).device('device-001');
    const kept = readFileSync(device.certificate);
    for (const path of [first.certificates.root!.certificate, device.certificate, device.edgeCa.certificate])
      rmSync(path);
    const { authorities } = await startRollover(rolloverOptions(world));
    assert.equal(authorities[0]!.old.sha256Thumbprint, first.certificates.root!.sha256Thumbprint);
    assert.ok(existsSync(join(authorities[0]!.old.folder, 'certificate.pem')));
    const { devices } = await reissueBelow({ ...rolloverOptions(world), newKey: true });
    assert.deepEqual(
      devices.map(({ reissued }) => reissued),
      [true, true],
    );
    const [aside] = readdirSync(device.folder).filter((name) => name.startsWith('previous-'));
    assert.deepEqual(readFileSync(join(device.folder, aside!, 'certificate.pem')), kept);

    // A key that is not that of the chain stops it.
    rmSync(device.certificate);
    const stranger = generatedKeys('ec', { namedCurve: 'prime256v1' }).privateKey;
    writeFileSync(device.key, stranger.export({ format: 'pem', type: 'pkcs8' }));
    const before = contentsOf(world.folder);
    await assert.rejects(world.run(plan), fails('CONFLICT'));
    assert.deepEqual(contentsOf(world.folder), before);
  }));

test('another CA in the successor’s place, or a key of another kind, is not replaced', () =>
  inWorld(async (world) => {
    const { certificates } = await world.run(plan);
    const { folder } = world;
    const next = join(folder, 'ca/root.next');
    // One of another subject.
    cpSync(join(folder, 'ca/intermediate'), next, { recursive: true });
    const before = contentsOf(folder);
    await assert.rejects(startRollover(rolloverOptions(world)), fails('FILE_EXISTS', /root\.next/));
    assert.deepEqual(contentsOf(folder), before);
    // A key alone, of another kind.
    rmSync(next, { recursive: true });
    mkdirSync(next);
    const rsa = generatedKeys('rsa', { modulusLength: 2048 }).privateKey.export({
      format: 'pem',
      type: 'pkcs8',
    });
    writeFileSync(join(next, 'key.pem'), rsa);
    await assert.rejects(startRollover(rolloverOptions(world)), fails('FILE_EXISTS', /root\.next\/key\.pem/));
    assert.equal(readFileSync(join(next, 'key.pem'), 'utf8'), rsa);
    // One of the same kind is what an interrupted roll-over leaves: it becomes the new CA's.
    const ec = generatedKeys('ec', { namedCurve: 'prime256v1' }).privateKey.export({
      format: 'pem',
      type: 'pkcs8',
    });
    writeFileSync(join(next, 'key.pem'), ec);
    await startRollover(rolloverOptions(world));
    assert.equal(readFileSync(certificates.root!.key, 'utf8'), ec);
    const root = new X509Certificate(readFileSync(certificates.root!.certificate));
    assert.ok(root.checkPrivateKey(createPrivateKey(ec)));
  }));

test('a re-issue that was cut off after any file comes through, and every key that there was is still there', () =>
  inWorld(async (world) => {
    await world.run(plan);
    await startRollover(rolloverOptions(world));
    const start = `${world.folder}.start`;
    cpSync(world.folder, start, { recursive: true });
    await reissueBelow({ ...rolloverOptions(world), newKey: true });
    const end = `${world.folder}.end`;
    renameSync(world.folder, end);
    // The order in which they are written; the journal is that of the beginning, as where none is kept.
    const device = 'devices/device-001';
    const [aside] = readdirSync(join(end, device)).filter((name) => name.startsWith('previous-'));
    const written = [
      ...['key.pem', 'device.pfx', 'chain.pem', 'certificate.pem'].map(
        (name) => `${device}/${aside}/${name}`,
      ),
      ...['key.pem', 'device.pfx', 'chain.pem'].map((name) => `${device}/${name}`),
    ];
    for (let cut = 1; cut <= written.length; cut += 1) {
      rmSync(world.folder, { recursive: true, force: true });
      cpSync(start, world.folder, { recursive: true });
      for (const name of written.slice(0, cut)) {
        mkdirSync(join(world.folder, name, '..'), { recursive: true });
        cpSync(join(end, name), join(world.folder, name));
      }
      const before = keysIn(world.folder);
      const pfx = readFileSync(join(world.folder, device, 'device.pfx'));
      const { devices } = await reissueBelow({ ...rolloverOptions(world), newKey: true });
      assert.ok(devices.every(({ reissued }) => reissued));
      assertKept(before, world.folder, written[cut - 1]);
      const files = Object.keys(contentsOf(join(world.folder, device)));
      const isKept = files.some((name) => readFileSync(join(world.folder, device, name)).equals(pfx));
      assert.ok(isKept, `${written[cut - 1]}: a PKCS#12 file is lost`);
    }
  }));

test('a device whose PKCS#12 file holds another key keeps it', () =>
  inWorld(async (world) => {
    await world.run(plan);
    const device = layoutOf(world.folder).device('device-001');
    const other = readFileSync(device.key, 'utf8');
    const pfx = await createPfx({
      certificate: readFileSync(device.certificate, 'utf8'),
      privateKey: createPrivateKey(other),
      chain: [],
      friendlyName: 'mine',
      passphrase: 'mine',
    });
    writeFileSync(device.pfx, pfx);
    await startRollover(rolloverOptions(world));
    await reissueBelow({ ...rolloverOptions(world), newKey: false });
    const [aside] = readdirSync(device.folder).filter((name) => name.startsWith('previous-'));
    assert.ok(readFileSync(join(device.folder, aside!, 'device.pfx')).equals(Buffer.from(pfx)));
  }));

if (process.platform !== 'win32') {
  test('a roll-over writes through no symbolic link', () =>
    inWorld(async (world) => {
      await world.run(plan);
      const { folder } = world;
      const outside = `${folder}.outside`;
      mkdirSync(outside);
      const link = fails('FILE_UNWRITABLE', /root\.next|rollover\.json|device-001/);
      symlinkSync(outside, join(folder, 'ca/root.next'));
      await assert.rejects(startRollover(rolloverOptions(world)), link);
      assert.deepEqual(readdirSync(outside), []);
      rmSync(join(folder, 'ca/root.next'));
      symlinkSync(join(outside, 'record'), join(folder, 'ca/rollover.json'));
      await assert.rejects(startRollover(rolloverOptions(world)), link);
      assert.deepEqual(readdirSync(outside), []);
      rmSync(join(folder, 'ca/rollover.json'));
      await startRollover(rolloverOptions(world));
      renameSync(join(folder, 'devices/device-001'), join(outside, 'device'));
      symlinkSync(join(outside, 'device'), join(folder, 'devices/device-001'));
      const before = contentsOf(outside);
      const reissue = reissueBelow({ ...rolloverOptions(world), newKey: true });
      await assert.rejects(reissue, link);
      assert.deepEqual(contentsOf(outside), before);
    }));
}

test.run();
