import assert from 'node:assert/strict';

import { test } from 'uvu';
import { objectIdentifier, octetString, sequence, setOfOne, tlv } from '../../src/pki/der/write.js';
import { generateKeyPair } from '../../src/pki/keys.js';
import { issue } from '../../src/pki/make/issue.js';
import { loadProfile } from '../../src/pki/make/profile.js';
import { type Purpose, type ValidateChainRequest, validateChain } from '../../src/pki/path/validate.js';
import { makeChain } from '../support/chains.js';
import { generatedKeys } from '../support/generated-keys.js';
import {
  alternativeNames,
  basicConstraints,
  dns,
  email,
  extendedKeyUsage,
  extension,
  ip,
  keyUsage,
  nameConstraints,
  now,
  type Raw,
  type RawRequest,
  raw,
} from '../support/raw-certificates.js';

const clientAuth = '1.3.6.1.5.5.7.3.2';
const serverAuth = '1.3.6.1.5.5.7.3.1';
const own = (name: string) => extension('2.5.29.14', false, octetString(Buffer.from(name)));
const issuers = (name: string) => extension('2.5.29.35', false, sequence(tlv(0x80, Buffer.from(name))));
const keyUsageOf = (unused: number, octet: number) =>
  extension('2.5.29.15', true, tlv(0x03, Buffer.from([unused, octet])));
const nameOf = (type: string, text: string, tag = 0x13) =>
  sequence(setOfOne(sequence(objectIdentifier(type), tlv(tag, Buffer.from(text)))));
const requiresPolicy = (critical: boolean) =>
  extension('2.5.29.36', critical, sequence(tlv(0x80, Buffer.from([0]))));
const policy = (critical: boolean) =>
  extension('2.5.29.32', critical, sequence(sequence(objectIdentifier('1.3.6.1.4.1.99999.1'))));
const signing = [basicConstraints(true), keyUsage(5, 6), own('root')];
const plain = [basicConstraints(false), keyUsage(0), extendedKeyUsage(clientAuth), issuers('root')];

const root = raw({ name: 'Root', extensions: signing });

async function verdict(leaf: Raw, anchor: Raw, purpose: Purpose, mode: ValidateChainRequest['mode']) {
  const { valid, failures } = await validateChain({
    leaf: leaf.der,
    intermediates: [],
    trustAnchors: [anchor.der],
    at: now,
    purpose,
    mode: mode ?? 'lenient',
  });
  return valid ? 'valid' : [...new Set(failures.map(({ code }) => code))].join();
}

async function strictOnly(leaf: Raw, anchor: Raw, purpose: Purpose = 'clientAuth') {
  assert.equal(await verdict(leaf, anchor, purpose, 'lenient'), 'valid', 'lenient');
  assert.equal(await verdict(leaf, anchor, purpose, 'strict'), 'PROFILE', 'strict');
}

const leafOf = (more: Partial<RawRequest> = {}, issuer = root) =>
  raw({ name: 'device', issuer, extensions: plain, ...more });
const without = (list: Buffer[], extension: Buffer) => list.filter((item) => !item.equals(extension));
const utc = (text: string) => tlv(0x17, Buffer.from(text));
const generalized = (text: string) => tlv(0x18, Buffer.from(text));

test('a chain as RFC 5280 wants it is valid', async () => {
  assert.equal(await verdict(leafOf(), root, 'clientAuth', 'strict'), 'valid');
});

const leaves: [title: string, more: Partial<RawRequest>][] = [
  ['the serial number 0', { serialNumber: 0 }],
  ['a negative serial number', { serialNumber: Buffer.from([0x80]) }],
  [
    'a serial number of 21 octets',
    { serialNumber: Buffer.concat([Buffer.from([0]), Buffer.alloc(20, 0x9a)]) },
  ],
  [
    'a GeneralizedTime before 2050',
    { validity: sequence(utc('260101000000Z'), generalized('20270101000000Z')) },
  ],
  ['no authority key identifier', { extensions: without(plain, issuers('root')) }],
  ['another authority key identifier', { extensions: [...plain.slice(0, 3), issuers('elsewhere')] }],
  ['keyCertSign without being a CA', { extensions: [keyUsage(0, 5), ...plain.slice(2)] }],
  ['a path length without being a CA', { extensions: [basicConstraints(false, 0), ...plain.slice(1)] }],
  [
    'a unique identifier',
    { parts: (parts) => [...parts.slice(0, 7), tlv(0x82, Buffer.from([0, 1])), parts[7]!] },
  ],
  ['a country of three letters', { subject: nameOf('2.5.4.6', 'DEU') }],
  ['a common name of 65 letters', { name: 'a'.repeat(65) }],
  ['two bits too many in its key usage', { extensions: [plain[0]!, keyUsageOf(5, 0x80), ...plain.slice(2)] }],
  ['policy constraints without being a CA', { extensions: [...plain, requiresPolicy(true), policy(false)] }],
  ['a host name of a reserved form', { extensions: [...plain, alternativeNames(dns('ab--c.example'))] }],
  [
    'an A-label that stands for nothing',
    { extensions: [...plain, alternativeNames(dns('xn--99zz.example'))] },
  ],
  ['a host name with a space', { extensions: [...plain, alternativeNames(dns('a b.example'))] }],
  ['a mailbox without a host', { extensions: [...plain, alternativeNames(email('jo'))] }],
  ['an address of five octets', { extensions: [...plain, alternativeNames(ip(1, 2, 3, 4, 5))] }],
  [
    'a critical subject key identifier',
    { extensions: [...plain, extension('2.5.29.14', true, octetString(Buffer.from('a')))] },
  ],
  [
    'an issuer without a serial number in the authority key identifier',
    {
      extensions: [
        ...plain.slice(0, 3),
        extension('2.5.29.35', false, sequence(tlv(0x80, Buffer.from('root')), tlv(0xa1, dns('a')))),
      ],
    },
  ],
];
for (const [title, more] of leaves) {
  test(`a leaf with ${title} is refused in mode strict only`, () => strictOnly(leafOf(more), root));
}

