/** A fleet whose keys are encrypted: for other programs as any encrypted key, and without the cost of one for each. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { devicesFromPattern } from '../../src/fleet/devices/device-source.js';
import { issueFleet } from '../../src/fleet/issue-fleet.js';
import { privateKeyFromPem } from '../../src/pki/keys.js';
import { run } from '../cli/in-process.js';
import { openssl } from '../support/openssl.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { createGroup, inFleetWorld } from './registration-support.js';
import { devicesOf, type Format, makeCertificateFolder } from './support.js';

const certs = await makeCertificateFolder(mkdtempSync(join(tmpdir(), 'enrollkit-fleet-')));
test.after(() => rmSync(certs, { recursive: true, force: true }));

const env = { ENROLLKIT_PASSPHRASE: 'correct horse', ...withCodes };
const flagsFor = (format: string, count = 3) =>
  `fleet issue --pattern d-{1..} --count ${count} --format ${format} --out f --encrypt-key --dir`
    .split(' ')
    .concat(certs);

const testWithOpenssl = testWith('openssl', test);

for (const format of ['dir', 'ndjson', 'tar'] as const) {
  testWithOpenssl(
    `${format}: openssl opens every key and PKCS#12 file with the passphrase, and no other`,
    () =>
      inTemporaryFolder(async (folder) => {
        const issued = await run([...flagsFor(format), '--pfx'], { cwd: folder, env });
        assert.equal(issued.status, 0, issued.stderr);
        const devices = await devicesOf(format as Format, join(folder, 'f'));
        const [salts, vectors] = [new Set<string>(), new Set<string>()];
        const key = join(folder, 'key.pem');
        for (const { privateKey, certificate } of devices) {
          assert.match(privateKey, /^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
          writeFileSync(key, privateKey);
          const opened = openssl(['pkey', '-in', key, '-passin', 'pass:correct horse', '-pubout']);
          writeFileSync(join(folder, 'leaf.pem'), certificate);
          assert.equal(opened, openssl(['x509', '-in', join(folder, 'leaf.pem'), '-noout', '-pubkey']));
          assert.throws(() => openssl(['pkey', '-in', key, '-passin', 'pass:wrong horse', '-noout']));
          const octets = [
            ...openssl(['asn1parse', '-in', key]).matchAll(/OCTET STRING\s+\[HEX DUMP\]:(\w+)/g),
          ];
          salts.add(octets[0]![1]!);
          vectors.add(octets[1]![1]!);
        }
        assert.deepEqual([devices.length, salts.size, vectors.size], [3, 1, 3]);
        if (format === 'dir') {
          const pfx = join(folder, 'f', 'd-2', 'device.pfx');
          const bag = openssl(['pkcs12', '-in', pfx, '-nodes', '-passin', 'pass:correct horse']);
          assert.match(bag, /BEGIN PRIVATE KEY/);
          assert.throws(() => openssl(['pkcs12', '-in', pfx, '-nodes', '-passin', 'pass:']));
        }
        // Finished: the same command changes nothing, and one with other protection does not take it for its own.
        const again = await run([...flagsFor(format), '--pfx', '--json'], { cwd: folder, env });
        assert.equal(JSON.parse(again.stdout).made, 0, again.stderr);
        const plain = flagsFor(format).filter((word) => word !== '--encrypt-key');
        const refused = await run(plain, { cwd: folder, env });
        assert.equal(refused.status, 9);
        assertRefusal(refused.stderr, 'FILE_EXISTS', ' f');
      }),
  );

  test(`${format}: an interrupted run goes on with its passphrase only, and as it began`, () =>
    inTemporaryFolder(async (folder) => {
      const out = join(folder, 'f');
      const pem = (...path: string[]) => readFileSync(join(certs, 'ca', ...path), 'utf8');
      const controller = new AbortController();
      const issue = (passphrase: string, onProgress?: () => void) =>
        issueFleet({
          source: devicesFromPattern('d-{0001..1200}'),
          ca: {
            certificate: pem('intermediate', 'certificate.pem'),
            privateKey: privateKeyFromPem(pem('intermediate', 'key.pem')),
            chainPem: pem('intermediate', 'chain.pem'),
          },
          format,
          out,
          manifest: `${out}.manifest.csv`,
          workers: 1,
          passphrase,
          ...(onProgress ? { onProgress, signal: controller.signal } : {}),
        });
      let calls = 0;
      const aborted = issue('correct horse', () => {
        calls += 1;
        if (calls === 3) controller.abort(new Error('enough'));
      });
      await assert.rejects(aborted, /enough/);
      const journal = readFileSync(`${out}.journal`, 'utf8');
      assert.doesNotMatch(journal, /correct horse/);
      await assert.rejects(issue('wrong horse'), { code: 'WRONG_PASSPHRASE' });
      assert.equal(readFileSync(`${out}.journal`, 'utf8'), journal);
      // As after a kill: the last folders are there, and the journal does not know them.
      const lines = journal.split('\n');
      const last = format === 'dir' ? lines.splice(-2, 1)[0]! : undefined;
      writeFileSync(`${out}.journal`, lines.join('\n'));
      // None, if the run was aborted before its second commit.
      const known: number = JSON.parse(lines.at(-2)!).done.devices;
      const unknown = last && `d-${String(JSON.parse(last).done.devices).padStart(4, '0')}`;
      const keyOf = () => unknown && readFileSync(join(out, unknown, 'key.pem'), 'utf8');
      const key = keyOf();
      const { devices, made } = await issue('correct horse');
      assert.equal(keyOf(), key);
      assert.deepEqual({ devices, made }, { devices: 1200, made: 1200 - known });
      const all = await devicesOf(format, out);
      for (const { privateKey } of [all[0]!, all.at(-1)!]) privateKeyFromPem(privateKey, 'correct horse');
      // The salt is in the same place of each key.
      assert.equal(new Set(all.map(({ privateKey }) => privateKey.slice(40, 90))).size, 1);
    }));
}

test('the passphrase is needed to register it, and is asked for before anything is written', () =>
  inFleetWorld(async (world) => {
    await createGroup(world);
    const passphrase = join(world.folder, 'passphrase');
    writeFileSync(passphrase, 'correct horse\n');
    const flags = ['--count', '3', '--pattern', 's-{1..}', '--format', 'ndjson', '--dir', world.certs];
    const out = await world.issue('f', ...flags, '--encrypt-key', '--passphrase-file', passphrase);
    await assert.rejects(world.register(out), { code: 'PASSPHRASE_REQUIRED' });
    await assert.rejects(world.register(out, { passphrase: 'wrong' }), { code: 'WRONG_PASSPHRASE' });
    assert.throws(() => readFileSync(`${out}.registrations.ndjson`), { code: 'ENOENT' });
    const { assigned, failed } = await world.register(out, { passphrase: 'correct horse' });
    assert.deepEqual([assigned, failed], [3, 0]);
  }));

test.run();
