/** Stamped certificates are, byte for byte, what issue() makes of the same inputs. */
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { test } from 'uvu';
import { CertificateStamp } from '../../src/fleet/issue/certificate-stamp.js';
import { certificateTemplate, subjectPrefix } from '../../src/fleet/issue/certificate-template.js';
import { keyPairSource } from '../../src/fleet/issue/key-pairs.js';
import { bitStringOf, readOnly, sequenceOf } from '../../src/pki/der/read.js';
import { keyAlgorithms } from '../../src/pki/keys.js';
import { encodeAlternativeNames } from '../../src/pki/make/alternative-names.js';
import { issue } from '../../src/pki/make/issue.js';
import { loadProfile, type Profile } from '../../src/pki/make/profile.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { isSignedBy } from '../../src/pki/x509/signature.js';
import { type Made, make } from '../support/chains.js';
import { generatedKeys } from '../support/generated-keys.js';

const at = new Date('2026-03-04T05:06:07.890Z');
const rsa = await make('root', 'RSA Root', undefined, { algorithm: 'rsa-2048', at, validityDays: 36_500 });
const issuers: Record<string, Made> = {
  rsa,
  'ec-p256': await make('intermediate', 'P-256 CA', rsa, { at, validityDays: 36_500 }),
  'ec-p384': await make('root', 'P-384 Root', undefined, { algorithm: 'ec-p384', at, validityDays: 36_500 }),
};

const publicKeys: Record<string, KeyObject> = {
  'ec-p256': generatedKeys('ec', { namedCurve: 'prime256v1' }).publicKey,
  'ec-p384': generatedKeys('ec', { namedCurve: 'secp384r1' }).publicKey,
  'rsa-2048': generatedKeys('rsa', { modulusLength: 2048 }).publicKey,
  ed25519: generatedKeys('ed25519').publicKey,
};

const device = loadProfile('device');
const profiles: Profile[] = [
  device,
  loadProfile('server'),
  loadProfile('certgen/device'),
  loadProfile('certgen/edge/device'),
  { ...device, backdateMinutes: 0, extensionOrder: ['subjectAlternativeName', 'subjectKeyIdentifier'] },
  { ...device, authorityKeyIdentifier: 'keyIdentifierAndIssuer', netscapeComment: 'x'.repeat(200) },
  {
    ...device,
    netscapeCertType: ['sslClient', 'smime'],
    extensionOrder: ['keyUsage', 'netscapeCertType', 'subjectAlternativeName', 'authorityKeyIdentifier'],
  },
];

