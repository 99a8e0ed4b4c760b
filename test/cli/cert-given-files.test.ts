/** Files of certificates, keys and CAs that people brought, through the command line. */
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';

import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import { tlv } from '../../src/pki/der/write.js';
import { makeCertificateRequest } from '../../src/pki/make/certificate-request.js';
import { parseCertificate, parseCertificates } from '../../src/pki/x509/certificate.js';
import { parseCertificateRequest } from '../../src/pki/x509/csr.js';
import { generatedKeys } from '../support/generated-keys.js';
import { openssl } from '../support/openssl.js';
import { alternativeNames, authority, raw } from '../support/raw-certificates.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';
import { run } from './in-process.js';

const data = (path: string) => fileURLToPath(new URL(`../data/pki/${path}`, import.meta.url));
const env = withCodes;

test('a CA whose certificates could never be valid is refused with the reason, unless it is forced', () =>
  inTemporaryFolder(async (folder) => {
    const reasons = {
      eku: 'clientAuth',
      nc: 'name constraints',
      unk: 'critical extension',
      pol: 'certificate policy',
      rsa1024: 'too short',
      nosubj: 'has no subject',
    };
    for (const [kind, reason] of Object.entries(reasons)) {
      const ca = ['--ca', data(`authorities/k-${kind}.pem`), '--ca-key', data(`authorities/k-${kind}.key`)];
      const out = join(folder, kind);
      const refused = await run(['cert', 'device', 'd', ...ca, '--out', out], { env });
      assertRefusal(refused.stderr, 'ISSUER_NOT_ALLOWED', reason, '--force');
      assert.equal(refused.status, 2);
      assert.doesNotMatch(refused.stderr, /issued by {2}/);
      assert.ok(!existsSync(out));
      const fleet = await run(
        [
          'fleet',
          'issue',
          '--count',
          '3',
          '--pattern',
          'd-{1..}',
          ...ca,
          '--out',
          join(folder, `fleet-${kind}`),
        ],
        { env },
      );
      assertRefusal(fleet.stderr, 'ISSUER_NOT_ALLOWED', reason);
      assert.deepEqual(readdirSync(folder), []);
    }
    const ca = ['--ca', data('authorities/k-eku.pem'), '--ca-key', data('authorities/k-eku.key')];
    const forced = await run(['cert', 'device', 'd', ...ca, '--out', join(folder, 'd'), '--force'], { env });
    assert.equal(forced.status, 0, forced.stderr);
    assert.match(forced.stderr, /\[cert\.not-valid\].*clientAuth/);
    assert.equal(parseCertificate(readFileSync(join(folder, 'd/certificate.pem'))).subject.text, 'CN=d');
  }));

test('a device key that DPS does not take is told when it is signed', () =>
  inTemporaryFolder(async (folder) => {
    const ca = join(folder, 'ca');
    assert.equal((await run(['cert', 'root', 'CA', '--out', ca])).status, 0);
    const keys = generatedKeys('ec', { namedCurve: 'secp521r1' });
    const { pem } = await makeCertificateRequest({ subject: { commonName: 'd' }, ...keys });
    writeFileSync(join(folder, 'd.csr'), pem);
    const signer = ['--ca', join(ca, 'certificate.pem'), '--ca-key', join(ca, 'key.pem')];
    const { status, stderr } = await run(['cert', 'sign', join(folder, 'd.csr'), ...signer], { env });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /\[cert\.not-for-dps\].*DPS.*EC P-521/);
  }));

test('a CA is refused below one whose path length leaves it nothing to issue', () =>
  inTemporaryFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    const ca = (name: string) => ['--ca', at(`${name}/chain.pem`), '--ca-key', at(`${name}/key.pem`)];
    const make = (...args: string[]) => run(['cert', ...args], { env });
    assert.equal((await make('root', 'A', '--path-length', '1', '--out', at('a'))).status, 0);
    assert.equal(
      (await make('intermediate', 'B', ...ca('a'), '--path-length', '0', '--out', at('b'))).status,
      0,
    );
    const refused = await make('intermediate', 'C', ...ca('b'), '--out', at('c'), '--force');
    assertRefusal(refused.stderr, 'ISSUER_NOT_ALLOWED', 'path length');
    assert.ok(!existsSync(at('c')));
  }));

