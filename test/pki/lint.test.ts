import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { test } from 'uvu';
import { registrationIdProblem } from '../../src/dps/contract/ids.js';
import { EnrollkitError } from '../../src/errors.js';
import { tlv } from '../../src/pki/der/write.js';
import { keyAlgorithms } from '../../src/pki/keys.js';
import { type Finding, lintChain, lintRules, type Use } from '../../src/pki/lint/lint.js';
import { roles } from '../../src/pki/make/profile.js';
import { type Certificate, parseCertificate } from '../../src/pki/x509/certificate.js';
import { make } from '../support/chains.js';
import { certify, rsaKey } from '../support/openssl-authority.js';
import {
  alternativeNames,
  authority,
  basicConstraints,
  device,
  dns,
  email,
  extendedKeyUsage,
  extension,
  ip,
  keyUsage,
  nameConstraints,
  now,
  raw,
  uri,
} from '../support/raw-certificates.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';

const testWithOpenssl = testWith('openssl', test);

const codes = (findings: Finding[]) => findings.map(({ code }) => code);
const lint = (certificates: { der: Buffer }[], use?: Use, at = now) =>
  lintChain(
    certificates.map(({ der }) => parseCertificate(der)),
    { at, registrationIdProblem, ...(use ? { use } : {}) },
  );
/** A device of openssl's making is all that is not asked about here. */
const has = (findings: Finding[], code: string, pattern = /./) => {
  const found = findings.find((one) => one.code === code);
  assert.ok(found, `${code} is not among ${codes(findings).join()}`);
  assert.match(found.message, pattern);
  assert.match(found.certificate, /^[0-9A-F]{64}$/);
};

for (const algorithm of keyAlgorithms.filter((name) => name !== 'rsa-3072' && name !== 'rsa-4096')) {
  test(`what enrollkit issues with ${algorithm} is clean, in every role`, async () => {
    const root = await make('root', 'Test Root', undefined, { algorithm });
    const intermediate = await make('intermediate', 'Test Intermediate', root, { algorithm });
    const chain = [intermediate, root].map(({ pem }) => parseCertificate(pem));
    const options = { at: new Date(), registrationIdProblem };
    assert.deepEqual(lintChain(chain, { ...options, use: 'ca' }), []);
    assert.deepEqual(lintChain(chain.slice(1), options), []);
    for (const role of roles.filter((name) => name !== 'root' && name !== 'intermediate')) {
      const names = role === 'server' ? { subjectAlternativeNames: { dns: ['localhost'], ip: ['::1'] } } : {};
      const leaf = await make(role, `test-${role}`, intermediate, { algorithm, ...names });
      assert.deepEqual(lintChain([parseCertificate(leaf.pem), ...chain], options), [], role);
    }
    const alone = await make('device', 'alone', undefined, { algorithm });
    assert.deepEqual(lintChain([parseCertificate(alone.pem)], options), []);
  });
}

const root = authority('Root');
const critical = (type: string, value: Buffer = Buffer.from([0x30, 0])) => extension(type, true, value);
const plain = (type: string, value: Buffer = Buffer.from([0x30, 0])) => extension(type, false, value);
const leafWith = (...extensions: Buffer[]) => raw({ name: 'device', issuer: root, extensions });
const caWith = (...extensions: Buffer[]) => raw({ name: 'CA', issuer: root, extensions });

