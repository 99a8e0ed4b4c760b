import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import { EnrollkitError } from '../../src/errors.js';
import { generateKeyPair, keyAlgorithms } from '../../src/pki/keys.js';
import { makeCertificateRequest } from '../../src/pki/make/certificate-request.js';
import { issue } from '../../src/pki/make/issue.js';
import { loadProfile } from '../../src/pki/make/profile.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { parseCertificateRequest } from '../../src/pki/x509/csr.js';
import { make } from '../support/chains.js';
import { fails } from '../support/fails.js';
import { openssl } from '../support/openssl.js';
import { ecKey, rsaKey } from '../support/openssl-authority.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';

const testWithOpenssl = testWith('openssl', test);

const invalid = (pattern: RegExp) => fails('INVALID_CERTIFICATE_REQUEST', pattern);

const names = {
  dns: ['a.example', '*.b.example'],
  ip: ['192.0.2.1', '2001:db8::1'],
  uri: ['https://a.example/x'],
  email: ['me@a.example'],
};
const keys = await generateKeyPair('ec-p256');
const request = await makeCertificateRequest({ subject: { commonName: 'device-001' }, ...keys });

for (const algorithm of keyAlgorithms.filter((name) => name !== 'rsa-3072' && name !== 'rsa-4096')) {
  testWithOpenssl(`openssl verifies a request with ${algorithm} and reads its names, and we do`, async () => {
    const pair = await generateKeyPair(algorithm);
    const subject = { commonName: 'Gerät 1', organization: 'Contoso, Ltd.', country: 'DE' };
    const { pem, der } = await makeCertificateRequest({ subject, ...pair, subjectAlternativeNames: names });
    await inTemporaryFolder((folder) => {
      const path = join(folder, 'request.pem');
      writeFileSync(path, pem);
      openssl(['req', '-in', path, '-verify', '-noout']);
      const text = openssl(['req', '-in', path, '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus']);
      assert.match(text, /Subject: C=DE,O=Contoso, Ltd\.,CN=Gerät 1/);
      assert.match(
        text,
        /DNS:a\.example, DNS:\*\.b\.example, IP Address:192\.0\.2\.1, IP Address:2001:DB8:0:0:0:0:0:1, URI:https:\/\/a\.example\/x, email:me@a\.example/,
      );
    });
    const read = parseCertificateRequest(pem);
    assert.equal(read.subject.text, 'CN=Gerät 1, O="Contoso, Ltd.", C=DE');
    assert.ok(read.publicKey.equals(pair.publicKey));
    assert.deepEqual(read.subjectAlternativeNames, names);
    assert.deepEqual(read.otherAlternativeNames, []);
    assert.deepEqual(read.der, der);
  });
}

