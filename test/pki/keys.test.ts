import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import { keyPairSource } from '../../src/fleet/issue/key-pairs.js';
import { createPfx } from '../../src/pki/containers/pkcs12-write.js';
import {
  generateKeyPair,
  isKeyPair,
  keyAlgorithmOf,
  keyAlgorithms,
  openPrivateKey,
  privateKeyFromPem,
  privateKeyToPem,
} from '../../src/pki/keys.js';
import { makeCertificateRequest } from '../../src/pki/make/certificate-request.js';
import { issue } from '../../src/pki/make/issue.js';
import { loadProfile } from '../../src/pki/make/profile.js';
import { renewCertificate } from '../../src/pki/make/renew.js';
import { generatedKeyOf, privateKeyOf } from '../../src/pki/private-key.js';
import { make } from '../support/chains.js';
import { fails } from '../support/fails.js';
import { openssl } from '../support/openssl.js';
import { swappedHalves } from '../support/swapped-halves.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';

const testWithOpenssl = testWith('openssl', test);

for (const algorithm of keyAlgorithms.filter((name) => name !== 'rsa-4096' && name !== 'rsa-3072')) {
  test(`a ${algorithm} key goes to PKCS#8 and back`, async () => {
    const { publicKey, privateKey } = await generateKeyPair(algorithm);
    assert.equal(keyAlgorithmOf(publicKey), algorithm);
    const back = privateKeyFromPem(await privateKeyToPem(privateKey));
    assert.ok(isKeyPair(back, publicKey));
  });
}

