import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { integer, objectIdentifier, sequence, tlv } from '../../src/pki/der/write.js';
import { type ValidateChainRequest, validateChain } from '../../src/pki/path/validate.js';
import { parseCertificate } from '../../src/pki/x509/certificate.js';
import { authority, device, extension, now, type Raw } from '../support/raw-certificates.js';

const any = '2.5.29.32.0';
const one = '1.3.6.1.4.1.99999.1';
const two = '1.3.6.1.4.1.99999.2';

const policies = (...types: string[]) =>
  extension('2.5.29.32', false, sequence(...types.map((type) => sequence(objectIdentifier(type)))));
const small = (tag: number, value: number) => tlv(tag, Buffer.from([value]));
/** requireExplicitPolicy and inhibitPolicyMapping. */
const constraints = (explicit?: number, mapping?: number) =>
  extension(
    '2.5.29.36',
    true,
    sequence(
      ...(explicit === undefined ? [] : [small(0x80, explicit)]),
      ...(mapping === undefined ? [] : [small(0x81, mapping)]),
    ),
  );
const maps = (from: string, to: string) =>
  extension('2.5.29.33', true, sequence(sequence(objectIdentifier(from), objectIdentifier(to))));
const noAny = (after: number) => extension('2.5.29.54', true, integer(after));

const root = authority('Root');

/** A root, authorities with these extensions, and a leaf with the last. */
async function verdict(...levels: Buffer[][]): Promise<string> {
  const chain: Raw[] = [root];
  for (const [index, extensions] of levels.entries()) {
    const make = index === levels.length - 1 ? device : authority;
    chain.unshift(make(`Level ${index}`, chain[0]!, { extensions }));
  }
  const { valid, failures } = await validateChain({
    leaf: chain[0]!.der,
    intermediates: chain.slice(1, -1).map(({ der }) => der),
    trustAnchors: [root.der],
    at: now,
  });
  return valid ? 'valid' : failures.map(({ code }) => code).join();
}

const cases: [title: string, expected: string, levels: Buffer[][]][] = [
  ['policies that differ harm nobody without a constraint', 'valid', [[policies(one)], [policies(two)]]],
  [
    'an explicit policy held along the path',
    'valid',
    [[policies(one), constraints(0)], [policies(one)], [policies(one)]],
  ],
  ['an explicit policy that the leaf lacks', 'POLICY', [[policies(one), constraints(0)], []]],
  ['an explicit policy that differs', 'POLICY', [[policies(one), constraints(0)], [policies(two)]]],
  ['an authority without policies', 'POLICY', [[constraints(0)], [policies(one)]]],
  ['a constraint that begins further down', 'valid', [[constraints(3)], [], []]],
  ['a constraint that begins at the leaf', 'POLICY', [[constraints(1)], [], []]],
  ['a leaf that asks for itself', 'POLICY', [[], [constraints(0)]]],
  ['anyPolicy stands for others', 'valid', [[policies(any), constraints(0)], [policies(one)]]],
  ['anyPolicy below a policy', 'valid', [[policies(one), constraints(0)], [policies(any)], [policies(one)]]],
  [
    'anyPolicy that is inhibited',
    'POLICY',
    [[policies(one), constraints(0), noAny(0)], [policies(any)], [policies(one)]],
  ],
  [
    'anyPolicy that is inhibited further down',
    'valid',
    [[policies(one), constraints(0), noAny(1)], [policies(any)], [policies(one)]],
  ],
  [
    'a policy that is mapped',
    'valid',
    [[policies(one), constraints(0)], [policies(one), maps(one, two)], [policies(two)]],
  ],
  [
    'a policy that was mapped away',
    'POLICY',
    [[policies(one), constraints(0)], [policies(one), maps(one, two)], [policies(one)]],
  ],
  [
    'a mapping that is inhibited',
    'POLICY',
    [[policies(one), constraints(0, 0)], [policies(one), maps(one, two)], [policies(two)]],
  ],
  [
    'a mapping through anyPolicy',
    'valid',
    [[policies(any), maps(one, two), constraints(0)], [policies(two)]],
  ],
  ['anyPolicy that is mapped', 'MALFORMED', [[policies(any), maps(any, two)], [policies(two)]]],
  ['a policy that comes twice', 'MALFORMED', [[], [policies(one, one)]]],
  ['an empty constraint', 'MALFORMED', [[constraints()], []]],
];

for (const [title, expected, levels] of cases) {
  test(`${title}: ${expected}`, async () => {
    assert.equal(await verdict(...levels), expected);
  });
}

