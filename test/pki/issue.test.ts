import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { createPfx } from '../../src/pki/containers/pkcs12-write.js';
import { generateKeyPair, keyAlgorithms } from '../../src/pki/keys.js';
import { issue } from '../../src/pki/make/issue.js';
import { loadProfile, roles } from '../../src/pki/make/profile.js';
import { issueVerificationCertificate } from '../../src/pki/make/verification-certificate.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { type Made, make, makeChain } from '../support/chains.js';
import { fails } from '../support/fails.js';
import { openssl, run } from '../support/openssl.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { isInstalled, testWith } from '../support/tools.js';
import '../support/quick-key-derivation.js';

const testWithOpenssl = testWith('openssl', test);

const withGnuTls = isInstalled('certtool');

async function opensslVerifies(leaf: Made, intermediates: Made[], root: Made): Promise<void> {
  await inTemporaryFolder((folder) => {
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const rootFile = write('root.pem', root.pem);
    const leafFile = write('leaf.pem', leaf.pem);
    const untrusted = intermediates.length
      ? ['-untrusted', write('intermediates.pem', intermediates.map(({ pem }) => pem).join(''))]
      : [];
    assert.match(openssl(['verify', '-x509_strict', '-CAfile', rootFile, ...untrusted, leafFile]), /: OK/);
  });
}

for (const algorithm of keyAlgorithms.filter((name) => name !== 'rsa-3072' && name !== 'rsa-4096')) {
  testWithOpenssl(
    `every role with ${algorithm} passes openssl verify -x509_strict and certtool`,
    async () => {
      const root = await make('root', 'Test Root', undefined, { algorithm });
      const intermediate = await make('intermediate', 'Test Intermediate', root, { algorithm });
      await opensslVerifies(intermediate, [], root);
      for (const role of roles.filter((name) => name !== 'root' && name !== 'intermediate')) {
        const names =
          role === 'server'
            ? { subjectAlternativeNames: { dns: ['localhost'], ip: ['127.0.0.1', '::1'] } }
            : {};
        const leaf = await make(role, `test-${role}`, intermediate, { algorithm, ...names });
        await opensslVerifies(leaf, [intermediate], root);
        const chain = leaf.pem + intermediate.pem + root.pem;
        if (!withGnuTls) continue;
        assert.match(run('certtool', ['--verify-chain'], chain), /Chain verification output: Verified/);
      }
    },
  );
}

testWithOpenssl('an edge CA leaves room for the CA that IoT Edge makes below it', async () => {
  const { root, intermediate } = await makeChain();
  const edge = await make('edge-ca', 'gateway.ca', intermediate);
  const workload = await make('edge-ca', 'iotedged workload ca', edge);
  const server = await make('server', 'gateway', workload);
  await opensslVerifies(server, [workload, edge, intermediate], root);
  assert.equal(parseCertificate(workload.pem).basicConstraints?.pathLength, 0);
  await assert.rejects(make('edge-ca', 'one too many', workload), fails('ISSUER_NOT_ALLOWED', /path length/));
});

testWithOpenssl(
  'extensions are those of RFC 5280: critical constraints and usage, key identifiers, clientAuth',
  async () => {
    const { intermediate, device } = await makeChain();
    const text = openssl(['x509', '-noout', '-text'], device.pem);
    assert.match(text, /Basic Constraints: critical\s+CA:FALSE/);
    assert.match(text, /Key Usage: critical\s+Digital Signature\n/);
    assert.match(text, /Extended Key Usage: \s*TLS Web Client Authentication\n/);
    const identifier = (pem: string, which: string) =>
      openssl(['x509', '-noout', '-ext', which], pem).split('\n')[1]!.trim();
    assert.equal(
      identifier(device.pem, 'authorityKeyIdentifier'),
      identifier(intermediate.pem, 'subjectKeyIdentifier'),
    );
  },
);

test('an RSA device may encipher keys, an EC device may not', async () => {
  const root = await make('root', 'Test Root');
  const device = await make('device', 'rsa-device', root, { algorithm: 'rsa-2048' });
  assert.deepEqual(parseCertificate(device.pem).keyUsage, ['digitalSignature', 'keyEncipherment']);
});

test('serial numbers are positive, of 128 bits, and never the same', async () => {
  const root = await make('root', 'Test Root');
  const serials = await Promise.all(
    Array.from(
      { length: 20 },
      async (_, index) => new X509Certificate((await make('device', `d${index}`, root)).pem).serialNumber,
    ),
  );
  assert.equal(new Set(serials).size, serials.length);
  for (const serial of serials) assert.ok(serial.length <= 32 && serial.length >= 28, serial);
});

test('the end is never later than the issuer’s, and the beginning a little in the past', async () => {
  const root = await make('root', 'Test Root', undefined, { validityDays: 10 });
  const at = new Date();
  const device = parseCertificate((await make('device', 'device-001', root, { at, validityDays: 365 })).pem);
  const issuer = parseCertificate(root.pem);
  assert.equal(device.notAfter.getTime(), issuer.notAfter.getTime());
  assert.ok(issuer.notBefore < at && device.notBefore >= issuer.notBefore);
  assert.ok(at.getTime() - issuer.notBefore.getTime() >= 5 * 60_000);
});

