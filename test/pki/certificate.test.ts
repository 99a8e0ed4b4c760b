import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'uvu';
import { certificateToPem, parseCertificate, parseCertificates } from '../../src/pki/x509/certificate.js';
import { inspectCertificate } from '../../src/pki/x509/inspect.js';
import { openssl } from '../support/openssl.js';
import { authorityExtensions, certify, ecKey, rsaKey } from '../support/openssl-authority.js';
import { authority, device, extension, raw } from '../support/raw-certificates.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';

const testWithOpenssl = testWith('openssl', test);

const invalid = (pattern: RegExp) => (error: Error & { code?: string }) =>
  error.code === 'INVALID_CERTIFICATE' && pattern.test(error.message);

const one = authority('One');
const other = device('other', one);

test('PEM in all its shapes and DER are read, and come back as PEM', () => {
  const crlf = `\ufeffBag Attributes\r\n${one.pem.replaceAll('\n', '\r\n')}`;
  for (const input of [one.pem, crlf, one.der, new Uint8Array(one.der), Buffer.from(one.pem)]) {
    const certificate = parseCertificate(input);
    assert.deepEqual(certificate.der, one.der);
    assert.equal(certificateToPem(certificate), one.pem);
  }
});

test('a bundle is read in its order, with other blocks passed over', () => {
  const key = one.keys.privateKey.export({ format: 'pem', type: 'pkcs8' });
  const names = parseCertificates(other.pem + key + one.pem).map(({ subject }) => subject.text);
  assert.deepEqual(names, ['CN=other', 'CN=One']);
});

test('what is no certificate is refused with the reason and the place', () => {
  assert.throws(() => parseCertificate(''), invalid(/empty/));
  assert.throws(() => parseCertificate('hello'), invalid(/neither a PEM block/));
  assert.throws(() => parseCertificate(one.pem + other.pem), invalid(/contains 2 certificates/));
  assert.throws(() => parseCertificate(one.der.subarray(0, 100)), invalid(/cut off/));
  assert.throws(() => parseCertificate(Buffer.concat([one.der, other.der])), invalid(/data follows/));
  assert.throws(() => parseCertificate(Buffer.alloc(2_000_000, 0x30)), invalid(/2000000 bytes/));
  const broken = one.pem.replace(/MII/, 'MMM');
  assert.throws(() => parseCertificates(other.pem + broken), invalid(/^Certificate 2: /));
  const twice = raw({
    name: 'x',
    extensions: [extension('1.2.3', false, one.der), extension('1.2.3', false, one.der)],
  });
  assert.throws(() => parseCertificate(twice.der), invalid(/extension 1\.2\.3 twice/));
});

test('the caller’s octets may change afterwards', () => {
  const octets = Buffer.from(one.der);
  const certificate = parseCertificate(octets);
  octets.fill(0);
  assert.deepEqual(certificate.der, one.der);
});

const everything = [
  ...authorityExtensions.slice(1),
  'basicConstraints = critical, CA:TRUE, pathlen:3',
  'extendedKeyUsage = clientAuth, serverAuth, 1.3.6.1.4.1.311.10.3.12',
  'subjectAltName = DNS:a.example, IP:192.0.2.1, IP:2001:db8::1, email:me@a.example, URI:https://a.example/x, RID:1.2.3.4, dirName:other',
  '[other]',
  'CN = Other Name',
];