test('a CA key with explicit EC parameters is refused as such', () =>
  inTemporaryFolder(async (folder) => {
    const ca = ['--ca', data('explicit-curve/k-expl.pem'), '--ca-key', data('explicit-curve/k-expl.key')];
    const { status, stderr } = await run(['cert', 'device', 'd', ...ca, '--out', join(folder, 'd')], { env });
    assert.equal(status, 2);
    assertRefusal(stderr, 'INVALID_KEY', 'k-expl.key', 'explicit parameters');
  }));

test('a key by an obsolete cipher is told by its cipher and the command that converts it', () =>
  inTemporaryFolder(async (folder) => {
    for (const file of ['p8-md5des.pem', 'pkcs1-des.pem']) {
      const { status, stderr } = await run(
        ['cert', 'csr', 'd', '--key', data(`obsolete-ciphers/${file}`), '--out', folder],
        { env: { ...env, ENROLLKIT_PASSPHRASE: 'secret' } },
      );
      assert.equal(status, 2);
      assertRefusal(stderr, 'INVALID_KEY', file, 'DES-CBC', 'openssl pkcs8 -topk8');
    }
  }));

testWith('openssl', test)('the key of a PKCS#12 file without certificates is a key', () =>
  inTemporaryFolder(async (folder) => {
    const key = join(folder, 'key.pem');
    const pfx = join(folder, 'key.pfx');
    const { privateKey } = generatedKeys('ec', { namedCurve: 'P-256' });
    writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }));
    openssl(['pkcs12', '-export', '-nocerts', '-inkey', key, '-passout', 'pass:secret', '-out', pfx]);
    const withPassphrase = { env: { ...env, ENROLLKIT_PASSPHRASE: 'secret' } };
    const out = join(folder, 'csr');
    const made = await run(['cert', 'csr', 'd', '--key', pfx, '--out', out], withPassphrase);
    assert.equal(made.status, 0, made.stderr);
    const { publicKey } = parseCertificateRequest(readFileSync(join(out, 'request.pem')));
    assert.ok(publicKey.equals(createPublicKey(privateKey)));
    const shown = await run(['cert', 'inspect', pfx], withPassphrase);
    assertRefusal(shown.stderr, 'INVALID_PFX', pfx);
  }),
);

test('a key of a type that does not sign is named by its file, with what to do', () =>
  inTemporaryFolder(async (folder) => {
    const key = join(folder, 'ed25519.pem');
    const keys = generatedKeys('ed25519');
    writeFileSync(key, keys.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, authority('CA', authority('Root'), { keys }).pem);
    const out = join(folder, 'out');
    for (const command of [
      ['csr', 'd', '--key', key],
      ['device', 'd', '--ca', ca, '--ca-key', key],
    ]) {
      const { status, stderr } = await run(['cert', ...command, '--out', out], { env });
      assert.equal(status, 2, command[0]);
      assertRefusal(stderr, 'INVALID_KEY', key, 'ed25519', '--key-algorithm');
      assert.ok(!existsSync(out));
    }
  }));

test('a bundle with a cross-signed root beside the self-signed one is a chain, and names what it left out', () =>
  inTemporaryFolder(async (folder) => {
    const out = join(folder, 'chain.pem');
    const files = [data('cross-signed/xchain.pem'), data('cross-signed/certificate.pem')];
    const { status, stderr } = await run(['cert', 'bundle', ...files, '--out', out], { env });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /\[cert\.bundle\.left-out\]/);
    assert.match(stderr, /\[cert\.bundle\.issuer-left-out\]/);
    const chain = parseCertificates(readFileSync(out));
    assert.ok(chain.at(-1)!.subject.equals(chain.at(-1)!.issuer));
    const again = await run(['cert', 'verify', out, '--trust', out]);
    assert.equal(again.status, 0, again.stdout);
  }));

