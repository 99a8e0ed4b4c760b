/** Odd certificates: what can be read of them is shown, lint goes on, and validation still refuses them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import { integer, objectIdentifier, octetString, sequence, setOfOne, tlv } from '../../src/pki/der/write.js';
import { type LintCode, lintChain } from '../../src/pki/lint/lint.js';
import { validatePath } from '../../src/pki/path/validate.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { inspectCertificate } from '../../src/pki/x509/inspect.js';
import { lookAtCertificates } from '../../src/pki/x509/look.js';
import {
  alternativeNames,
  authority,
  device,
  dns,
  email,
  extension,
  now,
  raw,
  uri,
} from '../support/raw-certificates.js';

const root = authority('Root');
const with_ = (...extensions: Buffer[]) => device('device', root, { extensions });
const caWith = (...extensions: Buffer[]) => authority('CA', root, { extensions });
const text = (tag: number, value: string) => tlv(tag, Buffer.from(value, 'utf8'));
const attribute = (type: string, value: Buffer) => setOfOne(sequence(objectIdentifier(type), value));
const named = (...attributes: Buffer[]) => device('d', root, { subject: sequence(...attributes) });
const dated = (begin: Buffer, end: Buffer) => device('d', root, { validity: sequence(begin, end) });
const utc = (value: string) => text(0x17, value);
const policies = (...informations: Buffer[]) => extension('2.5.29.32', false, sequence(...informations));
const policy = (type: string, ...qualifiers: Buffer[]) =>
  sequence(objectIdentifier(type), ...(qualifiers.length > 0 ? [sequence(...qualifiers)] : []));
const notice = (value: Buffer) => sequence(objectIdentifier('1.3.6.1.5.5.7.2.2'), sequence(value));
const constraint = (...parts: Buffer[]) =>
  extension('2.5.29.30', true, sequence(tlv(0xa0, sequence(...parts))));
const replaced = (index: number, part: Buffer) => (parts: Buffer[]) =>
  parts.map((one, at) => (at === index ? part : one));
const timestamps = (value: Buffer) => extension('1.3.6.1.4.1.11129.2.4.2', false, octetString(value));

/** What the strict reader refuses. */
const odd: [what: string, code: LintCode, certificate: () => { der: Buffer }][] = [
  ['a date without seconds', 'TIME_ENCODING', () => dated(utc('2601010000Z'), utc('270101000000Z'))],
  ['a date in a time zone', 'TIME_ENCODING', () => dated(utc('260101000000+0100'), utc('270101000000Z'))],
  [
    'an empty list of extensions',
    'EXTENSION_MALFORMED',
    () => raw({ name: 'd', issuer: root, parts: (parts) => [...parts, tlv(0xa3, sequence())] }),
  ],
  [
    'an extension twice',
    'EXTENSION_DUPLICATE',
    () => with_(alternativeNames(dns('a')), alternativeNames(dns('b'))),
  ],
  [
    'UTF-8 in a dNSName',
    'ALTERNATIVE_NAME_MALFORMED',
    () => with_(alternativeNames(text(0x82, 'é.example'))),
  ],
  [
    'an empty part of a name',
    'NAME_MALFORMED',
    () => named(tlv(0x31), attribute('2.5.4.3', text(0x0c, 'd'))),
  ],
  [
    'an attribute without a value',
    'NAME_MALFORMED',
    () => named(setOfOne(sequence(objectIdentifier('2.5.4.10'))), attribute('2.5.4.3', text(0x0c, 'd'))),
  ],
  [
    'an attribute without anything',
    'NAME_MALFORMED',
    () => named(setOfOne(sequence()), attribute('2.5.4.3', text(0x0c, 'd'))),
  ],
  ['an empty alternative name', 'EXTENSION_MALFORMED', () => with_(alternativeNames())],
  [
    'an empty extended key usage',
    'EXTENSION_MALFORMED',
    () => with_(extension('2.5.29.37', false, sequence())),
  ],
  ['version 1 with extensions', 'VERSION', () => device('d', root, { parts: (parts) => parts.slice(1) })],
  [
    'two signature algorithms',
    'SIGNATURE_ALGORITHM_MISMATCH',
    () => device('d', root, { parts: replaced(2, sequence(objectIdentifier('1.2.840.10045.4.3.3'))) }),
  ],
  [
    'a negative path length',
    'PATH_LENGTH_NEGATIVE',
    () =>
      raw({
        name: 'd',
        issuer: root,
        extensions: [
          extension('2.5.29.19', true, sequence(tlv(1, Buffer.from([255])), tlv(2, Buffer.from([255])))),
        ],
      }),
  ],
  [
    'a serial number that is not minimal',
    'MALFORMED',
    () => device('d', root, { serialNumber: Buffer.from([0, 1]) }),
  ],
];

