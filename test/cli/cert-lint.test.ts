/** `enrollkit cert lint`, from outside. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { generateKeyPair, keyAlgorithms } from '../../src/pki/keys.js';
import { lintRules } from '../../src/pki/lint/lint.js';
import { issue } from '../../src/pki/make/issue.js';
import { loadProfile, type Role, roles } from '../../src/pki/make/profile.js';
import { validateChain } from '../../src/pki/path/validate.js';
import { certificateToPem, parseCertificates, sha256Thumbprint } from '../../src/pki/x509/certificate.js';
import { make, makeChain } from '../support/chains.js';
import { openssl } from '../support/openssl.js';
import { newEcKey } from '../support/openssl-authority.js';
import { inWorld, planWith } from '../support/quickstart.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { run } from './in-process.js';

const testWithOpenssl = testWith('openssl', test);

interface Linted {
  errors: number;
  warnings: number;
  findings: {
    file: string;
    severity: string;
    code: keyof typeof lintRules;
    message: string;
    source: string;
    certificate: { subject: string; sha256Thumbprint: string };
  }[];
  unreadable: { file: string; message: string }[];
  locked: { file: string; message: string }[];
  chains: { file: string; use: string; subject: string; certificates: string[] }[];
}

async function lint(argv: string[], options?: Parameters<typeof run>[1]) {
  const { status, stdout, stderr } = await run(['cert', 'lint', ...argv, '--json'], options);
  assert.ok(stdout.startsWith('{'), stderr);
  return { status, stderr, ...(JSON.parse(stdout) as Linted) };
}

/** That a folder is clean, and that each of its chains up to a root of the folder holds in mode strict. */
async function assertClean(folder: string): Promise<Linted['chains']> {
  const linted = await lint([folder, '--strict']);
  assert.deepEqual(linted.findings, []);
  assert.deepEqual(linted.unreadable, []);
  assert.equal(linted.status, 0);
  const byThumbprint = new Map(
    linted.chains
      .filter(({ file }) => file.endsWith('.pem'))
      .flatMap(({ file }) => parseCertificates(readFileSync(file, 'utf8')))
      .map((certificate) => [sha256Thumbprint(certificate), certificate.der]),
  );
  for (const { file, use, certificates } of linted.chains) {
    const chain = certificates.map((sha256) => byThumbprint.get(sha256)!);
    const { valid, failures } = await validateChain({
      leaf: chain[0]!,
      intermediates: chain.slice(1, -1),
      trustAnchors: chain.slice(-1),
      at: new Date(),
      purpose: use === 'server' ? 'serverAuth' : use === 'device' ? 'clientAuth' : 'any',
      mode: 'strict',
    });
    assert.deepEqual({ file, valid, failures }, { file, valid: true, failures: [] });
  }
  return linted.chains;
}

test('what a quickstart leaves is clean, and each chain is judged once', () =>
  inWorld(async ({ folder, run: quickstart }) => {
    const plan = planWith((change) => {
      change.devices.registrationIds = ['d1', 'd2'];
      change.enrollmentGroup.iotEdge = true;
      change.devices.sendTelemetry = false;
    });
    await quickstart(plan);
    const chains = await assertClean(folder);
    assert.deepEqual(
      chains.map(({ file, use, certificates }) => [file.slice(folder.length + 1), use, certificates.length]),
      [
        ['ca/intermediate/chain.pem', 'ca', 2],
        ['ca/root/certificate.pem', 'ca', 1],
        ['devices/d1/chain.pem', 'device', 3],
        ['devices/d1/edge-ca/chain.pem', 'ca', 3],
        ['devices/d2/chain.pem', 'device', 3],
        ['devices/d2/edge-ca/chain.pem', 'ca', 3],
        ['proof-of-possession/certificate.pem', 'device', 2],
      ],
    );
  }));

