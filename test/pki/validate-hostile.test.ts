/** Certificates and lists that a careless or hostile issuer makes: refused in every mode, with little work. */
import assert from 'node:assert/strict';

import { test } from 'uvu';
import { integer, objectIdentifier, octetString, sequence, setOfOne, tlv } from '../../src/pki/der/write.js';
import { type ValidateChainRequest, validateChain } from '../../src/pki/path/validate.js';
import { generatedKeys } from '../support/generated-keys.js';
import {
  alternativeNames,
  authority,
  basicConstraints,
  bitString,
  device,
  dns,
  extendedKeyUsage,
  extension,
  keyUsage,
  nameConstraints,
  now,
  type Raw,
  type RawRequest,
  raw,
  uri,
} from '../support/raw-certificates.js';
import { listNumber, revocationList } from '../support/revocation-lists.js';
import { budgetOfSignatureChecks, withinSignatureChecks } from '../support/signature-checks.js';

const root = authority('Root');

async function verdict(chain: Raw[], anchors: Raw[] = [root], more: Partial<ValidateChainRequest> = {}) {
  const { valid, failures } = await withinSignatureChecks(budgetOfSignatureChecks, () =>
    validateChain({
      leaf: chain[0]!.der,
      intermediates: chain.slice(1).map(({ der }) => der),
      trustAnchors: anchors.map(({ der }) => der),
      at: now,
      ...more,
    }),
  );
  assert.equal(valid, failures.length === 0);
  return valid ? 'valid' : [...new Set(failures.map(({ code }) => code))].join();
}

const ofRoot = (more: Partial<RawRequest>) => device('device', root, more);
const access = (type: string, value: Buffer) => extension(type, false, value);
const criticalNames = extension('2.5.29.17', true, sequence(dns('a.example')));
const distributionPoint = (...parts: Buffer[]) => access('2.5.29.31', sequence(sequence(...parts)));
const location = uri('http://a.example/');

const leaves: [title: string, expected: string, more: Partial<RawRequest>][] = [
  ['name constraints in a leaf', 'MALFORMED', { extensions: [nameConstraints([dns('a')], [])] }],
  [
    'uncritical name constraints in a leaf',
    'MALFORMED',
    { extensions: [access('2.5.29.30', sequence(tlv(0xa0, sequence(dns('a')))))] },
  ],
  ['no subject, and a critical alternative name', 'valid', { name: '', extensions: [criticalNames] }],
  [
    'no subject, and another one',
    'MALFORMED',
    { name: '', extensions: [alternativeNames(dns('a.example'))] },
  ],
  ['no subject, and none', 'MALFORMED', { name: '' }],
  ['an empty relative name', 'MALFORMED', { subject: sequence(setOfOne(Buffer.alloc(0))) }],
  ['an empty extended key usage', 'MALFORMED', { extensions: [extendedKeyUsage()] }],
  [
    'a critical extended key usage',
    'valid',
    { extensions: [extension('2.5.29.37', true, sequence(objectIdentifier('1.3.6.1.5.5.7.3.2')))] },
  ],
  ['an empty alternative name', 'MALFORMED', { extensions: [alternativeNames()] }],
  [
    'an alternative name outside of ASCII',
    'MALFORMED',
    { extensions: [alternativeNames(dns('b\xfccher.example'))] },
  ],
  ['an issuer alternative name', 'valid', { extensions: [access('2.5.29.18', sequence(dns('a.example')))] }],
  ['an empty issuer alternative name', 'MALFORMED', { extensions: [access('2.5.29.18', sequence())] }],
  ['a CRL distribution point', 'valid', { extensions: [distributionPoint(tlv(0xa0, tlv(0xa0, location)))] }],
  [
    'one relative to its issuer',
    'valid',
    {
      extensions: [
        distributionPoint(
          tlv(0xa0, tlv(0xa1, sequence(objectIdentifier('2.5.4.3'), tlv(0x0c)))),
          tlv(0x81, Buffer.from([1, 6])),
          tlv(0xa2, location),
        ),
      ],
    },
  ],
  ['an empty CRL distribution point', 'MALFORMED', { extensions: [distributionPoint()] }],
  [
    'a CRL distribution point of reasons only',
    'MALFORMED',
    { extensions: [distributionPoint(tlv(0x81, Buffer.from([1, 6])))] },
  ],
  [
    'a CRL distribution point of no names',
    'MALFORMED',
    { extensions: [distributionPoint(tlv(0xa0, tlv(0xa0)))] },
  ],
  ['no CRL distribution points', 'MALFORMED', { extensions: [access('2.5.29.31', sequence())] }],
  [
    'an empty subject information access',
    'MALFORMED',
    { extensions: [access('1.3.6.1.5.5.7.1.11', sequence())] },
  ],
  ['a NULL for an extension', 'MALFORMED', { extensions: [access('2.5.29.14', tlv(0x05))] }],
  [
    'something behind an extension',
    'MALFORMED',
    { extensions: [access('2.5.29.14', Buffer.concat([octetString(Buffer.from('k')), tlv(0x05)]))] },
  ],
  ['version 1 with extensions', 'MALFORMED', { parts: (parts) => parts.slice(1) }],
  ['version 1', 'valid', { parts: (parts) => parts.slice(1, 7) }],
  ['version 4', 'MALFORMED', { parts: (parts) => [tlv(0xa0, integer(3)), ...parts.slice(1)] }],
  ['a version that says 1', 'valid', { parts: (parts) => [tlv(0xa0, integer(0)), ...parts.slice(1, 7)] }],
  [
    'a third date',
    'MALFORMED',
    { validity: sequence(...Array(3).fill(tlv(0x17, Buffer.from('260101000000Z')))) },
  ],
  [
    'another algorithm inside than outside',
    'MALFORMED',
    { parts: (parts) => parts.with(2, sequence(objectIdentifier('1.2.840.10045.4.3.3'))) },
  ],
  [
    'parameters of an ECDSA signature',
    'SIGNATURE_ALGORITHM',
    { signatureAlgorithm: sequence(objectIdentifier('1.2.840.10045.4.3.2'), tlv(0x05)) },
  ],
  [
    'an algorithm that is not known',
    'SIGNATURE_ALGORITHM',
    { signatureAlgorithm: sequence(objectIdentifier('1.2.3.4')) },
  ],
  ['an issuer without a name', 'ISSUER_NOT_FOUND', { issuerName: sequence() }],
  ['a serial number of no octets', 'MALFORMED', { serialNumber: Buffer.alloc(0) }],
];
for (const [title, expected, more] of leaves) {
  test(`a leaf with ${title}: ${expected}`, async () => {
    assert.equal(await verdict([ofRoot(more)]), expected);
    if (expected !== 'valid')
      assert.notEqual(await verdict([ofRoot(more)], [root], { mode: 'strict' }), 'valid');
  });
}

