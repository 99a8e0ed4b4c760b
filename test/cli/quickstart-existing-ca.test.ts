/** `enrollkit quickstart --ca FILE`: a CA that you already have, as several tools write it. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { openssl } from '../support/openssl.js';
import { authorityExtensions, certify, rsaKey } from '../support/openssl-authority.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { isInstalled } from '../support/tools.js';
import { run } from './in-process.js';
import { assertHolds, commandsOn, contentsOf, sha256 } from './rollover-support.js';

const few = ['--yes', '--count', '1', '--no-telemetry', '--json'];
const passphrase = 'correct horse';
const withPassphrase = { ENROLLKIT_PASSPHRASE: passphrase };

/** The files of CAs that no test changes; those of a company are somewhere else than the certificate folder. */
const vault = mkdtempSync(join(tmpdir(), 'enrollkit-vault-'));
const inVault = (name: string) => join(vault, name);
const named = (certificate: string, key: string) => ['--ca', inVault(certificate), '--ca-key', inVault(key)];

function makeVault(): void {
  const make = (name: string, more: Partial<Parameters<typeof certify>[1]> = {}) =>
    certify(vault, { name, extensions: authorityExtensions, ...more });
  make('root', { key: rsaKey() });
  make('policy', { issuer: 'root' });
  make('line', { issuer: 'policy' });
  for (const name of ['policy', 'root'])
    appendFileSync(inVault('line.pem'), readFileSync(inVault(`${name}.pem`)));
  // As `step certificate create` writes keys.
  openssl([
    'ec',
    '-in',
    inVault('line.key'),
    '-aes256',
    '-passout',
    `pass:${passphrase}`,
    '-out',
    inVault('line.step'),
  ]);
  const files = ['-in', inVault('line.pem'), '-inkey', inVault('line.key'), '-passout', `pass:${passphrase}`];
  openssl(['pkcs12', '-export', ...files, '-out', inVault('line.pfx')]);

  const caWith = (...extensions: string[]) => ({
    extensions: [...authorityExtensions.slice(1), ...extensions],
  });
  make('no-room', caWith('basicConstraints = critical, CA:TRUE, pathlen:0'));
  make('not-a-ca', { extensions: ['basicConstraints = critical, CA:FALSE'] });
  make('servers', { extensions: [...authorityExtensions, 'extendedKeyUsage = serverAuth'] });
  make('constrained', {
    extensions: [
      ...authorityExtensions,
      'nameConstraints = critical, excluded;dirName:excluded',
      '[excluded]',
      'CN = device-002',
    ],
  });
  make('ed25519', { key: ['-algorithm', 'ED25519'] });
  make('other', {});
}