for (const [what, code, certificate] of odd) {
  test(`${what} is told, and the rest is shown`, () => {
    const { der } = certificate();
    assert.throws(() => parseCertificate(der), { code: 'INVALID_CERTIFICATE' });
    const [looked] = lookAtCertificates(der);
    const codes = lintChain([looked!], { at: now }).map((one) => one.code);
    assert.ok(codes.includes(code), codes.join());
    // It goes on: a device of these tests has no key identifiers.
    assert.ok(codes.includes('AUTHORITY_KEY_IDENTIFIER_MISSING') || code === 'VERSION', codes.join());
    const { subject, issuer, problems, sha256Thumbprint } = inspectCertificate(der);
    assert.match(subject, /CN=/);
    assert.equal(issuer, 'CN=Root');
    assert.ok(problems!.length > 0);
    assert.match(sha256Thumbprint, /^[0-9A-F]{64}$/);
    const verdict = validatePath({ leaf: looked!, intermediates: [], trustAnchors: [root.der], at: now });
    assert.ok(!verdict.valid && verdict.failures.some((failure) => failure.code === 'MALFORMED'));
    const trusting = validatePath({
      leaf: looked!,
      intermediates: [looked!],
      trustAnchors: [looked!],
      at: now,
    });
    assert.ok(!trusting.valid);
  });
}

test('a certificate as it should be has no problems', () => {
  assert.equal(inspectCertificate(with_().der).problems, undefined);
  assert.throws(() => lookAtCertificates('hello'), { code: 'INVALID_CERTIFICATE' });
  assert.throws(() => lookAtCertificates(Buffer.from('3003020101', 'hex')), { code: 'INVALID_CERTIFICATE' });
});

/** What the strict reader takes. */
const found: [code: LintCode, certificate: () => { der: Buffer }][] = [
  [
    'EXTENSION_NOT_DER',
    () => with_(sequence(objectIdentifier('1.2.3'), tlv(1, Buffer.from([0])), octetString(sequence()))),
  ],
  [
    'EXTENSION_NOT_DER',
    () =>
      raw({
        name: 'd',
        issuer: root,
        extensions: [extension('2.5.29.19', true, sequence(tlv(1, Buffer.from([0]))))],
      }),
  ],
  [
    'EXTENSION_NOT_DER',
    () =>
      raw({
        name: 'd',
        issuer: root,
        extensions: [extension('2.5.29.15', true, tlv(3, Buffer.from([0, 0x80])))],
      }),
  ],
  [
    'KEY_USAGE_BITS',
    () =>
      raw({
        name: 'd',
        issuer: root,
        extensions: [extension('2.5.29.15', true, tlv(3, Buffer.from([5, 0x80, 0xa0])))],
      }),
  ],
  ['NAME_ATTRIBUTE_CONTROL_CHARACTER', () => named(attribute('2.5.4.3', text(0x0c, 'a\u0007b')))],
  ['NAME_ATTRIBUTE_TOO_LONG', () => named(attribute('2.5.4.17', text(0x0c, '1'.repeat(17))))],
  ['NAME_ATTRIBUTE_TOO_LONG', () => named(attribute('2.5.4.9', text(0x0c, '1'.repeat(129))))],
  [
    'NAME_ATTRIBUTE_ENCODING',
    () => device('d', root, { issuerName: sequence(attribute('2.5.4.6', text(0x0c, 'DE'))) }),
  ],
  [
    'EMAIL_NOT_IN_ALTERNATIVE_NAMES',
    () => named(attribute('1.2.840.113549.1.9.1', text(0x16, 'a@b.example'))),
  ],
  ['DNS_NAME_UNDERSCORE', () => with_(alternativeNames(dns('a_b.example')))],
  ['DNS_NAME_INTERNATIONAL', () => with_(alternativeNames(dns('xn--0.example')))],
  ['ALTERNATIVE_NAME_MALFORMED', () => with_(alternativeNames(uri('https://host/x')))],
  ['ALTERNATIVE_NAME_MALFORMED', () => with_(extension('2.5.29.18', false, sequence(email('nobody'))))],
  ['NAME_CONSTRAINT_DISTANCE', () => caWith(constraint(dns('a.example'), tlv(0x80, Buffer.from([1]))))],
  ['NAME_CONSTRAINT_DISTANCE', () => caWith(constraint(dns('a.example'), tlv(0x81, Buffer.from([1]))))],
  ['NAME_CONSTRAINT_MALFORMED', () => caWith(constraint(uri('https://a.example/')))],
  ['POLICY_DUPLICATE', () => with_(policies(policy('1.2.3'), policy('1.2.3')))],
  [
    'POLICY_QUALIFIER',
    () => with_(policies(policy('2.5.29.32.0', sequence(objectIdentifier('1.2.3'), integer(1))))),
  ],
  ['POLICY_EXPLICIT_TEXT', () => with_(policies(policy('1.2.3', notice(text(0x16, 'x')))))],
  ['POLICY_EXPLICIT_TEXT', () => with_(policies(policy('1.2.3', notice(text(0x0c, 'x'.repeat(201))))))],
  [
    'POLICY_MAPPING_ANY',
    () =>
      caWith(
        extension(
          '2.5.29.33',
          true,
          sequence(sequence(objectIdentifier('2.5.29.32.0'), objectIdentifier('1.2.3'))),
        ),
      ),
  ],
  [
    'DISTRIBUTION_POINT_INCOMPLETE',
    () => with_(extension('2.5.29.31', false, sequence(sequence(tlv(0x81, Buffer.from([6, 0x40])))))),
  ],
  ['SIGNED_CERTIFICATE_TIMESTAMPS', () => with_(timestamps(Buffer.from([0, 0])))],
  [
    'SIGNED_CERTIFICATE_TIMESTAMPS',
    () =>
      with_(
        timestamps(Buffer.from([0, 3, 0, 1, 1])),
        extension('1.3.6.1.4.1.11129.2.4.3', true, Buffer.from([5, 0])),
      ),
  ],
];