test('version 1 makes no authority, trusted or not', async () => {
  const first = raw({ name: 'First', issuer: root, parts: (parts) => parts.slice(1, 7) });
  assert.equal(await verdict([device('d', first), first]), 'NOT_A_CA');
  assert.equal(await verdict([device('d', first)], [first]), 'NOT_A_CA');
});

test('an authority without a name issues nothing', async () => {
  const nameless = authority('');
  assert.equal(await verdict([device('d', nameless)], [nameless]), 'MALFORMED');
});

test('an authority can be a leaf, with name constraints too, and its key usage does not matter then', async () => {
  const below = authority('Below', root, { extensions: [nameConstraints([dns('a.example')], [])] });
  for (const purpose of ['any', 'serverAuth', 'clientAuth'] as const)
    assert.equal(await verdict([below], [root], { purpose }), 'valid');
});

test('a leaf that issued itself is held to name constraints, an intermediate is not', async () => {
  const narrow = authority('Narrow', root, { extensions: [nameConstraints([dns('a.example')], [])] });
  const outside = { extensions: [alternativeNames(dns('b.example'))] };
  assert.equal(await verdict([device('Narrow', narrow, outside), narrow]), 'NAME_CONSTRAINTS');
});

test('where one way to the anchor forbids a name, another is taken', async () => {
  const narrow = authority('Middle', root, { extensions: [nameConstraints([], [dns('a.example')])] });
  const free = authority('Middle', root, { keys: narrow.keys, serialNumber: 2 });
  const leaf = device('d', narrow, { extensions: [alternativeNames(dns('a.example'))] });
  assert.equal(await verdict([leaf, narrow]), 'NAME_CONSTRAINTS');
  assert.equal(await verdict([leaf, narrow, free]), 'valid');
  assert.equal(await verdict([leaf, free, narrow]), 'valid');
});

test('names are compared by what they say, whatever string they are in', async () => {
  const printable = sequence(
    setOfOne(sequence(objectIdentifier('2.5.4.3'), tlv(0x13, Buffer.from('  rOOT ')))),
  );
  assert.equal(await verdict([ofRoot({ issuerName: printable })]), 'valid');
});

/** A certificate of a key that is given as its SubjectPublicKeyInfo. */
const withKey = (spki: Buffer) =>
  ofRoot({ keys: { publicKey: { export: () => spki } as never, privateKey: root.keys.privateKey } });

