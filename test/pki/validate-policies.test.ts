import assert from 'node:assert/strict';
import { test } from 'uvu';
import { integer, objectIdentifier, sequence, tlv } from '../../src/pki/der/write.js';
import { validateChain } from '../../src/pki/path/validate.js';
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

test.run();