test('what the commands make is clean: every one that makes certificates', () =>
  inTemporaryFolder(async (folder) => {
    const dir = ['--dir', folder];
    const at = (...names: string[]) => join(folder, ...names);
    for (const argv of [
      ['root', 'Root', '--out', at('ca/root'), '--organization', 'Contoso', '--country', 'DE'],
      ['intermediate', 'Inter', '--out', at('ca/intermediate'), ...dir],
      ['device', 'd1', '--dns', 'd1.local', '--email', 'd1@contoso.example', ...dir],
      ['edge', 'gateway', ...dir],
      ['server', 'localhost', '--dns', 'localhost', '--ip', '::1', '--out', at('server'), ...dir],
      ['verification', '106A5SD242AF512B3498BD6098C4941E', '--out', at('proof.pem'), ...dir],
      ['self-signed', 'alone', '--out', at('alone')],
      ['csr', 'd2', '--out', at('d2')],
      ['sign', at('d2/request.pem'), '--out', at('d2/chain.pem'), ...dir],
      ['renew', at('devices/d1/chain.pem'), '--new-key', '--out', at('renewed'), ...dir],
      ['bundle', at('devices/d1/chain.pem'), '--out', at('bundle.pem')],
    ]) {
      const { status, stderr } = await run(['cert', ...argv]);
      assert.equal(status, 0, `${argv.join(' ')}\n${stderr}`);
    }
    const chains = await assertClean(folder);
    assert.ok(chains.length >= 9, `${chains.length} chains`);
  }));

for (const algorithm of keyAlgorithms) {
  test(`every profile is clean with ${algorithm}, and holds in mode strict`, () =>
    inTemporaryFolder(async (folder) => {
      // One key for all of them: one of 4096 bits takes seconds.
      const { publicKey, privateKey } = await generateKeyPair(algorithm);
      const at = new Date();
      const root = await issue({
        profile: loadProfile('root'),
        subject: { commonName: 'Root' },
        publicKey: publicKey,
        issuer: { privateKey },
        at,
      });
      const below = (role: Role, commonName: string, issuer: string) =>
        issue({
          profile: loadProfile(role),
          subject: { commonName },
          publicKey: publicKey,
          issuer: { certificate: issuer, privateKey },
          at,
          ...(role === 'server' ? { subjectAlternativeNames: { dns: ['localhost'] } } : {}),
        });
      const { pem } = await below('intermediate', 'Inter', root.pem);
      const write = (name: string, text: string) => writeFileSync(join(folder, `${name}.pem`), text);
      write('root', root.pem);
      write('intermediate', pem + root.pem);
      for (const role of roles.filter((one) => one !== 'root' && one !== 'intermediate')) {
        const leaf = await below(role, role === 'server' ? 'localhost' : `test-${role}`, pem);
        write(role, leaf.pem + pem + root.pem);
      }
      const chains = await assertClean(folder);
      assert.equal(chains.length, roles.length);
    }));
}

testWithOpenssl(
  'findings name file, certificate, code and source; errors give status 11, warnings with --strict only',
  () =>
    inTemporaryFolder(async (folder) => {
      const { root, intermediate } = await makeChain();
      const bad = join(folder, 'bad.pem');
      const wrongId = await make('device', 'not a legal ID!', intermediate);
      writeFileSync(bad, wrongId.pem + root.pem + intermediate.pem);
      const answer = await lint([bad]);
      assert.equal(answer.status, 11);
      const codes = answer.findings.map(({ code }) => code);
      assert.ok(codes.includes('REGISTRATION_ID') && codes.includes('CHAIN_ORDER'), codes.join());
      assert.equal(answer.errors, answer.findings.filter(({ severity }) => severity === 'error').length);
      for (const finding of answer.findings) {
        assert.equal(finding.file, bad);
        assert.equal(finding.severity, lintRules[finding.code].severity);
        assert.ok(finding.source.length > 0 && finding.message.includes(finding.certificate.subject));
        assert.match(finding.certificate.sha256Thumbprint, /^[0-9A-F]{64}$/);
      }
      const text = await run(['cert', 'lint', bad]);
      assert.equal(text.status, 11);
      assert.match(
        text.stdout,
        /bad\.pem\n(.*\n)* {2}error {2}REGISTRATION_ID: .*\n {4}Azure DPS, .*SHA-256/,
      );
      assert.match(text.stdout, /errors?, 0 warnings in 1 chain\.\n$/);

      const long = join(folder, 'long.pem');
      writeFileSync(
        long,
        openssl([
          'req',
          '-x509',
          ...newEcKey(join(folder, 'k')),
          '-subj',
          '/CN=mail/emailAddress=a@b.example',
          '-days',
          '30',
          '-addext',
          'keyUsage=critical,keyCertSign,cRLSign',
        ]),
      );
      const warned = await lint([long]);
      assert.deepEqual([warned.status, warned.errors], [0, 0]);
      assert.ok(warned.warnings > 0);
      assert.equal((await lint([long, '--strict'])).status, 11);
    }),
);