const roots: [title: string, extensions: Buffer[]][] = [
  ['no subject key identifier', signing.slice(0, 2)],
  ['no key usage', [signing[0]!, signing[2]!]],
  [
    'basic constraints that are not critical',
    [extension('2.5.29.19', false, sequence(tlv(1, Buffer.from([0xff])))), ...signing.slice(1)],
  ],
  [
    'uncritical name constraints',
    [...signing, extension('2.5.29.30', false, sequence(tlv(0xa1, sequence(dns('b.example')))))],
  ],
  ['a leading period in a host constraint', [...signing, nameConstraints([], [dns('.b.example')])]],
  ['another own key identifier as its authority’s', [...signing, issuers('elsewhere')]],
];
for (const [title, extensions] of roots) {
  test(`a root with ${title} is refused in mode strict only`, async () => {
    const anchor = raw({ name: 'Root', extensions });
    await strictOnly(leafOf({}, anchor), anchor);
  });
}

test('policy constraints that are not critical are refused in mode strict only', async () => {
  const anchor = raw({ name: 'Root', extensions: [...signing, requiresPolicy(false)] });
  await strictOnly(leafOf({ extensions: [...plain, policy(false)] }, anchor), anchor);
});

test('an RSA signature without the parameter NULL is refused in mode strict only', async () => {
  const { publicKey, privateKey } = await generateKeyPair('rsa-2048');
  const anchor = raw({
    name: 'Root',
    keys: { publicKey, privateKey: root.keys.privateKey },
    extensions: signing,
  });
  const issuer = { name: 'Root', keys: { publicKey, privateKey } };
  const signature = sequence(objectIdentifier('1.2.840.113549.1.1.11'));
  await strictOnly(raw({ name: 'device', issuer, extensions: plain, signatureAlgorithm: signature }), anchor);
});

const server = (names: Buffer[], usages = [serverAuth]) => [
  basicConstraints(false),
  keyUsage(0),
  ...(usages.length > 0 ? [extendedKeyUsage(...usages)] : []),
  issuers('root'),
  ...(names.length > 0 ? [alternativeNames(...names)] : []),
];
const replaced = (index: number, by: Buffer) => server([dns('a.example')]).with(index, by);
const criticalUsage = extension('2.5.29.37', true, sequence(objectIdentifier(serverAuth)));
const criticalNames = extension('2.5.29.17', true, sequence(dns('a.example')));
const servers: [title: string, extensions: Buffer[]][] = [
  ['without an alternative name', server([])],
  ['whose common name is no alternative name', server([dns('other.example')])],
  ['for every purpose', server([dns('a.example')], [serverAuth, '2.5.29.37.0'])],
  ['without a purpose', server([dns('a.example')], [])],
  ['for a top domain', server([dns('a.example'), dns('*.example')])],
  ['for signing code too', server([dns('a.example')], [serverAuth, '1.3.6.1.5.5.7.3.3'])],
  ['with a mailbox', server([dns('a.example'), email('jo@a.example')])],
  ['with a critical extended key usage', replaced(2, criticalUsage)],
  ['with uncritical basic constraints', replaced(0, extension('2.5.29.19', false, sequence()))],
  ['that may sign revocation lists', replaced(1, keyUsage(0, 6))],
  ['with critical policies', [...server([dns('a.example')]), policy(true)]],
  ['with a critical alternative name beside a subject', replaced(4, criticalNames)],
  [
    'that is a certificate authority',
    [...signing.slice(0, 1), keyUsage(0, 5), ...server([dns('a.example')]).slice(2)],
  ],
];
for (const [title, extensions] of servers) {
  test(`a server’s certificate ${title} is refused in mode strict only`, async () => {
    await strictOnly(leafOf({ name: 'a.example', extensions }), root, 'serverAuth');
  });
}

