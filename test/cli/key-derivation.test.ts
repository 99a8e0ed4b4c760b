/** A key that asks for too much work is refused in words, and Ctrl-C ends the work on one that does not. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import { make, makeChain } from '../support/chains.js';
import { encryptedPem, pbes2, pbkdf2, pkcs12, scrypt, undecipherable } from '../support/encrypted-keys.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';
import { cli, type Ended } from './run-cli.js';

const env = { ENROLLKIT_PASSPHRASE: 'secret' };
const chain = makeChain();

/** As a run has left it, with a root whose key is this one. */
function makeCertificateFolder(folder: string, rootPem: string, key: Uint8Array): void {
  const root = join(folder, 'ca/root');
  mkdirSync(root, { recursive: true });
  mkdirSync(join(folder, '.enrollkit'));
  const pem = encryptedPem(key);
  const sha256 = createHash('sha256').update(pem).digest('hex');
  const thing = { kind: 'file', path: 'ca/root/key.pem', sha256 };
  const line = JSON.stringify({ at: '2026-01-01T00:00:00.000Z', event: 'made', thing });
  writeFileSync(join(folder, '.enrollkit/journal.ndjson'), `${line}\n`);
  writeFileSync(join(root, 'key.pem'), pem);
  for (const name of ['chain.pem', 'certificate.pem']) writeFileSync(join(root, name), rootPem);
}

/** With half an hour of scrypt, a certificate and its chain beside it. */
async function inFolderOfSlowKey(use: (at: (name: string) => string, folder: string) => Promise<void>) {
  const { root, device } = await chain;
  await inTemporaryFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const slow = undecipherable(pbes2(scrypt(32_768, 1, 100_000)));
    writeFileSync(at('slow.der'), slow);
    writeFileSync(at('slow.pem'), encryptedPem(slow));
    writeFileSync(at('legacy.pem'), `Proc-Type: 4,ENCRYPTED\n${encryptedPem(slow)}`);
    writeFileSync(at('slow.pfx'), pkcs12({ key: pbes2(scrypt(32_768, 1, 100_000)) }));
    writeFileSync(at('mac.pfx'), pkcs12({ mac: 2 ** 31 }));
    writeFileSync(at('root.pem'), root.pem);
    writeFileSync(at('device.pem'), device.pem);
    makeCertificateFolder(at('certs'), root.pem, slow);
    await use(at, folder);
  });
}

const filesIn = (folder: string) => (readdirSync(folder, { recursive: true }) as string[]).sort();

for (const [argv, code = 'INVALID_KEY'] of [
  [['cert', 'csr', 'd', '--key', 'slow.pem', '--out', 'out']],
  [['cert', 'csr', 'd', '--key', 'slow.der', '--out', 'out']],
  [['cert', 'csr', 'd', '--key', 'legacy.pem', '--out', 'out']],
  [['cert', 'csr', 'd', '--key', 'slow.pfx', '--out', 'out'], 'INVALID_PFX'],
  [['cert', 'inspect', 'slow.pfx'], 'INVALID_PFX'],
  [['cert', 'inspect', 'mac.pfx'], 'INVALID_PFX'],
  [['cert', 'self-signed', 'd', '--key', 'slow.pem', '--out', 'out']],
  [['cert', 'device', 'd', '--ca', 'root.pem', '--ca-key', 'slow.pem', '--out', 'out']],
  [['cert', 'device', 'd', '--dir', 'certs', '--out', 'out']],
  [['cert', 'pfx', 'device.pem', '--key', 'slow.pem', '--out', 'out']],
  [['cert', 'renew', 'root.pem', '--key', 'slow.pem', '--out', 'out']],
  [['fleet', 'issue', '--pattern', 'd-{1..2}', '--ca', 'root.pem', '--ca-key', 'slow.pem', '--out', 'out']],
  [['device', 'register', 'device-001', '--chain', 'device.pem', '--key', 'slow.pem', '--dir', 'new']],
  [['certgen', 'install_root_ca_from_files', 'root.pem', 'slow.pem', '--edge', '--dir', 'out']],
] as [argv: string[], code?: string][]) {
  const named = argv.find((word) => /^(slow|legacy|mac)\./.test(word)) ?? 'the key of the folder';
  test(`${argv.slice(0, 2).join(' ')} refuses ${named}, which asks for too much`, () =>
    inFolderOfSlowKey(async (_, folder) => {
      const before = filesIn(folder);
      const { status, stdout } = await run([...argv, '--json'], { cwd: folder, env });
      const { error } = JSON.parse(stdout);
      assert.deepEqual([status, error.code], [2, code], error.message);
      assert.match(error.message, /requires/);
      assert.deepEqual(filesIn(folder), before);
    }));
}

test('quickstart refuses a folder whose root key asks for too much', () =>
  inFolderOfSlowKey(async (at) => {
    const key = readFileSync(at('certs/ca/root/key.pem'));
    const { status, stdout } = await run(['quickstart', '--yes', '--json', '--dir', at('certs')], { env });
    assert.equal(status, 2, stdout);
    assert.match(stdout, /"INVALID_KEY"/);
    assert.deepEqual(readFileSync(at('certs/ca/root/key.pem')), key);
  }));