const single: [code: string, certificate: () => { der: Buffer }, use?: Use][] = [
  ['SERIAL_NUMBER_NOT_POSITIVE', () => device('d', root, { serialNumber: 0 })],
  [
    'VALIDITY_ORDER',
    () => device('d', root, { notBefore: new Date('2027-01-01'), notAfter: new Date('2026-01-01') }),
  ],
  ['EXPIRED', () => device('d', root, { notAfter: new Date('2026-02-01') })],
  ['NOT_YET_VALID', () => device('d', root, { notBefore: new Date('2026-12-01') })],
  ['SUBJECT_EMPTY', () => device('', root)],
  ['SUBJECT_EMPTY', () => authority('', root)],
  ['ISSUER_EMPTY', () => raw({ name: 'd', issuer: { ...root, name: '' } })],
  ['NAME_ATTRIBUTE_TOO_LONG', () => device('x'.repeat(65), root)],
  [
    'EXTENSION_MUST_BE_CRITICAL',
    () => caWith(extension('2.5.29.19', false, Buffer.from('30030101ff', 'hex'))),
  ],
  [
    'EXTENSION_MUST_BE_CRITICAL',
    () => caWith(basicConstraints(true), plain('2.5.29.36', Buffer.from('3003800100', 'hex'))),
  ],
  ['EXTENSION_MUST_NOT_BE_CRITICAL', () => leafWith(critical('2.5.29.14', tlv(4, Buffer.from('id'))))],
  [
    'EXTENSION_SHOULD_BE_CRITICAL',
    () => leafWith(extension('2.5.29.15', false, Buffer.from('03020780', 'hex'))),
  ],
  [
    'EXTENSION_SHOULD_NOT_BE_CRITICAL',
    () => leafWith(critical('2.5.29.17', Buffer.from('3003820161', 'hex'))),
  ],
  ['EXTENSION_ONLY_FOR_CA', () => leafWith(nameConstraints([dns('a.example')], []))],
  ['EXTENSION_MALFORMED', () => leafWith(plain('2.5.29.31'))],
  ['UNKNOWN_CRITICAL_EXTENSION', () => leafWith(critical('1.2.3'))],
  ['AUTHORITY_KEY_IDENTIFIER_MISSING', () => device('d', root)],
  ['CA_SUBJECT_KEY_IDENTIFIER_MISSING', () => authority('CA', root)],
  ['SUBJECT_KEY_IDENTIFIER_MISSING', () => device('d', root)],
  ['CA_KEY_USAGE_MISSING', () => caWith(basicConstraints(true))],
  ['KEY_USAGE_EMPTY', () => leafWith(critical('2.5.29.15', Buffer.from('030100', 'hex')))],
  ['KEY_USAGE_OF_KEY', () => leafWith(keyUsage(0, 2))],
  ['KEY_CERT_SIGN_WITHOUT_CA', () => leafWith(basicConstraints(false), keyUsage(5))],
  ['CA_WITHOUT_KEY_CERT_SIGN', () => caWith(basicConstraints(true), keyUsage(6))],
  ['PATH_LENGTH_WITHOUT_CA', () => leafWith(basicConstraints(false, 1))],
  ['EXTENDED_KEY_USAGE_CONFLICT', () => leafWith(keyUsage(1), extendedKeyUsage('1.3.6.1.5.5.7.3.2'))],
  ['ALTERNATIVE_NAME_MALFORMED', () => leafWith(alternativeNames(dns('a b')))],
  ['ALTERNATIVE_NAME_MALFORMED', () => leafWith(alternativeNames(ip(1, 2, 3)))],
  ['ALTERNATIVE_NAME_MALFORMED', () => leafWith(alternativeNames(email('nobody')))],
  ['ALTERNATIVE_NAME_MALFORMED', () => leafWith(alternativeNames(uri('/relative')))],
  ['REGISTRATION_ID', () => device('Device 42', root)],
  ['REGISTRATION_ID', () => device('', root)],
  ['DEVICE_CLIENT_AUTH', () => leafWith(extendedKeyUsage('1.3.6.1.5.5.7.3.1')), 'device'],
  ['DEVICE_DIGITAL_SIGNATURE', () => leafWith(keyUsage(4))],
  ['GROUP_CA', () => device('d', root), 'ca'],
  ['GROUP_CA', () => caWith(basicConstraints(true), keyUsage(6)), 'ca'],
  ['GROUP_CA_COMMON_NAME', () => authority('', root), 'ca'],
  ['SERVER_NAME_MISSING', () => leafWith(extendedKeyUsage('1.3.6.1.5.5.7.3.1'))],
  ['SERVER_AUTH', () => leafWith(extendedKeyUsage('1.3.6.1.5.5.7.3.2')), 'server'],
];

for (const [code, certificate, use] of single) {
  test(`${code}${use ? ` (${use})` : ''} is found`, () => has(lint([certificate()], use), code));
}

test('what belongs not together in a chain is found', () => {
  const ca = authority('CA', root, { pathLength: 0 });
  const below = authority('Below', ca);
  const other = authority('CA');
  const leaf = device('leaf', below);
  const chain = (...certificates: { der: Buffer }[]) => lint(certificates);
  has(chain(device('d', root), ca, root), 'CHAIN_ORDER', /CN=d is followed by CN=CA, which did not issue it/);
  has(chain(device('d', ca), other), 'CHAIN_SIGNATURE');
  has(chain(device('d', leaf), leaf, below), 'ISSUER_NOT_A_CA', /CN=leaf/);
  has(chain(leaf, below, ca, root), 'PATH_LENGTH_EXCEEDED', /CN=CA allows 0 .* below it, but there is 1/);
  const long = device('long', ca, { notAfter: new Date('2030-01-01') });
  has(chain(long, ca, root), 'EXPIRY_ORDER', /2030-01-01T00:00:00Z, longer than its issuer/);
  const big = leafWith(plain('1.2.3', Buffer.alloc(4200)));
  has(chain(big, root), 'CHAIN_SIZE', /small TLS stacks accept 4096/);
  const identified = leafWith(plain('2.5.29.35', Buffer.from('3003800101', 'hex')));
  const issuer = raw({
    ...root,
    extensions: [basicConstraints(true), keyUsage(5), plain('2.5.29.14', Buffer.from('040102', 'hex'))],
  });
  has(chain(identified, issuer), 'AUTHORITY_KEY_IDENTIFIER_MISMATCH');
});