test('a server’s issuer is named to the octet, and signs with the hash of its curve', async () => {
  const extensions = server([dns('a.example')]);
  const one = { name: 'a.example', issuer: root, extensions };
  assert.equal(await verdict(raw(one), root, 'serverAuth', 'strict'), 'valid');
  const otherString = raw({ ...one, issuerName: nameOf('2.5.4.3', 'Root') });
  await strictOnly(otherString, root, 'serverAuth');
  assert.equal(await verdict(otherString, root, 'any', 'strict'), 'valid');
  const keys = generatedKeys('ec', { namedCurve: 'P-384' });
  const wide = raw({ name: 'Root', keys, extensions: signing });
  await strictOnly(raw({ ...one, issuer: wide }), wide, 'serverAuth');
});

test('what enrollkit makes is valid in mode strict', async () => {
  const { root, intermediate, device } = await makeChain();
  const { publicKey, privateKey } = await generateKeyPair('ec-p256');
  const { pem } = await issue({
    profile: loadProfile('verification'),
    subject: { commonName: 'CODE' },
    publicKey,
    issuer: { certificate: intermediate.pem, privateKey: intermediate.privateKey },
    at: new Date(),
  });
  assert.ok(privateKey);
  for (const leaf of [device.pem, pem]) {
    const { failures } = await validateChain({
      leaf,
      intermediates: [intermediate.pem],
      trustAnchors: [root.pem],
      purpose: 'clientAuth',
      mode: 'strict',
    });
    assert.deepEqual(failures, []);
  }
});

const malformed: [title: string, more: Partial<RawRequest>][] = [
  ['a date without seconds', { validity: sequence(utc('2601010000Z'), utc('270101000000Z')) }],
  ['a date with an offset', { validity: sequence(utc('260101000000+0000'), utc('270101000000Z')) }],
  ['a date with a fraction', { validity: sequence(generalized('20260101000000.5Z'), utc('270101000000Z')) }],
  ['a date that does not exist', { validity: sequence(utc('260230000000Z'), utc('270101000000Z')) }],
  ['a serial number that is not minimal', { serialNumber: Buffer.from([0, 1]) }],
  [
    'an access description that is none',
    { extensions: [...plain, extension('1.3.6.1.5.5.7.1.1', false, sequence(objectIdentifier('1.2')))] },
  ],
];
for (const [title, more] of malformed) {
  test(`a leaf with ${title} is malformed in every mode`, async () => {
    assert.equal(await verdict(leafOf(more), root, 'any', 'lenient'), 'MALFORMED');
  });
}

test('an RSA key with an even exponent, or one of 1 with which everyone can sign, is refused', async () => {
  const { n } = (await generateKeyPair('rsa-2048')).publicKey.export({ format: 'jwk' });
  const modulus = tlv(0x02, Buffer.from([0]), Buffer.from(n!, 'base64url'));
  const algorithm = sequence(objectIdentifier('1.2.840.113549.1.1.1'), tlv(0x05));
  const codeFor = (exponent: number[]) => {
    const key = sequence(modulus, tlv(0x02, Buffer.from(exponent)));
    const der = sequence(algorithm, tlv(0x03, Buffer.from([0]), key));
    const keys = { publicKey: { export: () => der } as never, privateKey: root.keys.privateKey };
    return verdict(leafOf({ keys }), root, 'any', 'lenient');
  };
  assert.equal(await codeFor([1, 0, 1]), 'valid');
  for (const exponent of [[1], [2], [1, 0, 2]]) assert.equal(await codeFor(exponent), 'PUBLIC_KEY');
});

test('the depth counts intermediates that are not self-issued; leaf and anchor are not counted', async () => {
  const ca = (name: string, issuer: Raw, more: Partial<RawRequest> = {}) =>
    raw({ name, issuer, extensions: signing, ...more });
  const first = ca('First', root);
  const rolled = ca('First', first);
  const second = ca('Second', rolled);
  const depth = async (leaf: Raw, intermediates: Raw[], maxDepth: number) => {
    const request = { trustAnchors: [root.der], at: now, maxDepth };
    const { failures } = await validateChain({
      leaf: leaf.der,
      intermediates: intermediates.map(({ der }) => der),
      ...request,
    });
    return failures.map(({ code }) => code).join();
  };
  assert.equal(await depth(leafOf(), [], 0), '');
  assert.equal(await depth(leafOf({}, first), [first], 0), 'DEPTH_EXCEEDED');
  assert.equal(await depth(leafOf({}, rolled), [first, rolled], 1), '');
  assert.equal(await depth(leafOf({}, second), [first, rolled, second], 1), 'DEPTH_EXCEEDED');
  assert.equal(await depth(leafOf({}, second), [first, rolled, second], 2), '');
});

test.run();
