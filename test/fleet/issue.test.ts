/** `enrollkit fleet issue` from outside: what it leaves, judged by openssl, and what it refuses. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { run } from '../cli/in-process.js';
import { openssl } from '../support/openssl.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import {
  assertWhole,
  devicesOf,
  type Format,
  fleetIssue,
  makeCertificateFolder,
  manifestOf,
  numbered,
  rootOf,
} from './support.js';

const certs = await makeCertificateFolder(mkdtempSync(join(tmpdir(), 'enrollkit-fleet-')));
const ca = ['--dir', certs];
test.after(() => rmSync(certs, { recursive: true, force: true }));

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

async function done(cwd: string, ...flags: string[]) {
  const ended = await fleetIssue(cwd, ...flags);
  assert.equal(ended.status, 0, ended.stderr);
  return ended;
}

/** Throws unless openssl takes the certificate and the key. */
function accepted(folder: string, { certificate, chain, privateKey }: Record<string, string>): void {
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const chainFile = write('chain', chain!);
  const leaf = write('leaf', certificate!);
  openssl([
    'verify',
    '-x509_strict',
    '-purpose',
    'sslclient',
    '-CAfile',
    rootOf(certs),
    '-untrusted',
    chainFile,
    leaf,
  ]);
  openssl(['pkey', '-in', write('key', privateKey!), '-check', '-noout']);
}

for (const [format, keyAlgorithm] of [
  ['dir', 'ec-p256'],
  ['ndjson', 'ec-p384'],
  ['tar', 'rsa-2048'],
] as [Format, string][]) {
  test(`${format} with ${keyAlgorithm}: every device whole, taken by openssl, nothing else left`, () =>
    inTemporaryFolder(async (folder) => {
      const out = join(folder, 'fleet');
      const count = keyAlgorithm.startsWith('rsa') ? 5 : 300;
      const flags = [
        '--count',
        String(count),
        '--pattern',
        'unit:{0001..}',
        '--format',
        format,
        '--out',
        'fleet',
      ];
      const subject = ['--organization', 'Contoso, Ltd', '--country', 'DE', '--days', '30'];
      await done(folder, ...flags, ...ca, ...subject, '--key-algorithm', keyAlgorithm);
      const rows = manifestOf(`${out}.manifest.csv`);
      assert.equal(rows[0]!.subject, 'CN=unit:0001, O="Contoso, Ltd", C=DE');
      const days = (Date.parse(rows[0]!.notAfter!) - Date.parse(rows[0]!.notBefore!)) / 86_400_000;
      assert.ok(Math.abs(days - 30) < 0.02, `${days} days`);
      const devices = await devicesOf(format, out);
      assert.equal(devices.length, count);
      for (const device of [devices[0]!, devices.at(-1)!]) accepted(folder, { ...device });
      for (const name of ['leaf', 'chain', 'key']) rmSync(join(folder, name));
      assert.deepEqual(readdirSync(folder).sort(), ['fleet', 'fleet.manifest.csv']);
      assert.equal(modeOf(out), format === 'dir' ? '700' : '600');
      assert.equal(modeOf(`${out}.manifest.csv`), '600');
      if (format !== 'dir') return;
      assert.equal(modeOf(join(out, 'unit%3A0007', 'key.pem')), '600');
      assert.deepEqual(readdirSync(join(out, 'unit%3A0007')).sort(), [
        'certificate.pem',
        'chain.pem',
        'key.pem',
      ]);
    }));
}

test('manifest, devices and keys agree, and a line of ndjson has what the documentation says', () =>
  inTemporaryFolder(async (folder) => {
    await done(folder, '--pattern', 'sensor-{1..600}', ...ca, '--format', 'ndjson', '--out', 'all');
    await assertWhole('ndjson', join(folder, 'all'), numbered('sensor-', 1, 600));
    const [line] = readFileSync(join(folder, 'all'), 'utf8').split('\n');
    const device = JSON.parse(line!);
    const [row] = manifestOf(join(folder, 'all.manifest.csv'));
    assert.deepEqual(Object.keys(device), [
      'registrationId',
      'certificate',
      'chain',
      'privateKey',
      'serialNumber',
      'notAfter',
      'sha1Thumbprint',
      'sha256Thumbprint',
    ]);
    for (const name of ['serialNumber', 'notAfter', 'sha1Thumbprint', 'sha256Thumbprint']) {
      assert.equal(device[name], row![name]);
    }
    assert.equal(device.chain.match(/BEGIN CERTIFICATE/g).length, 3);
  }));