test('a key file that cannot be read is refused as a key, whatever it has instead', () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, 'key.pem');
    const { privateKey } = generatedKeys('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const damaged = {
      'not base64': pem.replace('\n', '\n!'),
      'cut off': pem.slice(0, 100),
      garbage: Buffer.from([1, 2, 3, 4]),
      'a certificate': readFileSync(data('cross-signed/certificate.pem')),
      'DER and more': Buffer.concat([privateKey.export({ format: 'der', type: 'pkcs8' }), Buffer.from('x')]),
    };
    for (const [what, contents] of Object.entries(damaged)) {
      writeFileSync(file, contents);
      const { status, stderr } = await run(
        ['cert', 'csr', 'd', '--key', file, '--out', join(folder, 'csr')],
        { env },
      );
      assert.equal(status, 2, what);
      assertRefusal(stderr, 'INVALID_KEY', file);
    }
    // Not named by what it says of its contents.
    const name = 'empty';
    writeFileSync(join(folder, name), '');
    for (const command of [
      ['csr', 'd', '--key', name],
      ['inspect', name],
      ['verify', name, '--trust', name],
    ]) {
      const { stderr } = await run(['cert', ...command], { env, cwd: folder });
      assert.match(stderr, /error: empty: It is empty/);
    }
  }));

test('OpenSSL’s trust settings are told not to be used', async () => {
  const { status, stderr, stdout } = await run(
    ['cert', 'inspect', data('trusted-certificate/c-trusted2.pem')],
    { env },
  );
  assert.equal(status, 0, stderr);
  assert.match(stderr, /\[file\.trust-settings\]/);
  assert.match(stdout, /SHA-256/);
});

test('what Key Vault gives is read by every command, and so is what environment variables hold', () =>
  inTemporaryFolder(async (folder) => {
    const pfx = data('encodings/kv-b64.pfx');
    const secret = { env: { ...env, ENROLLKIT_PASSPHRASE: 'secret' } };
    const out = join(folder, 'c.pem');
    const converted = await run(
      ['cert', 'convert', pfx, '--out', out, '--key-out', join(folder, 'k.pem')],
      secret,
    );
    assert.equal(converted.status, 0, converted.stderr);
    for (const name of ['c-b64.cer', 'c-b64-1line.txt', 'c-escaped.txt'])
      assert.equal((await run(['cert', 'inspect', data(`encodings/${name}`)])).status, 0, name);
    copyFileSync(data('encodings/p8-escaped.txt'), join(folder, 'e.key'));
    const csr = await run(['cert', 'csr', 'd', '--key', join(folder, 'e.key'), '--out', join(folder, 'd')]);
    assert.equal(csr.status, 0, csr.stderr);
  }));

test('an odd certificate is shown, has its fingerprints, and lint goes on', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'odd.pem');
    const name = tlv(0x82, Buffer.from('é.example'));
    writeFileSync(path, raw({ name: 'odd', extensions: [alternativeNames(name)] }).pem);
    const inspected = await run(['cert', 'inspect', path]);
    assert.equal(inspected.status, 0, inspected.stderr);
    assert.match(inspected.stdout, /CN=odd[\s\S]*DNS:é\.example[\s\S]*Malformed +one of its names has/);
    const { sha256 } = JSON.parse((await run(['cert', 'fingerprint', path, '--json'])).stdout)
      .certificates[0];
    assert.match(sha256, /^[0-9A-F]{64}$/);
    const linted = await run(['cert', 'lint', path, '--json']);
    assert.equal(linted.status, 11, linted.stderr);
    const codes = (JSON.parse(linted.stdout).findings as { code: string }[]).map(({ code }) => code);
    for (const code of ['ALTERNATIVE_NAME_MALFORMED', 'SUBJECT_KEY_IDENTIFIER_MISSING'])
      assert.ok(codes.includes(code), codes.join());
    const verified = await run(['cert', 'verify', path, '--trust', path], { env });
    assertRefusal(verified.stderr, 'INVALID_CERTIFICATE', path);
  }));