for (const [title, key, expected] of [
  ['EC P-256', ecKey(), ['EC P-256', 'ecdsa-with-SHA256']],
  ['EC P-384', ecKey('P-384'), ['EC P-384', 'ecdsa-with-SHA256']],
  ['EC P-521', ecKey('P-521'), ['EC P-521', 'ecdsa-with-SHA256']],
  ['RSA', rsaKey(), ['RSA 2048', 'sha256WithRSAEncryption']],
  ['RSA of an odd size', rsaKey(2054), ['RSA 2054', 'sha256WithRSAEncryption']],
  ['Ed25519', ['-algorithm', 'ED25519'], ['Ed25519', 'ED25519']],
] as const) {
  testWithOpenssl(`a certificate with ${title} is described as openssl describes it`, async () => {
    await inTemporaryFolder((folder) => {
      const subject = 'C = DE\nO = "Contoso, Ltd."\nOU = Fleet\nCN = Gerät 1';
      const pem = certify(folder, { name: 'all', subject, key: [...key], extensions: everything });
      const described = inspectCertificate(pem);
      const ask = (...options: string[]) =>
        openssl(['x509', '-in', join(folder, 'all.pem'), '-noout', ...options]).trim();
      const value = (text: string) => text.slice(text.indexOf('=') + 1);
      assert.deepEqual([described.keyAlgorithm, described.signatureAlgorithm], expected);
      assert.equal(described.serialNumber, value(ask('-serial')));
      assert.equal(described.sha1Thumbprint, value(ask('-fingerprint', '-sha1')).replaceAll(':', ''));
      assert.equal(described.sha256Thumbprint, value(ask('-fingerprint', '-sha256')).replaceAll(':', ''));
      assert.equal(Date.parse(described.notBefore), Date.parse(value(ask('-startdate'))));
      assert.equal(Date.parse(described.notAfter), Date.parse(value(ask('-enddate'))));
      assert.equal(described.subject, 'CN=Gerät 1, OU=Fleet, O="Contoso, Ltd.", C=DE');
      // openssl writes IPv6 in full, and directory names with slashes.
      const names = ask('-ext', 'subjectAltName').split('\n').at(-1)!.trim();
      const ours = names.replace('2001:DB8:0:0:0:0:0:1', '2001:db8::1').replace('DirName:/', 'DirName:');
      assert.deepEqual(described.subjectAlternativeNames, ours.split(', '));
      assert.deepEqual(described.keyUsage, ['keyCertSign', 'cRLSign']);
      assert.deepEqual(described.extendedKeyUsage, ['clientAuth', 'serverAuth', '1.3.6.1.4.1.311.10.3.12']);
      assert.deepEqual(
        [described.certificateAuthority, described.pathLength, described.selfSigned],
        [true, 3, true],
      );
      const certificate = parseCertificate(pem);
      assert.ok(certificate.publicKey.equals(new X509Certificate(pem).publicKey));
      const identifier = ask('-ext', 'subjectKeyIdentifier').split('\n').at(-1)!.trim().replaceAll(':', '');
      assert.equal(certificate.subjectKeyIdentifier, identifier);
    });
  });
}

testWithOpenssl('serial numbers are written as openssl writes them, negative ones too', async () => {
  await inTemporaryFolder((folder) => {
    for (const serial of ['0', '127', '128', '255', '-1', '-128', '-129', '0xFF00FF00FF00FF00FF']) {
      certify(folder, { name: 'serial', options: ['-set_serial', serial] });
      const says = openssl(['x509', '-in', join(folder, 'serial.pem'), '-noout', '-serial']).trim();
      const pem = openssl(['x509', '-in', join(folder, 'serial.pem')]);
      assert.equal(`serial=${inspectCertificate(pem).serialNumber}`, says, serial);
    }
  });
});

test('a certificate without extensions is described too', () => {
  const {
    commonName,
    pathLength,
    keyUsage,
    extendedKeyUsage,
    subjectAlternativeNames,
    certificateAuthority,
  } = inspectCertificate(raw({ name: '' }).der);
  assert.deepEqual([commonName, pathLength, certificateAuthority], [undefined, undefined, false]);
  assert.deepEqual([keyUsage, extendedKeyUsage, subjectAlternativeNames], [[], [], []]);
});

test('who only has the same name did not sign it', () => {
  const impostor = raw({ name: 'x', issuer: { name: 'x', keys: one.keys } });
  assert.equal(inspectCertificate(impostor.der).selfSigned, false);
  assert.equal(inspectCertificate(raw({ name: 'x' }).der).selfSigned, true);
});

test.run();
