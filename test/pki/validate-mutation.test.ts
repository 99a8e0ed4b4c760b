/** Good chains with something changed: no exception, no long search, and nothing forged on a path that holds. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { test } from 'uvu';
import { type ChainVerdict, validateChain } from '../../src/pki/path/validate.js';
import {
  alternativeNames,
  authority,
  device,
  dns,
  extendedKeyUsage,
  nameConstraints,
  now,
} from '../support/raw-certificates.js';
import { revocationList } from '../support/revocation-lists.js';
import { withinSignatureChecks } from '../support/signature-checks.js';

const root = authority('Root', undefined, { extensions: [nameConstraints([dns('a.example')], [])] });
const intermediate = authority('Intermediate', root, { pathLength: 0, serialNumber: 2 });
const leaf = device('device', intermediate, {
  serialNumber: 3,
  extensions: [extendedKeyUsage('1.3.6.1.5.5.7.3.2'), alternativeNames(dns('x.a.example'))],
});
const list = revocationList({ issuer: intermediate, revoked: [7] });

interface Inputs {
  leaf: Buffer;
  intermediate: Buffer;
  root: Buffer;
  list: Buffer;
}
const good: Inputs = { leaf: leaf.der, intermediate: intermediate.der, root: root.der, list };
const places = ['leaf', 'intermediate', 'root', 'list'] as const;

const fingerprint = (der: Buffer) => createHash('sha256').update(der).digest('hex').toUpperCase();
const originals = new Set([good.leaf, good.intermediate, good.root].map(fingerprint));

async function judge({ leaf, intermediate, root, list }: Inputs): Promise<ChainVerdict> {
  const request = { leaf, intermediates: [intermediate], trustAnchors: [root], crls: [list], at: now };
  // Each certificate and the list once, and once more for the reason of a refusal.
  const verdict = await withinSignatureChecks(8, () =>
    validateChain({
      ...request,
      purpose: 'clientAuth',
      peerName: { kind: 'DNS', value: 'x.a.example' },
    }),
  );
  assert.equal(verdict.valid, verdict.failures.length === 0);
  return verdict;
}

/** What signs nothing itself and is signed may not be changed; an anchor is trusted as it is given. */
async function assertNotForged(inputs: Inputs): Promise<void> {
  const { valid, path } = await judge(inputs);
  if (!valid) return;
  assert.ok(inputs.list.equals(good.list), 'the list was changed, and took part');
  for (const certificate of path.slice(0, -1))
    assert.ok(originals.has(certificate), 'a certificate was changed');
}

test('unchanged, the chain is valid', async () => {
  assert.equal((await judge(good)).valid, true);
});

test('changed octets are found, wherever they are', async () => {
  const edits = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), edits, async (place, changes) => {
      const der = Buffer.from(good[place]);
      for (const [at, difference] of changes) der[at % der.length]! ^= difference;
      await assertNotForged({ ...good, [place]: der });
    }),
    { numRuns: 1_200 },
  );
});

test('each single bit of the leaf and of the intermediate counts', async () => {
  for (const place of ['leaf', 'intermediate'] as const) {
    for (let at = 0; at < good[place].length; at += 1) {
      const der = Buffer.from(good[place]);
      der[at]! ^= 1 << (at % 8);
      assert.equal((await judge({ ...good, [place]: der })).valid, false, `${place}, octet ${at}`);
    }
  }
});

test('octets that are cut out, put in or exchanged are found', async () => {
  const slice = fc.tuple(fc.nat(), fc.nat());
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...places),
      fc.constantFrom(...places),
      slice,
      slice,
      async (place, other, [from, to], [start, end]) => {
        const target = good[place];
        const source = good[other];
        const inserted = source.subarray(start % source.length, (start % source.length) + (end % 64));
        const parts = [
          target.subarray(0, from % target.length),
          inserted,
          target.subarray(to % target.length),
        ];
        await assertNotForged({ ...good, [place]: Buffer.concat(parts) });
      },
    ),
    { numRuns: 600 },
  );
});

test('every beginning of a certificate or list is refused', async () => {
  for (const place of places) {
    for (let length = 0; length < good[place].length; length += 3) {
      const cut = good[place].subarray(0, length);
      assert.equal((await judge({ ...good, [place]: cut })).valid, false, `${place} of ${length} octets`);
    }
  }
});

test('certificates and lists in each other’s places are no chain', async () => {
  const anyPlace = fc.constantFrom(...places);
  await fc.assert(
    fc.asyncProperty(anyPlace, anyPlace, anyPlace, anyPlace, async (...order) => {
      const [first, second, third, fourth] = order;
      const inputs = { leaf: good[first], intermediate: good[second], root: good[third], list: good[fourth] };
      const { valid } = await judge(inputs);
      // The intermediate may be the anchor, and then the root is not needed.
      const holds =
        first === 'leaf' &&
        fourth === 'list' &&
        (third === 'intermediate' || (second === 'intermediate' && third === 'root'));
      assert.equal(valid, holds, order.join());
    }),
    { numRuns: 256 },
  );
});

test.run();