test('a self-signed certificate with a key that is not supported is told for its key alone', () =>
  inTemporaryFolder(async (folder) => {
    const path = data('explicit-curve/k-expl.pem');
    for (const trust of [path, join(folder, 'other.pem')]) {
      if (trust !== path) {
        const { stdout } = await run(['cert', 'root', 'Other', '--out', join(folder, 'other')]);
        assert.ok(stdout);
        writeFileSync(trust, readFileSync(join(folder, 'other/certificate.pem')));
      }
      const { status, stdout } = await run(['cert', 'verify', path, '--trust', trust, '--json']);
      assert.equal(status, 11);
      const codes = (JSON.parse(stdout).failures as { code: string; message: string }[]).map(
        ({ code }) => code,
      );
      assert.ok(codes.includes('PUBLIC_KEY'), codes.join());
      assert.doesNotMatch(stdout, /circle/);
      if (trust === path) assert.deepEqual(codes, ['PUBLIC_KEY']);
    }
  }));

test('certificates of module identities are made, and no name leads out of the folder', () =>
  inTemporaryFolder(async (folder) => {
    const at = (...names: string[]) => join(folder, ...names);
    assert.equal((await run(['cert', 'root', 'CA', '--out', at('certs/ca/root')])).status, 0);
    const made = await run(['cert', 'device', 'd1/camera', '--dir', at('certs'), '--json'], { env });
    assert.equal(made.status, 0, made.stderr);
    const { files } = JSON.parse(made.stdout);
    assert.equal(files.certificate, at('certs/devices/d1/modules/camera/certificate.pem'));
    assert.equal(parseCertificate(readFileSync(files.certificate)).subject.commonName, 'd1/camera');
    const linted = await run(['cert', 'lint', files.chain, '--json']);
    assert.equal(linted.status, 0, linted.stdout);
    const signer = ['--ca', at('certs/ca/root/certificate.pem'), '--ca-key', at('certs/ca/root/key.pem')];
    const signed = await run(['cert', 'sign', data('module-request/q-module.csr'), ...signer], { env });
    assert.equal(signed.status, 0, signed.stderr);
    const own = await run(['cert', 'self-signed', 'd1/camera', '--out', at('own')], { env });
    assert.equal(own.status, 0, own.stderr);
    const before = readdirSync(folder, { recursive: true }).sort();
    for (const name of [
      '../x/y',
      'd/../../x',
      '/etc/x',
      'd/',
      '/m',
      'd/a/b',
      'd/\\x',
      `d/${'m'.repeat(64)}`,
    ]) {
      const refused = await run(['cert', 'device', name, '--dir', at('certs')], { env });
      assertRefusal(refused.stderr, 'INVALID_REGISTRATION_ID');
    }
    assert.deepEqual(readdirSync(folder, { recursive: true }).sort(), before);
    // Dots are legal in both IDs.
    for (const [name, place] of [
      ['d/..', 'd/modules/certificate'],
      ['d/CON', 'd/modules/certificate-CON'],
      ["d/a:b*c?'", 'd/modules/a-b-c'],
      ['../m', 'certificate/modules/m'],
    ] as const) {
      const { status, stdout, stderr } = await run(['cert', 'device', name, '--dir', at('certs'), '--json'], {
        env,
      });
      assert.equal(status, 0, stderr);
      assert.equal(JSON.parse(stdout).files.key, at('certs/devices', place, 'key.pem'));
    }
  }));

test('the CA of a certificate folder can be in any form', () =>
  inTemporaryFolder(async (folder) => {
    const root = join(folder, 'ca/root');
    assert.equal((await run(['cert', 'root', 'CA', '--out', root])).status, 0);
    const pem = readFileSync(join(root, 'certificate.pem'), 'utf8');
    const key = readFileSync(join(root, 'key.pem'), 'utf8');
    const { der } = parseCertificate(pem);
    for (const [index, [certificate, privateKey]] of [
      [Buffer.from(`\ufeff${pem}`, 'utf16le'), Buffer.from(key, 'utf16le')],
      [der, Buffer.from(key.replace(/-----.*-----|\n/g, ''), 'base64')],
      [der.toString('base64'), JSON.stringify(key)],
    ].entries()) {
      writeFileSync(join(root, 'certificate.pem'), certificate!);
      writeFileSync(join(root, 'key.pem'), privateKey!);
      const made = await run(['cert', 'device', `d${index}`, '--dir', folder], { env });
      assert.equal(made.status, 0, made.stderr);
    }
  }));

test.run();