testWithOpenssl('weak algorithms and old encodings, as openssl makes them, are found', async () => {
  await inTemporaryFolder((folder) => {
    const of = (request: Parameters<typeof certify>[1]) =>
      lintChain([parseCertificate(certify(folder, request))], { at: new Date(), use: 'device' });
    has(of({ name: 'sha1', options: ['-sha1'] }), 'SIGNATURE_ALGORITHM_WEAK');
    has(of({ name: 'sha1', options: ['-sha1'] }), 'DPS_SIGNATURE_ALGORITHM');
    has(of({ name: 'short', key: rsaKey(1024) }), 'PUBLIC_KEY_WEAK');
    has(of({ name: 'short', key: rsaKey(1024) }), 'DPS_PUBLIC_KEY');
    has(of({ name: 'ed', key: ['-algorithm', 'ED25519'] }), 'DPS_PUBLIC_KEY');
    has(of({ name: 'mail', subject: 'CN = mail\nemailAddress = me@a.example' }), 'EMAIL_IN_SUBJECT');
    has(
      of({ name: 'long', options: ['-set_serial', `0x${'ff'.repeat(20)}`] }),
      'SERIAL_NUMBER_TOO_LONG',
      /21 octets/,
    );
    has(of({ name: 'negative', options: ['-set_serial', '-5'] }), 'SERIAL_NUMBER_NOT_POSITIVE', /-05/);
    assert.ok(!codes(of({ name: 'far', options: ['-days', '20000'] })).includes('TIME_ENCODING'));
  });
});

test('what only octets show is found', () => {
  const changed = (certificate: { der: Buffer }, from: string, to: string) => {
    const hex = certificate.der.toString('hex');
    assert.ok(hex.includes(from));
    return { der: Buffer.from(hex.replaceAll(from, to), 'hex') };
  };
  const ofName = (octets: string, value = 'name') =>
    changed(device('abcd', root), '0c0461626364', octets + Buffer.from(value).toString('hex'));
  has(lint([ofName('1304', 'a*cd')]), 'NAME_ATTRIBUTE_ENCODING');
  has(lint([ofName('1404')]), 'NAME_ATTRIBUTE_OLD_ENCODING');
  has(lint([ofName('1604')]), 'NAME_ATTRIBUTE_ENCODING');
  has(
    lint([changed(device('ab', root), '300906035504030c026162', '3009060355040313026162')]),
    'AUTHORITY_KEY_IDENTIFIER_MISSING',
  );
  assert.ok(!codes(lint([ofName('1304')])).some((code) => code.startsWith('NAME_')));
});

test('no date and no certificates', () => {
  assert.deepEqual(lintChain([], { at: now }), []);
  assert.throws(() => lintChain([], { at: new Date('x') }), { code: 'USAGE' });
});

test('whatever can be read can be linted', () => {
  const leaf = leafWith(
    basicConstraints(false),
    keyUsage(0),
    alternativeNames(dns('a.example'), uri('urn:x')),
    critical('2.5.29.54'),
  );
  fc.assert(
    fc.property(fc.nat(leaf.der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const der = Buffer.from(leaf.der);
      der[at]! ^= change;
      let certificate: Certificate;
      try {
        certificate = parseCertificate(der);
      } catch (error) {
        assert.ok(error instanceof EnrollkitError);
        return;
      }
      lintChain([certificate, parseCertificate(root.der)], { at: now, registrationIdProblem });
    }),
    { numRuns: 2000 },
  );
});

const document = new URL('../../docs/lint.md', import.meta.url);
function documentText(): string {
  const rows = Object.entries(lintRules).map(
    ([code, { severity, summary, source }]) => `| \`${code}\` | ${severity} | ${summary} | ${source} |`,
  );
  return `# Lint rules

These rules go beyond what \`validateChain\` checks before it trusts a chain. Codes are API: they do not change their
meaning.

\`enrollkit cert lint\` applies them to files and folders. Its exit status is 0 if it finds no errors, and 11 if it
finds an error or cannot read a file in a folder. With \`--strict\`, warnings count as errors.

| code | severity | rule | source |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

test('docs/lint.md is the table of the rules', () => {
  if (process.env.UPDATE_DOCS) writeFileSync(document, documentText());
  assert.equal(readFileSync(document, 'utf8'), documentText());
});

test.run();