test('--at and --use: another day, another use', () =>
  inTemporaryFolder(async (folder) => {
    const { root, intermediate, device } = await makeChain();
    const path = join(folder, 'chain.pem');
    writeFileSync(path, device.pem + intermediate.pem + root.pem);
    assert.equal((await lint([path])).status, 0);
    const late = await lint([path, '--at', '2099-01-01']);
    assert.equal(late.status, 11);
    assert.deepEqual([...new Set(late.findings.map(({ code }) => code))], ['EXPIRED']);
    assert.equal(late.findings.length, 3);
    const uses: [string, string][] = [
      ['server', 'SERVER_NAME_MISSING'],
      ['ca', 'GROUP_CA'],
    ];
    for (const [use, code] of uses) {
      const { findings, chains } = await lint([path, '--use', use]);
      assert.ok(
        findings.some((one) => one.code === code),
        code,
      );
      assert.equal(chains[0]!.use, use);
    }
    assert.equal((await run(['cert', 'lint', path, '--use', 'spoon'])).status, 2);
    assert.equal((await run(['cert', 'lint'])).status, 2);
  }));

test('a CA of many chains is told once, where it stands by itself; issuers are found in the other files', () =>
  inTemporaryFolder(async (folder) => {
    const root = await make('root', 'Root', undefined, { at: new Date('2020-01-01'), validityDays: 365 });
    const issuer = { ...root, at: new Date('2020-06-01') };
    const leaves = await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        make('device', name, issuer, { at: new Date('2020-06-01'), validityDays: 30 }),
      ),
    );
    mkdirSync(join(folder, 'z'));
    writeFileSync(join(folder, 'z/root.pem'), root.pem);
    leaves.forEach(({ pem }, index) => {
      writeFileSync(join(folder, `${index}.pem`), pem);
    });
    writeFileSync(join(folder, '0-chain.pem'), leaves[0]!.pem + root.pem);
    const { findings, chains } = await lint([folder]);
    assert.deepEqual(
      findings.map(({ file, code, certificate }) => [
        file.slice(folder.length + 1),
        code,
        certificate.subject,
      ]),
      [
        ['0-chain.pem', 'EXPIRED', 'CN=a'],
        ['1.pem', 'EXPIRED', 'CN=b'],
        ['2.pem', 'EXPIRED', 'CN=c'],
        ['z/root.pem', 'EXPIRED', 'CN=Root'],
      ],
    );
    assert.ok(chains.every(({ use, certificates }) => certificates.length === (use === 'ca' ? 1 : 2)));
  }));

testWithOpenssl(
  'PKCS#7 has no order; a file of a folder that cannot be read fails, a locked PKCS#12 does not',
  () =>
    inTemporaryFolder(async (folder) => {
      const { root, intermediate, device } = await makeChain();
      const at = (name: string) => join(folder, name);
      writeFileSync(at('mixed.pem'), root.pem + device.pem + intermediate.pem);
      openssl(['crl2pkcs7', '-nocrl', '-certfile', at('mixed.pem'), '-out', at('set.p7b')]);
      assert.equal((await lint([at('mixed.pem')])).status, 11);
      const set = await lint([at('set.p7b')]);
      assert.deepEqual([set.status, set.findings], [0, []]);
      assert.equal(set.chains[0]!.certificates.length, 3);

      const inner = at('inner');
      mkdirSync(inner);
      writeFileSync(join(inner, 'chain.pem'), device.pem + intermediate.pem + root.pem);
      const key = device.privateKey.export({ format: 'pem', type: 'pkcs8' });
      writeFileSync(at('key.pem'), key);
      const pfx = ['-out', join(inner, 'device.pfx'), '-passout', 'pass:secret'];
      openssl(['pkcs12', '-export', '-in', join(inner, 'chain.pem'), '-inkey', at('key.pem'), ...pfx]);
      const locked = await lint([inner]);
      assert.deepEqual([locked.status, locked.unreadable.length, locked.locked.length], [0, 0, 1]);
      const opened = await lint([inner], { env: { ENROLLKIT_PASSPHRASE: 'secret' } });
      assert.deepEqual([opened.status, opened.locked, opened.chains.length], [0, [], 1]);
      const cut = certificateToPem(parseCertificates(device.pem)[0]!).slice(0, 300);
      writeFileSync(join(inner, 'cut.pem'), cut);
      const unread = await lint([inner]);
      assert.deepEqual([unread.status, unread.errors], [11, 0]);
      assert.ok(unread.unreadable[0]!.file.endsWith('cut.pem'));
      assert.notEqual((await run(['cert', 'lint', join(inner, 'cut.pem')])).status, 0);
    }),
);

test.run();