for (const [title, key, options] of [
  ['EC P-384', ecKey('P-384'), ['-sha384']],
  ['EC P-521', ecKey('P-521'), ['-sha512']],
  ['RSA', rsaKey(), []],
  ['RSA-PSS', rsaKey(), ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest']],
  ['Ed25519', ['-algorithm', 'ED25519'], []],
] as [string, string[], string[]][]) {
  testWithOpenssl(`a request of openssl with ${title} is read, and becomes a certificate`, async () => {
    const root = await make('root', 'Root');
    await inTemporaryFolder(async (folder) => {
      const file = (name: string) => join(folder, name);
      openssl(['genpkey', ...key, '-out', file('key')]);
      const extensions = [
        '-addext',
        'subjectAltName=DNS:x.example,RID:1.2.3',
        '-addext',
        'keyUsage=keyCertSign',
      ];
      const pem = openssl([
        ...['req', '-new', '-key', file('key'), '-subj', '/O=Contoso/CN=from openssl', '-utf8'],
        ...[...extensions, ...options],
      ]);
      const read = parseCertificateRequest(pem);
      assert.deepEqual(read.subjectAlternativeNames, { dns: ['x.example'] });
      assert.deepEqual(read.otherAlternativeNames, [{ kind: 'registeredID', value: '1.2.3' }]);
      const { pem: certificate } = await issue({
        profile: loadProfile('device'),
        subject: read.subject,
        publicKey: read.publicKey,
        subjectAlternativeNames: read.subjectAlternativeNames,
        issuer: { certificate: root.pem, privateKey: root.privateKey },
        at: new Date(),
      });
      const { subject, publicKey, keyUsage } = parseCertificate(certificate);
      assert.deepEqual(subject.der, read.subject.der);
      assert.ok(publicKey.equals(read.publicKey));
      assert.ok(!keyUsage?.includes('keyCertSign'), 'a request does not choose its own usages');
      writeFileSync(file('root.pem'), root.pem);
      writeFileSync(file('leaf.pem'), certificate);
      assert.match(openssl(['verify', '-x509_strict', '-CAfile', file('root.pem'), file('leaf.pem')]), /OK/);
    });
  });
}

test('PEM in all its shapes and DER are read', () => {
  const old = request.pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST');
  const key = keys.privateKey.export({ format: 'pem', type: 'pkcs8' });
  const crlf = `\ufeffBag Attributes\r\n${request.pem.replaceAll('\n', '\r\n')}`;
  for (const input of [request.pem, request.der, Buffer.from(request.pem), old, crlf, key + request.pem]) {
    assert.equal(parseCertificateRequest(input).subject.commonName, 'device-001');
  }
});

test('what is no request is refused with the reason', async () => {
  assert.throws(() => parseCertificateRequest(''), invalid(/empty/));
  assert.throws(
    () => parseCertificateRequest('hello'),
    invalid(/does not contain a certificate signing request/),
  );
  assert.throws(() => parseCertificateRequest(request.pem + request.pem), invalid(/contains 2/));
  assert.throws(() => parseCertificateRequest(request.pem.slice(0, 200)), invalid(/block 1 .* truncated/));
  assert.throws(() => parseCertificateRequest(request.der.subarray(0, 90)), invalid(/cut off/));
  assert.throws(() => parseCertificateRequest(Buffer.alloc(10_000_000, 0x30)), invalid(/10000000 bytes/));
  assert.throws(() => parseCertificateRequest('x'.repeat(20_000_000)), invalid(/20000000 bytes/));
  const certificate = await make('root', 'Root');
  assert.throws(
    () => parseCertificateRequest(certificate.pem),
    invalid(/but no certificate signing request/),
  );
  assert.throws(
    () => parseCertificateRequest(parseCertificate(certificate.pem).der),
    invalid(/contains a certificate in DER, not a certificate signing request/),
  );
});

testWithOpenssl('a request whose signature is wrong or weak is refused', async () => {
  const forged = Buffer.from(request.der);
  forged.write('device-002', forged.indexOf('device-001'));
  assert.throws(() => parseCertificateRequest(forged), invalid(/device-002 does not match its public key/));
  await inTemporaryFolder((folder) => {
    const key = join(folder, 'key');
    openssl(['genpkey', ...rsaKey(), '-out', key]);
    const weak = openssl(['req', '-new', '-sha1', '-key', key, '-subj', '/CN=weak']);
    assert.throws(
      () => parseCertificateRequest(weak),
      invalid(/CN=weak is signed with sha1WithRSAEncryption/),
    );
  });
});

testWithOpenssl('what cannot be asked for is refused before anything is signed', async () => {
  const ask = (subject: object, subjectAlternativeNames = {}, pair = keys) =>
    makeCertificateRequest({ subject: { commonName: 'x', ...subject }, ...pair, subjectAlternativeNames });
  await assert.rejects(ask({ commonName: '' }), fails('INVALID_COMMON_NAME', /empty/));
  await assert.rejects(ask({ commonName: 'x'.repeat(65) }), fails('COMMON_NAME_TOO_LONG', /65/));
  await assert.rejects(ask({ country: 'Germany' }), fails('INVALID_SUBJECT', /"Germany"/));
  await assert.rejects(ask({ organization: 'a\nb' }), fails('INVALID_SUBJECT', /organization/));
  await assert.rejects(ask({ organization: 'o'.repeat(65) }), fails('INVALID_SUBJECT', /65 characters/));
  for (const [kind, value] of [
    ['dns', 'a b'],
    ['dns', '10.0.0.1'],
    ['dns', ''],
    ['dns', 'ä.example'],
    ['ip', '300.1.1.1'],
    ['ip', 'fe80::1%eth0'],
    ['uri', 'no-scheme'],
    ['uri', 'https://a b/'],
    ['email', 'nobody'],
    ['email', 'ä@a.example'],
  ] as const) {
    await assert.rejects(
      ask({}, { [kind]: [value] }),
      fails('INVALID_ALTERNATIVE_NAME', /is not valid/),
      value,
    );
  }
  const other = await generateKeyPair('ec-p256');
  await assert.rejects(
    ask({}, {}, { ...keys, publicKey: other.publicKey }),
    fails('KEY_MISMATCH', /does not belong to the public key/),
  );
  const pem = openssl(['genpkey', '-algorithm', 'ED25519']);
  const privateKey = createPrivateKey(pem);
  await assert.rejects(
    issue({
      profile: loadProfile('device'),
      subject: { commonName: 'x' },
      publicKey: keys.publicKey,
      issuer: { privateKey },
      at: new Date(),
    }),
    fails('KEY_MISMATCH', /belongs to its public key/),
  );
});

test('no change of a request is taken, and none crashes', () => {
  fc.assert(
    fc.property(fc.nat(request.der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(request.der);
      changed[at]! ^= change;
      assert.throws(() => parseCertificateRequest(changed), EnrollkitError);
    }),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.throws(
        () => parseCertificateRequest(Buffer.concat([Buffer.from([0x30]), bytes])),
        EnrollkitError,
      );
    }),
  );
});

test.run();