if (isInstalled('openssl')) {
  let before: Map<string, string>;
  test.before(() => {
    makeVault();
    before = contentsOf(vault);
  });
  test.after(() => rmSync(vault, { recursive: true, force: true }));
  test.after.each(() => assert.deepEqual(contentsOf(vault), before, 'the files of the CA are as they were'));

  const quickstart = async (folder: string, argv: string[], env: Record<string, string> = {}) => {
    const answer = await run(['quickstart', ...few, ...argv, '--dir', folder], { env });
    assert.equal(answer.status, 0, answer.stderr);
    return JSON.parse(answer.stdout);
  };
  const isEncrypted = (path: string) => readFileSync(path, 'utf8').includes('ENCRYPTED PRIVATE KEY');

  test('a root: the intermediate is issued below it; clean takes the copies only', () =>
    inTemporaryFolder(async (top) => {
      const folder = join(top, 'certs');
      const { at, succeed } = commandsOn(folder);
      const result = await quickstart(folder, named('root.pem', 'root.key'));
      assert.equal(result.devices[0].status, 'assigned');
      assert.equal(result.certificates.root.sha256Thumbprint, sha256(inVault('root.pem')));
      assertHolds(at('devices/device-001/chain.pem'), inVault('root.pem'));
      const { certificates } = JSON.parse(readFileSync(at('.enrollkit/plan.json'), 'utf8'));
      assert.equal(certificates.existingCa, 'root');
      assert.equal(readFileSync(at('.enrollkit/plan.json'), 'utf8').includes(vault), false);

      const written = contentsOf(folder);
      await quickstart(folder, named('root.pem', 'root.key'));
      await succeed('quickstart', '--plan', at('.enrollkit/plan.json'), '--json');
      // The CA in the folder is the one that is given: nothing to copy.
      await quickstart(folder, ['--ca', at('ca/root/certificate.pem'), '--ca-key', at('ca/root/key.pem')]);
      assert.deepEqual(contentsOf(folder), written);
      const doctor = await run(['doctor', '--dir', folder, '--json']);
      assert.equal(doctor.stdout.includes('CERTIFICATE_MISSING'), false, doctor.stdout);
      await succeed('clean', '--certificates', '--yes');
      assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], []);
    }));

  test('an intermediate without its root, its key encrypted: it is verified as the CA', () =>
    inTemporaryFolder(async (top) => {
      const folder = join(top, 'certs');
      const { at } = commandsOn(folder, { env: withPassphrase });
      openssl(['x509', '-in', inVault('line.pem'), '-out', join(top, 'alone.pem')]);
      const given = ['--ca', join(top, 'alone.pem'), '--ca-key', inVault('line.step')];
      const result = await quickstart(folder, [...given, '--no-encrypt-keys'], withPassphrase);
      assert.equal(result.devices[0].status, 'assigned');
      assert.equal(result.certificates.root, null);
      assert.equal(result.certificates.uploadedName, 'enrollkit-intermediate');
      assert.equal(existsSync(at('ca/root')), false);
      assert.ok(isEncrypted(at('ca/intermediate/key.pem')), 'a key that was encrypted stays so');
      assert.equal(isEncrypted(at('devices/device-001/key.pem')), false);
      const listed = await run(['ca', 'list', '--dir', folder, '--json'], { env: withPassphrase });
      assert.match(listed.stdout, /"enrollkit-intermediate"[\s\S]*"isVerified": ?true/);
      const again = contentsOf(folder);
      await quickstart(folder, ['--no-encrypt-keys', '--plan', at('.enrollkit/plan.json')], withPassphrase);
      assert.deepEqual(contentsOf(folder), again);
    }));

  test('an intermediate with its chain, from a PKCS#12 file: devices send the whole chain', () =>
    inTemporaryFolder(async (top) => {
      const folder = join(top, 'certs');
      const { at } = commandsOn(folder);
      const given = ['--ca', inVault('line.pfx'), '--iot-edge'];
      const result = await quickstart(folder, given, withPassphrase);
      assert.equal(result.devices[0].status, 'assigned');
      // Certificates are gone from the chain: without the CA, nobody knows which.
      const chain = readFileSync(at('ca/intermediate/chain.pem'), 'utf8');
      writeFileSync(at('ca/intermediate/chain.pem'), chain.slice(0, chain.lastIndexOf('-----BEGIN')));
      const again = ['quickstart', '--json', '--dir', folder, '--plan', at('.enrollkit/plan.json')];
      const refused = await run(again, { env: { ...withPassphrase, ...withCodes } });
      assertRefusal(refused.stderr, 'CHAIN_INVALID', at('ca/intermediate/chain.pem'));
      await quickstart(folder, given, withPassphrase);
      assert.equal(readFileSync(at('ca/intermediate/chain.pem'), 'utf8'), chain);
      assertHolds(at('devices/device-001/chain.pem'), inVault('root.pem'));
      assertHolds(at('devices/device-001/edge-ca/chain.pem'), inVault('root.pem'));
      assert.ok(isEncrypted(at('ca/intermediate/key.pem')));
      const pfx = [
        'pkcs12',
        '-in',
        at('devices/device-001/device.pfx'),
        '-passin',
        `pass:${passphrase}`,
        '-nokeys',
      ];
      assert.equal(openssl(pfx).match(/BEGIN CERTIFICATE/g)!.length, 4);
      const dry = await run([
        'quickstart',
        '--dry-run',
        ...named('line.pem', 'line.key'),
        '--dir',
        join(top, 'n'),
      ]);
      assert.equal(dry.status, 0, dry.stderr);
      assert.equal(dry.stdout.includes(join('ca', 'root')), false, dry.stdout);
      assert.equal(existsSync(join(top, 'n')), false);
    }));

  test('a CA that cannot be used is refused before anything is written', () =>
    inTemporaryFolder(async (top) => {
      const folder = join(top, 'certs');
      const refused = async (status: number, [code, ...facts]: [string, ...string[]], ...argv: string[]) => {
        const command = ['quickstart', '--yes', '--no-telemetry', ...argv, '--dir', folder];
        const answer = await run(command, { env: withCodes });
        assert.equal(answer.status, status, `${argv.join(' ')}\n${answer.stderr}`);
        assertRefusal(answer.stderr, code, ...facts);
        assert.equal(existsSync(folder), false, argv.join(' '));
      };
      const notAllowed = (name: string, ...facts: string[]) =>
        refused(
          2,
          ['ISSUER_NOT_ALLOWED', inVault(`${name}.pem`), ...facts],
          ...named(`${name}.pem`, `${name}.key`),
        );
      await notAllowed('no-room');
      await notAllowed('not-a-ca');
      await notAllowed('servers');
      await notAllowed('constrained', 'device-002');
      await refused(2, ['INVALID_KEY', inVault('ed25519.key')], ...named('ed25519.pem', 'ed25519.key'));
      await refused(2, ['KEY_MISMATCH', inVault('other.key')], ...named('root.pem', 'other.key'));
      await refused(8, ['PASSPHRASE_REQUIRED'], ...named('line.pem', 'line.step'));
      await refused(2, ['USAGE', '--ca-key'], '--ca', inVault('root.pem'));
      await refused(2, ['USAGE', '--ca'], '--ca-key', inVault('root.key'));
      await refused(9, ['FILE_UNREADABLE', inVault('none.pem')], ...named('none.pem', 'root.key'));
      await refused(2, ['INVALID_PLAN'], ...named('policy.pem', 'policy.key'), '--upload', 'root');
      await refused(2, ['INVALID_PLAN'], ...named('policy.pem', 'policy.key'), '--no-intermediate');
      await refused(2, ['USAGE', 'root', '"Mine"'], ...named('root.pem', 'root.key'), '--root-name', 'Mine');
      await refused(2, ['USAGE', '--existing-ca'], ...named('root.pem', 'root.key'), '--existing-ca', 'none');
    }));

  test('a folder with another CA, and a plan without its CA', () =>
    inTemporaryFolder(async (top) => {
      const folder = join(top, 'certs');
      const { at, fail } = commandsOn(folder);
      const command = ['quickstart', '--yes', '--count', '1', '--no-telemetry'];
      await fail(9, ['FILE_UNREADABLE', at('ca/root'), '--ca'], ...command, '--existing-ca', 'root');
      await quickstart(folder, named('root.pem', 'root.key'));
      const before = contentsOf(folder);
      await fail(9, ['FILE_EXISTS', inVault('other.pem')], ...command, ...named('other.pem', 'other.key'));
      assert.deepEqual(contentsOf(folder), before);
    }));
}

test.run();