test('keys of other kinds and curves, and those that are broken, are refused', async () => {
  for (const namedCurve of ['secp224r1', 'prime192v1', 'secp256k1', 'brainpoolP256r1']) {
    const keys = generatedKeys('ec', { namedCurve });
    assert.equal(await verdict([ofRoot({ keys })]), 'PUBLIC_KEY', namedCurve);
    const other = authority('Other', root, { keys });
    assert.match(await verdict([device('d', other), other]), /PUBLIC_KEY/, namedCurve);
  }
  assert.equal(await verdict([ofRoot({ keys: generatedKeys('ed448') as never })]), 'PUBLIC_KEY');
  const dsa = sequence(sequence(objectIdentifier('1.2.840.10040.4.1')), bitString(integer(5)));
  assert.equal(await verdict([withKey(dsa)]), 'PUBLIC_KEY');
});

test('an RSA key of an even modulus, or of an exponent that takes long, is refused', async () => {
  const rsa = (modulus: Buffer, exponent: Buffer) =>
    withKey(
      sequence(
        sequence(objectIdentifier('1.2.840.113549.1.1.1'), tlv(0x05)),
        bitString(sequence(tlv(0x02, Buffer.from([0]), modulus), tlv(0x02, exponent))),
      ),
    );
  const exponent = Buffer.from([1, 0, 1]);
  assert.equal(await verdict([rsa(Buffer.alloc(256, 0xff), exponent)]), 'valid');
  assert.equal(await verdict([rsa(Buffer.alloc(256, 0xfe), exponent)]), 'PUBLIC_KEY');
  assert.equal(await verdict([rsa(Buffer.alloc(255, 0xff), exponent)]), 'PUBLIC_KEY');
  assert.equal(await verdict([rsa(Buffer.alloc(256, 0xff), Buffer.alloc(32, 0x7f))]), 'valid');
  assert.equal(await verdict([rsa(Buffer.alloc(256, 0xff), Buffer.alloc(33, 0x7f))]), 'PUBLIC_KEY');
});

test('a revocation list has a number, which is not critical', async () => {
  const leaf = ofRoot({ serialNumber: 9 });
  const list = (...extensions: Buffer[]) => ({
    crls: [revocationList({ issuer: root, revoked: [5], extensions })],
  });
  assert.equal(await verdict([leaf], [root], list(listNumber)), 'valid');
  const bad = [
    list(),
    list(extension('2.5.29.35', false, sequence(tlv(0x80, Buffer.from('k'))))),
    list(extension('2.5.29.20', true, integer(1))),
    list(extension('2.5.29.20', false, tlv(0x02, Buffer.alloc(21, 1)))),
  ];
  for (const crls of bad) assert.equal(await verdict([leaf], [root], crls), 'REVOCATION_UNKNOWN');
  assert.equal(await verdict([leaf], [root], list(extension('2.5.29.20', false, tlv(0x05)))), 'MALFORMED');
});

test('one name of half a megabyte against thousands of constraints is given up', async () => {
  const constraints = Array.from({ length: 30_000 }, (_, index) => uri(`h${index}.example`));
  for (const [permitted, excluded] of [
    [constraints, []],
    [[], constraints],
  ] as const) {
    const narrow = authority('Narrow', root, {
      extensions: [nameConstraints([...permitted], [...excluded])],
    });
    const long = uri(`https://a.example/${'x'.repeat(500_000)}`);
    const leaf = device('d', narrow, { extensions: [alternativeNames(long)] });
    assert.equal(await verdict([leaf, narrow]), 'BUDGET_EXCEEDED');
  }
});

test('many ways to the anchor, each with thousands of policies, are given up', async () => {
  const types = Array.from({ length: 3_000 }, (_, index) =>
    sequence(objectIdentifier(`1.3.6.1.4.1.99999.${index}`)),
  );
  const policies = extension('2.5.29.32', false, sequence(...types));
  const required = extension('2.5.29.36', true, sequence(tlv(0x80, Buffer.from([0]))));
  const { keys } = authority('Middle', root);
  const middles = Array.from({ length: 130 }, (_, serialNumber) =>
    authority('Middle', root, { keys, serialNumber: serialNumber + 1, extensions: [policies, required] }),
  );
  assert.equal(await verdict([device('d', middles[0]!), ...middles]), 'BUDGET_EXCEEDED');
});

test('an impostor of the anchor’s name is no anchor', async () => {
  const impostor = raw({
    name: 'Root',
    issuer: { name: 'Root', keys: authority('x').keys },
    extensions: [basicConstraints(true), keyUsage(5)],
  });
  assert.equal(await verdict([device('d', impostor), impostor]), 'SIGNATURE_INVALID');
});

test.run();