test('PKCS#12 files hold certificate, key and chain', () =>
  inTemporaryFolder(async (folder) => {
    await done(folder, '--pattern', 'p-{1..2}', ...ca, '--pfx', '--out', 'fleet');
    const pfx = ['pkcs12', '-in', join(folder, 'fleet', 'p-2', 'device.pfx'), '-passin', 'pass:', '-nodes'];
    const text = openssl(pfx);
    assert.equal(text.match(/BEGIN CERTIFICATE/g)?.length, 3);
    assert.match(text, /friendlyName: p-2/);
    await done(folder, '--pattern', 'p-{1..2}', ...ca, '--pfx', '--format', 'ndjson', '--out', 'lines');
    const device = JSON.parse(readFileSync(join(folder, 'lines'), 'utf8').split('\n')[1]!);
    const again = openssl(['pkcs12', '-passin', 'pass:', '-nodes'], Buffer.from(device.pfx, 'base64'));
    assert.ok(again.includes(device.privateKey.split('\n')[1]));
  }));

test('to standard output, with the manifest where it is asked for', () =>
  inTemporaryFolder(async (folder) => {
    const flags = ['--pattern', 'o-{1..3}', ...ca, '--format', 'ndjson'];
    const { stdout } = await done(folder, ...flags, '--out', '-', '--manifest', 'list.csv');
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).registrationId);
    assert.deepEqual(ids, ['o-1', 'o-2', 'o-3']);
    assert.deepEqual(readdirSync(folder), ['list.csv']);
    assert.equal(manifestOf(join(folder, 'list.csv')).length, 3);
    const again = await run(['fleet', 'issue', ...flags, '--manifest', 'list.csv'], {
      cwd: folder,
      env: withCodes,
    });
    assert.equal(again.status, 9);
    assertRefusal(again.stderr, 'FILE_EXISTS', 'list.csv');
  }));

test('shards are the whole, once', () =>
  inTemporaryFolder(async (folder) => {
    const ids: string[] = [];
    for (const shard of ['1/3', '2/3', '3/3']) {
      const out = `part-${shard[0]}`;
      await done(
        folder,
        '--pattern',
        's-{1..10}',
        ...ca,
        '--shard',
        shard,
        '--format',
        'ndjson',
        '--out',
        out,
      );
      ids.push(...manifestOf(join(folder, `${out}.manifest.csv`)).map((row) => row.registrationId!));
    }
    assert.deepEqual(ids, numbered('s-', 1, 10));
    // More shards than devices: some have nothing to do, and say so by succeeding.
    await done(
      folder,
      '--pattern',
      's-{1..2}',
      ...ca,
      '--shard',
      '1/5',
      '--format',
      'ndjson',
      '--out',
      'none',
    );
    assert.equal(manifestOf(join(folder, 'none.manifest.csv')).length, 0);
  }));

for (const format of ['dir', 'ndjson', 'tar'] as const) {
  test(`${format}: the same command again changes nothing, another one is refused`, () =>
    inTemporaryFolder(async (folder) => {
      const out = join(folder, 'f');
      const same = ['--count', '20', '--pattern', 'a-{1..}', ...ca, '--format', format, '--out', out];
      await done(folder, ...same);
      const manifest = readFileSync(join(folder, 'f.manifest.csv'), 'utf8');
      const devices = JSON.stringify(await devicesOf(format, join(folder, 'f')));
      const again = await done(folder, ...same, '--json');
      assert.equal(JSON.parse(again.stdout).made, 0);
      for (const other of [
        ['--count', '21', '--pattern', 'a-{1..}'],
        ['--count', '19', '--pattern', 'a-{1..}'],
        ['--count', '20', '--pattern', 'b-{1..}'],
        ['--count', '20', '--pattern', 'a-{1..}', '--days', '9'],
        ['--count', '20', '--pattern', 'a-{1..}', '--key-algorithm', 'ec-p384'],
        ['--count', '20', '--pattern', 'a-{1..}', '--organization', 'Contoso'],
      ]) {
        const argv = ['fleet', 'issue', ...other, ...ca, '--format', format, '--out', out];
        const refused = await run(argv, { env: withCodes });
        assert.equal(refused.status, 9, other.join(' '));
        assertRefusal(refused.stderr, 'FILE_EXISTS', out);
      }
      assert.equal(readFileSync(join(folder, 'f.manifest.csv'), 'utf8'), manifest);
      assert.equal(JSON.stringify(await devicesOf(format, join(folder, 'f'))), devices);
      assert.deepEqual(readdirSync(folder).sort(), ['f', 'f.manifest.csv']);
    }));
}

