/** Whatever the clock says, and however long an old certificate was valid: what is written can be read, or nothing is. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { openssl } from '../support/openssl.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

/** A CA without an expiration date, and its key (99991231235959Z, RFC 5280 section 4.1.2.5). */
const endless = fileURLToPath(new URL('../data/no-expiration', import.meta.url));
const env = { ENROLLKIT_PASSPHRASE: 'secret' };

const endOf = (path: string) => openssl(['x509', '-in', path, '-noout', '-enddate']).trim();
const noEnd = 'notAfter=Dec 31 23:59:59 9999 GMT';

test('a certificate without an expiration date is renewed without one, and again', () =>
  inTemporaryFolder(async (folder) => {
    cpSync(endless, folder, { recursive: true });
    const certificate = join(folder, 'certificate.pem');
    const before = readFileSync(certificate);
    for (const flags of [[], ['--new-key'], []]) {
      const { status, stderr } = await run(['cert', 'renew', certificate, '--force', ...flags]);
      assert.equal(status, 0, stderr);
      assert.equal(endOf(certificate), noEnd);
      assert.equal((await run(['cert', 'inspect', certificate])).status, 0);
    }
    assert.notDeepEqual(readFileSync(certificate), before);
  }));

test('a root without an expiration date is rolled over', () =>
  inTemporaryFolder(async (folder) => {
    cpSync(endless, join(folder, 'ca/root'), { recursive: true });
    const step = async (...argv: string[]) => {
      const { status, stdout, stderr } = await run(['cert', ...argv, '--dir', folder]);
      assert.equal(status, 0, stdout + stderr);
    };
    await step('device', 'd1');
    await step('rollover', 'root');
    assert.equal(endOf(join(folder, 'ca/root/certificate.pem')), noEnd);
    await step('rollover', 'root', '--reissue');
    await step('rollover', 'root', '--finish');
    const root = join(folder, 'ca/root/certificate.pem');
    openssl(['verify', '-CAfile', root, join(folder, 'devices/d1/certificate.pem')]);
  }));

/** Everything that makes certificates, in a folder with the CA, a certificate to renew and a request. */
const making: Record<string, string[]> = {
  root: ['cert', 'root', 'R', '--days', '36500', '--out', 'out'],
  'self-signed': ['cert', 'self-signed', 'd', '--out', 'out'],
  intermediate: [
    'cert',
    'intermediate',
    'I',
    '--ca',
    'ca/certificate.pem',
    '--ca-key',
    'ca/key.pem',
    '--out',
    'out',
  ],
  device: [
    'cert',
    'device',
    'd',
    '--ca',
    'ca/certificate.pem',
    '--ca-key',
    'ca/key.pem',
    '--days',
    '36500',
    '--out',
    'out',
  ],
  sign: [
    'cert',
    'sign',
    'request.pem',
    '--ca',
    'ca/certificate.pem',
    '--ca-key',
    'ca/key.pem',
    '--out',
    'out/certificate.pem',
  ],
  verification: [
    'cert',
    'verification',
    'A'.repeat(48),
    '--ca',
    'ca/certificate.pem',
    '--ca-key',
    'ca/key.pem',
    '--out',
    'out/certificate.pem',
  ],
  renew: ['cert', 'renew', 'ca/certificate.pem', '--key', 'ca/key.pem', '--out', 'out'],
  'renew for a hundred years': [
    'cert',
    'renew',
    'ca/certificate.pem',
    '--key',
    'ca/key.pem',
    '--days',
    '36500',
    '--out',
    'out',
  ],
  certgen: [
    'certgen',
    'install_root_ca_from_files',
    'ca/certificate.pem',
    'ca/key.pem',
    '--edge',
    '--dir',
    'out',
  ],
};

for (const [name, argv] of Object.entries(making)) {
  test(`${name}: at the ends of time, what is written can be read, or nothing is`, () =>
    inTemporaryFolder(async (folder) => {
      cpSync(endless, join(folder, 'ca'), { recursive: true });
      await run(['cert', 'csr', 'd', '--out', folder]);
      const inFolder = argv.map((word) =>
        /^(ca\/|out|request\.pem)/.test(word) ? join(folder, word) : word,
      );
      const out = join(folder, 'out');
      for (const at of [
        '-000001-06-01',
        '1949-12-31',
        '1965-01-01',
        '2049-12-31',
        '9900-06-01',
        '9999-12-31T12:00',
        '+010000-01-01',
        '+020000-01-01',
      ]) {
        rmSync(out, { recursive: true, force: true });
        if (name === 'sign' || name === 'verification') mkdirSync(out);
        const { status, stderr } = await run(inFolder, {
          env,
          now: new Date(`${at}${at.includes('T') ? 'Z' : ''}`),
        });
        const files = existsSync(out) ? (readdirSync(out, { recursive: true }) as string[]) : [];
        const written = files.filter((file) => file.endsWith('.pem'));
        if (status === 0) {
          const certificates = written
            .map((file) => join(out, file))
            .filter((path) => readFileSync(path, 'latin1').startsWith('-----BEGIN CERTIFICATE---'));
          assert.ok(certificates.length > 0);
          for (const path of certificates) {
            assert.match(endOf(path), /\d{4} GMT$/);
            assert.equal((await run(['cert', 'inspect', path])).status, 0, `${at}: ${path}`);
          }
        } else {
          assert.equal(status, 2, `${at}: ${stderr}`);
          assert.deepEqual(written, [], `${at}: ${stderr}`);
        }
      }
    }));
}

test('a fleet below a CA without an expiration date ends by its own days', () =>
  inTemporaryFolder(async (folder) => {
    const ca = ['--ca', join(endless, 'certificate.pem'), '--ca-key', join(endless, 'key.pem')];
    const argv = ['fleet', 'issue', '--pattern', 'd-{1..2}', ...ca, '--days', '36500', '--out', 'out'];
    const { status, stderr } = await run(argv, { cwd: folder });
    assert.equal(status, 0, stderr);
    const year = new Date(Date.now() + 36_500 * 86_400_000).getUTCFullYear();
    assert.match(endOf(join(folder, 'out/d-1/certificate.pem')), new RegExp(` ${year} GMT$`));
  }));

test('more days than a hundred years have are refused', () =>
  inTemporaryFolder(async (folder) => {
    for (const argv of [
      ['cert', 'root', 'R'],
      ['cert', 'renew', join(endless, 'certificate.pem')],
      ['cert', 'device', 'd', '--ca', join(endless, 'certificate.pem'), '--ca-key', join(endless, 'key.pem')],
      [
        'fleet',
        'issue',
        '--pattern',
        'd-{1..2}',
        '--ca',
        join(endless, 'certificate.pem'),
        '--ca-key',
        join(endless, 'key.pem'),
      ],
    ]) {
      const { status } = await run([...argv, '--days', '99999999', '--out', join(folder, 'out')]);
      assert.equal(status, 2, argv.join(' '));
      assert.deepEqual(readdirSync(folder), []);
    }
  }));

test('a date that is not on the calendar is refused, not taken for another', async () => {
  const file = join(endless, 'certificate.pem');
  for (const at of ['2026-02-30', '2026-02-29', '2026-04-31T10:00:00Z', '2026-13-01', '10000-01-01']) {
    const { status, stderr } = await run(['cert', 'verify', file, '--trust', file, '--at', at]);
    assert.equal(status, 2, at);
    assert.ok(stderr.includes(at));
  }
  const { status } = await run([
    'cert',
    'verify',
    file,
    '--trust',
    file,
    '--at',
    '2028-02-29T23:59:59+14:00',
  ]);
  assert.equal(status, 0);
});

test.run();