testWithOpenssl('a certificate that ends in 2060 still has its date', async () => {
  const root = await make('root', 'Far Root', undefined, { validityDays: 12_500 });
  assert.match(openssl(['x509', '-noout', '-enddate'], root.pem), /20[56]\d GMT/);
});

testWithOpenssl('subjects are UTF-8, with their other attributes', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ec-p256');
  const subject = { commonName: 'Pumpe Süd 水', organization: 'Čerpadla', country: 'CZ' };
  const { pem } = await issue({
    profile: loadProfile('root'),
    subject,
    publicKey,
    issuer: { privateKey },
    at: new Date(),
  });
  const line = openssl(['x509', '-noout', '-subject', '-nameopt', 'utf8,sep_comma_plus_space'], pem);
  assert.match(line, /C=CZ, O=Čerpadla, CN=Pumpe Süd 水/);
});

test('a common name of 64 characters goes in, of 65 does not, and a slash or a plus is only text', async () => {
  const root = await make('root', 'Test Root');
  await make('device', 'x'.repeat(64), root);
  await assert.rejects(make('device', 'x'.repeat(65), root), fails('COMMON_NAME_TOO_LONG', /65/));
  await assert.rejects(make('device', '', root), fails('INVALID_COMMON_NAME'));
  await assert.rejects(make('device', 'a\nb', root), fails('INVALID_COMMON_NAME'));
  const odd = await make('device', 'a/O=x+b, c', root);
  assert.equal(parseCertificate(odd.pem).subject.commonName, 'a/O=x+b, c');
});

test('a CA that is a device, expired, or of another key does not sign', async () => {
  const { root, device } = await makeChain();
  await assert.rejects(
    make('device', 'd', device),
    fails('ISSUER_NOT_ALLOWED', /not a certificate authority/),
  );
  const later = new Date(Date.now() + 20 * 365 * 86_400_000);
  await assert.rejects(make('device', 'd', root, { at: later }), fails('ISSUER_NOT_ALLOWED', /expired/));
  const earlier = new Date(Date.now() - 86_400_000);
  await assert.rejects(
    make('device', 'd', root, { at: earlier }),
    fails('ISSUER_NOT_ALLOWED', /not valid before/),
  );
  await assert.rejects(
    make('device', 'd', { ...root, privateKey: device.privateKey }),
    fails('KEY_MISMATCH'),
  );
});

testWithOpenssl(
  'the verification certificate has the code as its common name, and the CA’s signature',
  async () => {
    const root = await make('root', 'Test Root');
    const code = 'DE8D1B46C0FFEE00DE8D1B46C0FFEE00DE8D1B46C0FFEE00';
    const issuer = { certificate: root.pem, privateKey: root.privateKey };
    const { pem } = await issueVerificationCertificate(code, issuer, new Date());
    assert.equal(openssl(['x509', '-noout', '-subject'], pem).trim(), `subject=CN = ${code}`);
    await opensslVerifies({ pem, privateKey: root.privateKey }, [], root);
    for (const bad of ['', 'two words', 'short', 'x'.repeat(65)]) {
      await assert.rejects(
        issueVerificationCertificate(bad, issuer, new Date()),
        fails('INVALID_VERIFICATION_CODE'),
      );
    }
  },
);

testWithOpenssl(
  'openssl opens the PKCS#12 file: key, certificate and chain, with a passphrase and with an empty one',
  async () => {
    const { root, intermediate, device } = await makeChain('müller-01');
    for (const passphrase of ['pässphrase', '']) {
      const pfx = await createPfx({
        certificate: device.pem,
        privateKey: device.privateKey,
        chain: [intermediate.pem, root.pem],
        friendlyName: 'müller-01',
        passphrase,
      });
      const text = openssl(['pkcs12', '-nodes', '-passin', `pass:${passphrase}`], pfx);
      assert.equal(text.match(/BEGIN CERTIFICATE/g)?.length, 3);
      assert.equal(text.match(/BEGIN PRIVATE KEY/g)?.length, 1);
      assert.throws(() => openssl(['pkcs12', '-nodes', '-passin', 'pass:wrong'], pfx));
    }
    await assert.rejects(
      createPfx({
        certificate: device.pem,
        privateKey: root.privateKey,
        chain: [],
        friendlyName: 'x',
        passphrase: '',
      }),
      fails('KEY_MISMATCH'),
    );
  },
);

test('an IPv6 address that ends like an IPv4 address keeps all its octets', async () => {
  const ip = ['::ffff:192.0.2.1', '0:0:0:0:0:0:198.51.100.7', '64:ff9b::192.0.2.33'];
  const { pem } = await make('server', 'mixed', undefined, { subjectAlternativeNames: { ip } });
  const octets = parseCertificate(pem).subjectAlternativeNames?.map(({ value }: any) =>
    value.toString('hex'),
  );
  assert.deepEqual(octets, [
    '00000000000000000000ffffc0000201',
    '000000000000000000000000c6336407',
    '0064ff9b0000000000000000c0000221',
  ]);
});

test.run();