const refused: [what: string, flags: string[], status: number, code: string, facts: string[]][] = [
  ['a count of 0', ['--count', '0', '--pattern', 'a{1..}'], 2, 'USAGE', ['--count', '1']],
  [
    'a count of a billion',
    ['--count', '1000000000', '--pattern', 'a{1..}'],
    2,
    'USAGE',
    ['--count', '100000000'],
  ],
  ['a count in words', ['--count', 'ten', '--pattern', 'a{1..}'], 2, 'USAGE', ['--count']],
  ['a pattern without a place', ['--count', '3', '--pattern', 'a'], 2, 'USAGE', ['"a"', '{000001..}']],
  ['a pattern with two places', ['--count', '3', '--pattern', 'a{1..}{1..}'], 2, 'USAGE', ['a{1..}{1..}']],
  ['a pattern that runs backwards', ['--pattern', 'a{9..1}'], 2, 'USAGE', ['9..1']],
  ['a pattern of a billion', ['--pattern', 'a{1..1000000000}'], 2, 'USAGE', ['100000000']],
  ['no count', ['--pattern', 'a{1..}'], 2, 'USAGE', ['--count']],
  [
    'a count that is not the pattern’s',
    ['--count', '4', '--pattern', 'a{1..3}'],
    2,
    'USAGE',
    ['3', '--count', '4'],
  ],
  ['an illegal ID', ['--count', '3', '--pattern', '-a{1..}'], 2, 'INVALID_REGISTRATION_ID', ['"-a1"']],
  [
    'an ID that becomes too long',
    ['--count', '20', '--pattern', `${'a'.repeat(63)}{1..}`],
    2,
    'INVALID_REGISTRATION_ID',
    ['65'],
  ],
  [
    'a shard beyond the last',
    ['--count', '3', '--pattern', 'a{1..}', '--shard', '3/2'],
    2,
    'USAGE',
    ['--shard'],
  ],
  ['shard 0', ['--count', '3', '--pattern', 'a{1..}', '--shard', '0/2'], 2, 'USAGE', ['--shard']],
  [
    'a CA that ends first',
    ['--count', '3', '--pattern', 'a{1..}', '--days', '2000'],
    2,
    'ISSUER_NOT_ALLOWED',
    ['Fleet Intermediate'],
  ],
  ['nothing', [], 2, 'USAGE', ['--pattern', '--from']],
  ['folders to standard output', ['--pattern', 'a{1..2}', '--out', '-'], 2, 'USAGE', ['--format']],
];
for (const [what, flags, status, code, facts] of refused) {
  test(`refused before anything is written: ${what}`, () =>
    inTemporaryFolder(async (folder) => {
      const out = flags.includes('--out') ? [] : ['--out', join(folder, 'f')];
      const ended = await run(['fleet', 'issue', ...flags, ...out, ...ca], { env: withCodes });
      assert.equal(ended.status, status, ended.stderr);
      assertRefusal(ended.stderr, code, ...facts);
      assert.deepEqual(readdirSync(folder), []);
    }));
}

test('a folder with anything in it is not written into', () =>
  inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'mine.txt'), 'mine');
    const inside = await fleetIssue(folder, '--pattern', 'a{1..3}', ...ca, '--out', '.', '--json');
    assert.equal(inside.status, 9);
    assert.equal(JSON.parse(inside.stdout).error.code, 'FILE_EXISTS');
    assert.deepEqual(readdirSync(folder), ['mine.txt']);
    assert.ok(!existsSync(join(folder, '..', '..manifest.csv')));
  }));

test.run();