test('thousands of policies and mappings at every depth are decided', async () => {
  const types = Array.from({ length: 2_000 }, (_, index) => `1.3.6.1.4.1.99999.${index}`);
  const all = extension(
    '2.5.29.33',
    true,
    sequence(...types.map((type, index) => sequence(...[type, types.at(index - 1)!].map(objectIdentifier)))),
  );
  const level = [policies(any, ...types), all, constraints(0)];
  assert.equal(await verdict(level, level, level, level, [policies(...types)]), 'valid');
});

/** With the inputs of RFC 5280 section 6.1.1. */
async function verdictWith(more: Partial<ValidateChainRequest>, ...levels: Buffer[][]): Promise<string> {
  const ca = authority('CA', root, { extensions: levels[0]! });
  const leaf = device('leaf', ca, { extensions: levels[1]! });
  const request = { leaf: leaf.der, intermediates: [ca.der], trustAnchors: [root.der], at: now };
  const { valid, failures } = await validateChain({ ...request, ...more });
  return valid ? 'valid' : failures.map(({ code }) => code).join();
}

test('the inputs of the caller count', async () => {
  const explicit = { requireExplicitPolicy: true };
  assert.equal(await verdictWith(explicit, [policies(one)], [policies(one)]), 'valid');
  assert.equal(await verdictWith(explicit, [policies(one)], [policies(two)]), 'POLICY');
  assert.equal(await verdictWith(explicit, [], []), 'POLICY');
  const wanting = (...initialPolicySet: string[]) => ({ ...explicit, initialPolicySet });
  assert.equal(await verdictWith(wanting(one), [policies(one)], [policies(one)]), 'valid');
  assert.equal(await verdictWith(wanting(two), [policies(one)], [policies(one)]), 'POLICY');
  assert.equal(await verdictWith(wanting(two, one), [policies(one)], [policies(one)]), 'valid');
  assert.equal(await verdictWith(wanting(any), [policies(one)], [policies(one)]), 'valid');
  assert.equal(await verdictWith(wanting(two), [policies(any)], [policies(any)]), 'valid');
  assert.equal(await verdictWith(wanting(two), [policies(any)], [policies(one)]), 'POLICY');
  // Without a policy that is required, the set does not matter (section 6.1.5 (g)).
  assert.equal(await verdictWith({ initialPolicySet: [two] }, [policies(one)], [policies(one)]), 'valid');
  const mapped = [policies(one), maps(one, two)];
  assert.equal(await verdictWith(wanting(one), mapped, [policies(two)]), 'valid');
  assert.equal(await verdictWith(wanting(two), mapped, [policies(two)]), 'POLICY');
  assert.equal(
    await verdictWith({ ...explicit, inhibitPolicyMapping: true }, mapped, [policies(two)]),
    'POLICY',
  );
  assert.equal(
    await verdictWith({ ...explicit, inhibitAnyPolicy: true }, [policies(any)], [policies(one)]),
    'POLICY',
  );
  await assert.rejects(verdictWith({ initialPolicySet: ['x'] }, [], []), { code: 'USAGE' });
});

test('a critical policy qualifier that is not understood is refused', async () => {
  const qualified = (critical: boolean, type: string) =>
    extension(
      '2.5.29.32',
      critical,
      sequence(sequence(objectIdentifier(one), sequence(sequence(objectIdentifier(type), integer(1))))),
    );
  assert.equal(await verdictWith({}, [], [qualified(true, '1.2.3')]), 'UNKNOWN_CRITICAL_EXTENSION');
  assert.equal(await verdictWith({}, [qualified(true, '1.2.3')], []), 'UNKNOWN_CRITICAL_EXTENSION');
  assert.equal(await verdictWith({}, [], [qualified(false, '1.2.3')]), 'valid');
  const statement = sequence(
    objectIdentifier('1.3.6.1.5.5.7.2.1'),
    tlv(0x16, Buffer.from('https://a.example')),
  );
  const usual = extension('2.5.29.32', true, sequence(sequence(objectIdentifier(one), sequence(statement))));
  assert.equal(await verdictWith({}, [], [usual]), 'valid');
  const read = (name: string) =>
    readFileSync(new URL(`../data/pki/policy-qualifier/${name}`, import.meta.url));
  const given = parseCertificate(read('leaf.pem'));
  const { failures } = await validateChain({
    leaf: given,
    intermediates: [],
    trustAnchors: [read('root.pem')],
    at: given.notBefore,
  });
  assert.deepEqual(
    failures.map(({ code }) => code),
    ['UNKNOWN_CRITICAL_EXTENSION'],
  );
});

test.run();