/** Whether a process has one of its own at work. */
function hasChild(pid: number): boolean {
  if (process.platform === 'linux') return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8') !== '';
  return execFileSync('ps', ['-A', '-o', 'ppid='], { encoding: 'utf8' }).split(/\s+/).includes(String(pid));
}

/** Runs a command, and sends it one Ctrl-C as soon as it works on a key. */
async function interrupted(argv: string[], cwd: string): Promise<Ended> {
  let child: ChildProcess | undefined;
  let isOver = false;
  const ended = cli(argv, { cwd, env, started: (one) => (child = one) }).finally(() => {
    isOver = true;
  });
  while (!isOver && child!.exitCode === null && !hasChild(child!.pid!)) await sleep(10);
  child!.kill('SIGINT');
  return ended;
}

const slowest = {
  pbkdf2: undecipherable(pbes2(pbkdf2(5_000_000, 'sha512'))),
  scrypt: undecipherable(pbes2(scrypt(16_384, 8, 128))),
  pfx: pkcs12({ certificates: pbes2(pbkdf2(5_000_000, 'sha512')) }),
};

test('one Ctrl-C ends a derivation at its bound, while the same one elsewhere goes on', () =>
  inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'slow.pem'), encryptedPem(slowest.pbkdf2));
    const argv = ['cert', 'csr', 'd', '--key', 'slow.pem', '--out', 'out'];
    const other = cli(argv, { cwd: folder, env });
    const one = interrupted(argv, folder);
    assert.equal((await Promise.race([one, other])).status, 130);
    assert.match((await one).stderr, /Interrupted/);
    assert.equal((await other).status, 3, 'it was not bounded away');
    assert.ok(!existsSync(join(folder, 'out')));
  }));

for (const [name, argv] of Object.entries({
  'a key by scrypt': ['cert', 'self-signed', 'd', '--key', 'scrypt.pem', '--out', 'out'],
  'a PKCS#12 file': ['cert', 'inspect', 'slow.pfx'],
  'a folder of PKCS#12 files': ['cert', 'lint', '.'],
  'the CA of a fleet': [
    'fleet',
    'issue',
    '--pattern',
    'd-{1..2}',
    '--ca',
    'root.pem',
    '--ca-key',
    'scrypt.pem',
    '--out',
    'out',
  ],
  'a key of a device': [
    'device',
    'register',
    'Test',
    '--chain',
    'device.pem',
    '--key',
    'scrypt.pem',
    '--dir',
    'out',
  ],
  'a root for certgen': [
    'certgen',
    'install_root_ca_from_files',
    'root.pem',
    'scrypt.pem',
    '--edge',
    '--dir',
    'out',
  ],
  'a certificate folder': ['quickstart', '--yes', '--dir', 'certs'],
  'a CA that is rolled over': ['cert', 'rollover', 'root', '--dir', 'certs'],
})) {
  test(`one Ctrl-C ends the opening of ${name}`, () =>
    inTemporaryFolder(async (folder) => {
      const { root } = await chain;
      const at = (path: string) => join(folder, path);
      writeFileSync(at('scrypt.pem'), encryptedPem(slowest.scrypt));
      writeFileSync(at('slow.pfx'), slowest.pfx);
      writeFileSync(at('root.pem'), root.pem);
      writeFileSync(at('device.pem'), (await make('device', 'Test', root)).pem);
      makeCertificateFolder(at('certs'), root.pem, slowest.scrypt);
      const { status, stderr } = await interrupted(argv, folder);
      assert.equal(status, 130, stderr);
      assert.match(stderr, /Interrupted/, stderr);
      assert.ok(!existsSync(at('out')) || filesIn(at('out')).length === 0, filesIn(folder).join());
    }));
}

const large = ['--key-algorithm', 'rsa-4096'];
for (const argv of [
  ['cert', 'root', 'R', '--out', 'out', ...large],
  ['cert', 'csr', 'd', '--out', 'out', ...large],
  ['quickstart', '--yes', '--dir', 'out', ...large],
  ['fleet', 'issue', '--pattern', 'd-{1..9}', '--ca', 'ca.pem', '--out', 'out', ...large],
  ['emulator', 'start', '--port', '0', '--mqtt-port', '0', '--dir', 'out', '--server-key', 'rsa-4096'],
]) {
  test(`one Ctrl-C ends the making of a large key by ${argv[0]} ${argv[1]}`, () =>
    inTemporaryFolder(async (folder) => {
      const { root } = await chain;
      writeFileSync(
        join(folder, 'ca.pem'),
        root.pem + root.privateKey.export({ format: 'pem', type: 'pkcs8' }),
      );
      const { status, stderr } = await interrupted(argv, folder);
      assert.equal(status, 130, stderr);
      assert.match(stderr, /Interrupted/, stderr);
      const made = filesIn(folder).filter(
        (file) => /key\.pem$/.test(file) && !/\.enrollkit|tls-root/.test(file),
      );
      assert.deepEqual(made, []);
    }));
}

test('one Ctrl-C ends certgen while it makes the keys of a CA', () =>
  inTemporaryFolder(async (folder) => {
    const { status, stderr } = await interrupted(['certgen', 'create_root_and_intermediate'], folder);
    assert.equal(status, 130, stderr);
    assert.deepEqual(filesIn(folder), []);
  }));

test.run();