for (const [code, certificate] of found) {
  test(`${code} is found`, () => {
    const codes = lintChain([parseCertificate(certificate().der)], { at: now }).map((one) => one.code);
    assert.ok(codes.includes(code), codes.join());
  });
}

test('what is as it should be has none of these findings', () => {
  const good = with_(
    alternativeNames(dns('xn--bcher-kva.example'), uri('urn:uuid:1'), uri('https://a.example/x')),
    policies(policy('1.2.3', notice(text(0x0c, 'x')))),
    extension('2.5.29.31', false, sequence(sequence(tlv(0xa0, tlv(0xa0, uri('http://a.example/c')))))),
  );
  const codes = new Set<string>(lintChain([parseCertificate(good.der)], { at: now }).map((one) => one.code));
  for (const [code] of [...found, ...odd.map(([, one]) => [one] as const)]) assert.ok(!codes.has(code), code);
});

/** By openssl, with octets changed. */
const given: Record<string, LintCode> = {
  'bc-false.pem': 'EXTENSION_NOT_DER',
  'critical-false.pem': 'EXTENSION_NOT_DER',
  'ku-bits.pem': 'EXTENSION_NOT_DER',
  'ku-zeros.pem': 'EXTENSION_NOT_DER',
  'rsa-ka.pem': 'KEY_USAGE_OF_KEY',
  'ncmin.pem': 'NAME_CONSTRAINT_DISTANCE',
  'spki-no-null.pem': 'PUBLIC_KEY_PARAMETERS',
};

test('given certificates have their findings, and are not valid in mode strict', () => {
  const folder = new URL('../data/pki/lint/', import.meta.url);
  for (const file of readdirSync(folder)) {
    const [certificate] = lookAtCertificates(readFileSync(new URL(file, folder)));
    const at = new Date((certificate!.notBefore.getTime() + certificate!.notAfter.getTime()) / 2);
    const findings = lintChain([certificate!], { at });
    const code = given[file];
    if (code)
      assert.ok(
        findings.some((one) => one.code === code),
        `${file}: ${findings.map((one) => one.code)}`,
      );
    if (!code) continue;
    const verdict = validatePath({
      leaf: certificate!,
      intermediates: [],
      trustAnchors: [certificate!],
      at,
      mode: 'strict',
    });
    assert.ok(!verdict.valid, file);
  }
});

test.run();
