/** What `issue()` writes is, octet by octet, what the generator of @peculiar/x509 writes. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { toSigningKeyPair, webAlgorithm, x509 } from '../../src/pki/crypto.js';
import { readOnly, sequenceOf } from '../../src/pki/der/read.js';
import { generateKeyPair } from '../../src/pki/keys.js';
import { type IssueRequest, issue } from '../../src/pki/make/issue.js';
import { loadProfile, type Profile, type Role, roles } from '../../src/pki/make/profile.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { extendedKeyUsageTypes } from '../../src/pki/x509/extensions.js';

const keys = { ec: await generateKeyPair('ec-p384'), rsa: await generateKeyPair('rsa-2048') };
const at = new Date('2026-03-04T05:06:07.891Z');
const subject = {
  commonName: 'Zürich 東京 🔑 "a, b" + c',
  organization: 'Contoso, Ltd.',
  organizationalUnit: 'Öfen',
  locality: '',
  stateOrProvince: 'Zürich',
  country: 'CH',
};
const root = await issue({
  profile: loadProfile('root'),
  subject: { ...subject, commonName: 'Root' },
  publicKey: keys.ec.publicKey,
  issuer: { privateKey: keys.ec.privateKey },
  at,
  validityDays: 36_500,
});

type Given = Required<Pick<IssueRequest, 'serialNumber' | 'validityDays' | 'subjectAlternativeNames'>>;

/** The certificate as @peculiar/x509 writes it. */
async function expected(profile: Profile, kind: keyof typeof keys, given: Given): Promise<Buffer> {
  const { publicKey } = keys[kind];
  const issuer = new x509.X509Certificate(root.der);
  const { certificateAuthority, pathLength } = profile.basicConstraints;
  const usages = [...profile.keyUsage, ...(kind === 'rsa' ? (profile.additionalKeyUsageForRsa ?? []) : [])];
  const { dns = [], ip = [], uri = [], email = [] } = given.subjectAlternativeNames;
  const names = [
    ...dns.map((value) => ({ type: 'dns', value }) as const),
    ...ip.map((value) => ({ type: 'ip', value }) as const),
    ...uri.map((value) => ({ type: 'url', value }) as const),
    ...email.map((value) => ({ type: 'email', value }) as const),
  ];
  const signing = await toSigningKeyPair(keys.ec.privateKey, keys.ec.publicKey);
  const own = await toSigningKeyPair(keys[kind].privateKey, publicKey);
  const created = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(given.serialNumber).toString('hex'),
    subject: new x509.Name([
      { C: [{ printableString: subject.country }] },
      { ST: [{ utf8String: subject.stateOrProvince }] },
      { O: [{ utf8String: subject.organization }] },
      { OU: [{ utf8String: subject.organizationalUnit }] },
      { CN: [{ utf8String: subject.commonName }] },
    ]),
    issuer: issuer.subjectName,
    notBefore: new Date('2026-03-04T04:51:07Z'),
    notAfter: new Date(Math.floor(at.getTime() / 1000 + given.validityDays * 86_400) * 1000),
    signingAlgorithm: webAlgorithm(keys.ec.privateKey),
    publicKey: own.publicKey,
    signingKey: signing.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(
        certificateAuthority,
        certificateAuthority ? pathLength : undefined,
        true,
      ),
      new x509.KeyUsagesExtension(
        usages.reduce((flags, usage) => flags | x509.KeyUsageFlags[usage], 0),
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(own.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(signing.publicKey),
      ...(profile.extendedKeyUsage?.length
        ? [
            new x509.ExtendedKeyUsageExtension(
              profile.extendedKeyUsage.map((name) => extendedKeyUsageTypes[name]),
            ),
          ]
        : []),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return Buffer.from(created.rawData);
}

const given: Record<string, Given> = {
  'a serial number with the first bit set, and names of all kinds': {
    serialNumber: Uint8Array.of(0x80, ...Array(19).fill(7)),
    validityDays: 1,
    subjectAlternativeNames: {
      dns: ['a.example', '*.example.com'],
      ip: ['192.0.2.1', '2001:db8::1', '::', '1::'],
      uri: ['urn:device:1', 'https://example.com/?q=1'],
      email: ['someone@example.com'],
    },
  },
  'a serial number that begins with zeros, and an end after 2049': {
    serialNumber: Uint8Array.of(0, 0, 0x7f, 1),
    validityDays: 30_000,
    subjectAlternativeNames: {},
  },
};

for (const [name, more] of Object.entries(given)) {
  test(`every role, ${name}`, async () => {
    for (const role of roles.filter((one): one is Role => one !== 'root')) {
      for (const kind of ['ec', 'rsa'] as const) {
        const profile = loadProfile(role);
        const { der } = await issue({
          profile,
          subject,
          publicKey: keys[kind].publicKey,
          issuer: { certificate: root.der, privateKey: keys.ec.privateKey },
          at,
          ...more,
        });
        const [made, usual] = [der, await expected(profile, kind, more)].map((one) =>
          sequenceOf(readOnly(one)),
        );
        assert.equal(made![0]!.raw.toString('hex'), usual![0]!.raw.toString('hex'), `${role} ${kind}`);
        assert.equal(made![1]!.raw.toString('hex'), usual![1]!.raw.toString('hex'), `${role} ${kind}`);
      }
    }
  });
}

test('a serial number that begins with zeros is an INTEGER in the authority key identifier, too', async () => {
  const { der } = await issue({
    profile: { ...loadProfile('root'), authorityKeyIdentifier: 'keyIdentifierAndIssuer' },
    subject: { commonName: 'zeros' },
    publicKey: keys.ec.publicKey,
    issuer: { privateKey: keys.ec.privateKey },
    at,
    serialNumber: Uint8Array.of(0, 0x7f, 1),
  });
  const { serialNumber, authorityKeyIdentifier, subjectKeyIdentifier } = parseCertificate(der);
  assert.equal(serialNumber, '7F01');
  assert.equal(authorityKeyIdentifier, subjectKeyIdentifier);
});

test.run();
