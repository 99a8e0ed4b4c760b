import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { generateKeyPair, privateKeyFromPem } from '../../src/pki/keys.js';
import { renewCertificate } from '../../src/pki/make/renew.js';
import { validateChain } from '../../src/pki/path/validate.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { extensionTypes } from '../../src/pki/x509/extensions.js';
import { make, makeChain } from '../support/chains.js';
import { openssl } from '../support/openssl.js';
import { authorityExtensions, certify, rsaKey } from '../support/openssl-authority.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';

const testWithOpenssl = testWith('openssl', test);

const dayMs = 86_400_000;
const now = new Date();
const later = new Date(now.getTime() + 100 * dayMs);
const { root, intermediate, device } = await makeChain();
const signer = (ca: { pem: string; privateKey: typeof root.privateKey }) => ({
  certificate: ca.pem,
  privateKey: ca.privateKey,
});

test('a device renewed with the same or a new key keeps its name and usages, with new dates and serial number', async () => {
  const old = parseCertificate(device.pem);
  const other = await generateKeyPair('ec-p384');
  for (const publicKey of [old.publicKey, other.publicKey]) {
    const { pem } = await renewCertificate({
      certificate: device.pem,
      publicKey,
      issuer: signer(intermediate),
      at: later,
    });
    const renewed = parseCertificate(pem);
    assert.deepEqual(renewed.subject.der, old.subject.der);
    assert.notEqual(renewed.serialNumber, old.serialNumber);
    assert.ok(renewed.publicKey.equals(publicKey));
    assert.deepEqual([...renewed.extensions.keys()], [...old.extensions.keys()]);
    for (const [type, extension] of old.extensions) {
      if (type !== extensionTypes.subjectKeyIdentifier)
        assert.deepEqual(renewed.extensions.get(type), extension);
    }
    assert.equal(renewed.notBefore.getTime(), Math.floor(later.getTime() / 1000 - 15 * 60) * 1000);
    const drift = renewed.notAfter.getTime() - later.getTime() - 365 * dayMs;
    assert.ok(drift <= 0 && drift > -300_000, 'as long as before');
    const verdict = await validateChain({
      leaf: pem,
      intermediates: [intermediate.pem],
      trustAnchors: [root.pem],
      at: later,
      purpose: 'clientAuth',
    });
    assert.ok(verdict.valid, JSON.stringify(verdict.failures));
  }
});

testWithOpenssl('a renewed CA keeps what it signed, with the same key; the root renews itself', async () => {
  const renewedRoot = await renewCertificate({
    certificate: root.pem,
    publicKey: parseCertificate(root.pem).publicKey,
    issuer: { privateKey: root.privateKey },
    at: later,
    validityDays: 5000,
  });
  const renewed = await renewCertificate({
    certificate: parseCertificate(intermediate.pem),
    publicKey: parseCertificate(intermediate.pem).publicKey,
    issuer: { certificate: renewedRoot.pem, privateKey: root.privateKey },
    at: later,
  });
  assert.deepEqual(parseCertificate(renewed.pem).basicConstraints, {
    certificateAuthority: true,
    pathLength: 2,
  });
  await inTemporaryFolder((folder) => {
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const files = [
      '-CAfile',
      file('root', renewedRoot.pem),
      '-untrusted',
      file('ca', renewed.pem),
      file('leaf', device.pem),
    ];
    const at = ['-attime', String(Math.floor(later.getTime() / 1000))];
    assert.match(openssl(['verify', '-x509_strict', ...at, ...files]), /OK/);
  });
});

test('the end is never later than the issuer’s, and the days asked for count', async () => {
  const publicKey = parseCertificate(device.pem).publicKey;
  const renew = async (validityDays: number) => {
    const request = {
      certificate: device.pem,
      publicKey,
      issuer: signer(intermediate),
      at: later,
      validityDays,
    };
    return parseCertificate((await renewCertificate(request)).pem).notAfter;
  };
  assert.deepEqual(await renew(10_000), parseCertificate(intermediate.pem).notAfter);
  assert.equal((await renew(3)).getTime(), Math.floor((later.getTime() + 3 * dayMs) / 1000) * 1000);
});

testWithOpenssl(
  'what openssl made is renewed with everything in it, and an EC key drops what only RSA can',
  async () => {
    await inTemporaryFolder(async (folder) => {
      const extensions = [
        'basicConstraints = critical, CA:FALSE',
        'keyUsage = critical, digitalSignature, keyEncipherment',
        'extendedKeyUsage = critical, clientAuth, emailProtection',
        'subjectAltName = critical, DNS:x.example, dirName:other, otherName:1.2.3;UTF8:text',
        'nsComment = "made by openssl"',
        '[other]',
        'CN = Other',
      ];
      certify(folder, { name: 'root', key: rsaKey(), extensions: authorityExtensions });
      const subject = 'C = DE\nO = Contoso\n1.OU = One\n2.OU = Two\nCN = device, with a comma';
      const leaf = certify(folder, { name: 'leaf', subject, issuer: 'root', key: rsaKey(), extensions });
      const read = (name: string) => openssl(['pkey', '-in', join(folder, name)]);
      const issuer = {
        certificate: openssl(['x509', '-in', join(folder, 'root.pem')]),
        privateKey: privateKeyFromPem(read('root.key')),
      };
      const old = parseCertificate(leaf);
      const same = await renewCertificate({
        certificate: leaf,
        publicKey: old.publicKey,
        issuer,
        at: new Date(),
      });
      const renewed = parseCertificate(same.pem);
      assert.deepEqual(renewed.subject.der, old.subject.der);
      assert.deepEqual([...renewed.extensions], [...old.extensions]);
      const { publicKey } = await generateKeyPair('ec-p256');
      const other = await renewCertificate({ certificate: leaf, publicKey, issuer, at: new Date() });
      assert.deepEqual(parseCertificate(other.pem).keyUsage, ['digitalSignature']);
      writeFileSync(join(folder, 'renewed.pem'), other.pem);
      assert.match(
        openssl(['verify', '-x509_strict', '-CAfile', join(folder, 'root.pem'), join(folder, 'renewed.pem')]),
        /OK/,
      );
    });
  },
);

test('who may not sign does not renew', async () => {
  const { publicKey } = parseCertificate(intermediate.pem);
  const renew = (certificate: string, issuer: object) =>
    renewCertificate({ certificate, publicKey, issuer: issuer as never, at: now });
  await assert.rejects(renew(intermediate.pem, signer(device)), { code: 'ISSUER_NOT_ALLOWED' });
  await assert.rejects(renew(intermediate.pem, { ...signer(root), privateKey: device.privateKey }), {
    code: 'KEY_MISMATCH',
  });
  await assert.rejects(renew(root.pem, { privateKey: root.privateKey }), { code: 'KEY_MISMATCH' });
  await assert.rejects(renew('hello', signer(root)), { code: 'INVALID_CERTIFICATE' });
  const edge = await make('edge-ca', 'gateway', intermediate);
  const workload = await make('edge-ca', 'workload', edge);
  await assert.rejects(renew(intermediate.pem, signer(workload)), { code: 'ISSUER_NOT_ALLOWED' });
});

test.run();