const letter = fc.constantFrom(...'abcxyzABCXYZ0123456789');
const inner = fc.constantFrom(...'abcxyzABCXYZ0123456789-._:');
const registrationId = fc.oneof(
  letter,
  fc
    .tuple(letter, fc.array(inner, { maxLength: 62 }), letter)
    .map(([first, middle, last]) => first + middle.join('') + last),
);
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((value) => !/\p{Cc}/u.test(value));
const subject = fc.record(
  {
    organization: text,
    organizationalUnit: text,
    locality: text,
    stateOrProvince: text,
    country: fc.constantFrom('DE', 'us'),
  },
  { requiredKeys: [] },
);
const names = fc.record(
  {
    dns: fc.array(fc.domain(), { maxLength: 3 }),
    ip: fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 3 }),
    uri: fc.array(
      fc.webUrl().filter((value) => !/[^\x21-\x7e]|[<>"{}|\\^`]/.test(value)),
      { maxLength: 2 },
    ),
    email: fc.array(fc.constantFrom('a@example.com', '"b c"@example.org'), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
/** Dates before and after 2050, where UTCTime ends; also such that the issuer's dates clip them. */
const moment = fc.date({
  min: at,
  max: new Date('2125-01-01T00:00:00Z'),
  noInvalidDate: true,
});

const inputs = fc.record({
  registrationId,
  subject,
  names: fc.option(names, { nil: undefined }),
  profile: fc.constantFrom(...profiles),
  issuer: fc.constantFrom(...Object.keys(issuers)),
  key: fc.constantFrom(...Object.keys(publicKeys)),
  serialNumber: fc
    .uint8Array({ minLength: 16, maxLength: 20 })
    .filter((octets) => octets.some((octet) => octet !== 0) && (octets.length < 20 || octets[0]! < 0x80)),
  at: moment,
  validityDays: fc.option(fc.integer({ min: 1, max: 36_500 }), { nil: undefined }),
});

test('of any ID, subject, names, key, profile, issuer, serial number and date', async () => {
  await fc.assert(
    fc.asyncProperty(inputs, async (given) => {
      const { profile, serialNumber, registrationId: commonName } = given;
      const made = issuers[given.issuer]!;
      const issuer = { certificate: made.pem, privateKey: made.privateKey };
      const publicKey = publicKeys[given.key]!;
      const { der } = await issue({
        profile,
        subject: { ...given.subject, commonName },
        publicKey,
        issuer,
        at: given.at,
        serialNumber,
        ...(given.validityDays === undefined ? {} : { validityDays: given.validityDays }),
        ...(given.names === undefined ? {} : { subjectAlternativeNames: given.names }),
      });
      const expected = parseCertificate(der);

      const publicKeyInfo = publicKey.export({ format: 'der', type: 'spki' });
      const { bytes } = bitStringOf(sequenceOf(readOnly(publicKeyInfo))[1]);
      const template = await certificateTemplate({
        profile,
        publicKey,
        issuer,
        at: given.at,
        validityDays: given.validityDays,
      });
      const prefix = subjectPrefix(given.subject);
      const stamping = {
        serialNumber,
        subjectPrefix: prefix.der,
        commonName,
        publicKeyInfo,
        keyIdentifier: createHash('sha1').update(bytes).digest('binary'),
        alternativeNames: encodeAlternativeNames(given.names ?? {}),
      };
      const stamp = new CertificateStamp(template);
      assert.equal(
        stamp.toBeSigned(stamping).toString('hex'),
        expected.toBeSigned.toString('hex'),
        'the signed part',
      );
      const whole = stamp.certificate(stamping, made.privateKey);
      const stamped = parseCertificate(whole);
      assert.ok(isSignedBy(stamped, parseCertificate(made.pem)), 'the signature');
      assert.equal(
        stamped.signatureAlgorithm.der.toString('hex'),
        expected.signatureAlgorithm.der.toString('hex'),
      );
      // RSA PKCS#1 v1.5 signs the same every time, so there the whole certificate is the same.
      if (given.issuer === 'rsa') assert.equal(whole.toString('hex'), der.toString('hex'));
      assert.equal(template.notBefore, expected.notBefore.toISOString().replace('.000', ''));
      assert.equal(template.notAfter, expected.notAfter.toISOString().replace('.000', ''));
      assert.equal(`CN=${commonName}${prefix.text}`, expected.subject.text);
    }),
    { numRuns: 150 },
  );
});

test('many after another, with names of any size in between', async () => {
  const { pem, privateKey } = issuers['ec-p256']!;
  const template = await certificateTemplate({
    profile: device,
    publicKey: publicKeys['ec-p256']!,
    issuer: { certificate: pem, privateKey },
    at,
  });
  const stamp = new CertificateStamp(template);
  const next = keyPairSource('ec-p256');
  for (const count of [0, 1, 40, 0, 2000, 3]) {
    const { publicKeyInfo, publicKeyBits } = next();
    const dns = Array.from(
      { length: count },
      (_, index) => `host-${index}.${'label.'.repeat(10)}example.com`,
    );
    const certificate = parseCertificate(
      stamp.certificate(
        {
          serialNumber: Buffer.alloc(16, 0xff),
          subjectPrefix: new Uint8Array(),
          commonName: `device-${count}`,
          publicKeyInfo,
          keyIdentifier: createHash('sha1').update(publicKeyBits).digest('binary'),
          alternativeNames: encodeAlternativeNames({ dns }),
        },
        privateKey,
      ),
    );
    assert.equal(certificate.subject.text, `CN=device-${count}`);
    assert.equal(certificate.subjectAlternativeNames?.length ?? 0, count);
    assert.equal(certificate.serialNumber, 'FF'.repeat(16));
    assert.ok(isSignedBy(certificate, parseCertificate(pem)));
  }
});

for (const algorithm of keyAlgorithms.filter((name) => name !== 'rsa-3072' && name !== 'rsa-4096')) {
  test(`keys of ${algorithm} are encoded as node encodes them, belong together, and are all different`, () => {
    const next = keyPairSource(algorithm);
    const seen = new Set<string>();
    // One scalar in 256 begins with a zero octet, which must not be left out.
    const count = algorithm.startsWith('ec') ? 1000 : 2;
    for (let index = 0; index < count; index += 1) {
      const { publicKeyInfo, publicKeyBits, privateKeyInfo } = next();
      const key = createPrivateKey({ key: Buffer.from(privateKeyInfo), format: 'der', type: 'pkcs8' });
      assert.deepEqual(key.export({ format: 'der', type: 'pkcs8' }), Buffer.from(privateKeyInfo));
      const info = createPublicKey(key).export({ format: 'der', type: 'spki' });
      assert.deepEqual(info, Buffer.from(publicKeyInfo));
      assert.deepEqual(bitStringOf(sequenceOf(readOnly(info))[1]).bytes, Buffer.from(publicKeyBits));
      seen.add(info.toString('hex'));
    }
    assert.equal(seen.size, count);
  });
}

test.run();