testWithOpenssl('openssl opens an encrypted key with the passphrase, and with no other', async () => {
  const { privateKey } = await generateKeyPair('ec-p256');
  const pem = await privateKeyToPem(privateKey, 'correct horse');
  assert.match(pem, /^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
  await inTemporaryFolder((folder) => {
    const path = join(folder, 'key.pem');
    writeFileSync(path, pem);
    assert.match(openssl(['pkey', '-in', path, '-passin', 'pass:correct horse']), /BEGIN PRIVATE KEY/);
    assert.throws(() => openssl(['pkey', '-in', path, '-passin', 'pass:wrong']));
    const structure = openssl(['asn1parse', '-in', path]);
    assert.match(structure, /PBES2/);
    assert.match(structure, /hmacWithSHA256/);
    assert.match(structure, /aes-256-cbc/);
    assert.match(structure, /INTEGER\s+:0927C0/, '600,000 rounds');
  });
});

testWithOpenssl('a PKCS#12 file costs whoever guesses its passphrase as much', async () => {
  const { pem: certificate, privateKey } = await make('device', 'd');
  const contents = { certificate, privateKey, chain: [], friendlyName: 'd', passphrase: 'correct horse' };
  for (const [mac, expected] of [
    ['pkcs12', /MAC: sha256, Iteration 100000/],
    ['pbmac1', undefined],
  ] as const) {
    const pfx = await createPfx({ ...contents, mac });
    assert.equal(pfx.toString('hex').split('02030927c0').length - 1, mac === 'pkcs12' ? 2 : 3);
    if (expected === undefined) continue;
    await inTemporaryFolder((folder) => {
      writeFileSync(join(folder, 'd.pfx'), pfx);
      const printed = spawnSync(
        'openssl',
        ['pkcs12', '-info', '-noout', '-passin', 'pass:correct horse', '-in', join(folder, 'd.pfx')],
        { encoding: 'utf8' },
      );
      assert.match(printed.stderr, expected);
      assert.match(printed.stderr, /PBES2.*Iteration 600000/);
    });
  }
});

test('a wrong, a missing and a superfluous passphrase are told apart', async () => {
  const { privateKey } = await generateKeyPair('ec-p256');
  const pem = await privateKeyToPem(privateKey, 'right');
  assert.throws(() => privateKeyFromPem(pem, 'wrong'), fails('WRONG_PASSPHRASE'));
  assert.throws(() => privateKeyFromPem(pem), fails('PASSPHRASE_REQUIRED'));
  assert.doesNotThrow(() => privateKeyFromPem(pem, 'right'));
});

testWithOpenssl('a key that openssl encrypted is opened, PKCS#8 and the older form', async () => {
  await inTemporaryFolder((folder) => {
    const plain = openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']);
    const path = join(folder, 'key.pem');
    writeFileSync(path, plain);
    const pkcs8 = openssl(['pkey', '-in', path, '-aes256', '-passout', 'pass:secret']);
    const older = openssl(['ec', '-in', path, '-aes256', '-passout', 'pass:secret']);
    for (const pem of [pkcs8, older]) {
      assert.equal(privateKeyFromPem(pem, 'secret').asymmetricKeyType, 'ec');
      assert.throws(() => privateKeyFromPem(pem), fails('PASSPHRASE_REQUIRED'));
      assert.throws(() => privateKeyFromPem(pem, 'wrong'), fails('WRONG_PASSPHRASE'));
    }
  });
});

test('a private key whose halves are of two keys belongs to neither, nor makes anything', async () => {
  const [one, other] = [await generateKeyPair('ec-p256'), await generateKeyPair('ec-p256')];
  const swappedPem = swappedHalves(one.privateKey, other.privateKey);
  assert.throws(() => privateKeyFromPem(swappedPem), fails('KEY_MISMATCH'));
  await assert.rejects(
    openPrivateKey(await privateKeyToPem(createPrivateKey(swappedPem), ''), { passphrase: '' }),
    fails('KEY_MISMATCH'),
  );
  // As a caller of the library can still bring one.
  const swapped = createPrivateKey(swappedPem);
  assert.ok(!isKeyPair(swapped, one.publicKey));
  assert.ok(!isKeyPair(swapped, other.publicKey));
  const { publicKey } = one;
  const subject = { commonName: 'd' };
  const root = await make('root', 'R');
  const issuing = { profile: loadProfile('root'), subject, publicKey, at: new Date() };
  const { pem } = await issue({ ...issuing, issuer: { privateKey: one.privateKey } });
  const mismatch = fails('KEY_MISMATCH');
  await assert.rejects(issue({ ...issuing, issuer: { privateKey: swapped } }), mismatch);
  const issuer = { certificate: pem, privateKey: swapped };
  await assert.rejects(issue({ ...issuing, issuer }), mismatch);
  await assert.rejects(
    renewCertificate({ certificate: root.pem, publicKey, issuer, at: new Date() }),
    mismatch,
  );
  await assert.rejects(makeCertificateRequest({ subject, publicKey, privateKey: swapped }), mismatch);
  const contents = { certificate: pem, chain: [], friendlyName: 'd', passphrase: '' };
  await assert.rejects(createPfx({ ...contents, privateKey: swapped }), mismatch);
});

test('a key that was just generated is imported as any other is', () => {
  for (const algorithm of ['ec-p256', 'ec-p384', 'rsa-2048'] as const) {
    const { privateKeyInfo } = keyPairSource(algorithm)();
    const key = generatedKeyOf(privateKeyInfo);
    assert.ok(key.equals(privateKeyOf(privateKeyInfo)), algorithm);
    assert.ok(isKeyPair(key, createPublicKey(key)), algorithm);
  }
});

test('what is no key is refused, and never quoted', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.throws(
        () => privateKeyFromPem(text),
        (error: Error & { code?: string }) =>
          fails('INVALID_KEY')(error) && (text.length < 4 || !error.message.includes(text)),
      );
    }),
  );
  assert.throws(
    () => privateKeyFromPem('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'),
    fails('INVALID_KEY'),
  );
});

test('keys of two types are no pair, and the next key can still be read', async () => {
  const { publicKey } = await generateKeyPair('rsa-2048');
  const { privateKey } = await generateKeyPair('ec-p256');
  const pem = await privateKeyToPem(privateKey);
  assert.equal(isKeyPair(privateKey, publicKey), false);
  assert.equal((await openPrivateKey(pem, {})).asymmetricKeyType, 'ec');
});

test.run();
