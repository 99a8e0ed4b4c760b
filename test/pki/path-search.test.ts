import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'uvu';
import { octetString, sequence, tlv } from '../../src/pki/der/write.js';
import { type ValidateChainRequest, validateChain } from '../../src/pki/path/validate.js';
import { forgedCopies, manyNames, mesh } from '../support/hostile-bags.js';
import { authority, device, extension, now, type Raw } from '../support/raw-certificates.js';
import { budgetOfSignatureChecks, withinSignatureChecks } from '../support/signature-checks.js';

function validate(leaf: Raw, intermediates: Raw[], anchors: Raw[]) {
  return withinSignatureChecks(budgetOfSignatureChecks, () =>
    validateChain({
      leaf: leaf.der,
      intermediates: intermediates.map(({ der }) => der),
      trustAnchors: anchors.map(({ der }) => der),
      at: now,
      purpose: 'clientAuth',
    }),
  );
}

const codes = ({ failures }: { failures: { code: string }[] }) => failures.map(({ code }) => code);
const fingerprints = (...chain: Raw[]) =>
  chain.map(({ der }) => createHash('sha256').update(der).digest('hex').toUpperCase());

const keyIdentifiers = (own: string, issuers: string) => [
  extension('2.5.29.14', false, octetString(Buffer.from(own))),
  extension('2.5.29.35', false, sequence(tlv(0x80, Buffer.from(issuers)))),
];

const root = authority('Root');

test('signature checks are what these tests count', async () => {
  const request = { leaf: device('d', root).der, trustAnchors: [root.der], at: now, intermediates: [] };
  await assert.rejects(
    withinSignatureChecks(0, () => validateChain(request)),
    /signatures were checked/,
  );
});

test('the CAs of a valid chain are verified once, and everything else about them each time', async () => {
  const top = authority('Top');
  const issuing = authority('Issuing below Top', top);
  const [first, second] = [device('d1', issuing), device('d2', issuing)];
  const below = (leaf: Raw, request: Partial<ValidateChainRequest> = {}) =>
    validateChain({
      leaf: leaf.der,
      intermediates: [Buffer.from(issuing.der)],
      trustAnchors: [top.pem],
      at: now,
      ...request,
    });
  assert.ok((await below(first)).valid);
  const again = await withinSignatureChecks(1, () => below(second));
  assert.deepEqual(again.path, fingerprints(second, issuing, top));
  const late = codes(await below(second, { at: new Date('2127-01-01') }));
  assert.deepEqual([...new Set(late)], ['EXPIRED']);
  assert.deepEqual(codes(await below(second, { trustAnchors: [root.pem] })), ['ISSUER_NOT_FOUND']);
  const forged = { ...second, der: Buffer.from(second.der) };
  forged.der[forged.der.length - 1]! ^= 1;
  assert.deepEqual(codes(await below(forged)), ['SIGNATURE_INVALID']);
});

test('a CA whose certificate is changed in place is read again', async () => {
  const issuing = authority('Changed', root);
  const leaf = device('d', issuing);
  const bytes = Buffer.from(issuing.der);
  const request = { leaf: leaf.der, intermediates: [bytes], trustAnchors: [root.der], at: now };
  assert.ok((await validateChain(request)).valid);
  bytes[bytes.length - 1]! ^= 1;
  assert.deepEqual(codes(await validateChain(request)), ['SIGNATURE_INVALID']);
});

test('decoys with the issuer’s name are passed over, and with key identifiers not even tried', async () => {
  const real = authority('Issuing', root);
  const leaf = device('d', real);
  const decoys = Array.from({ length: 20 }, () => authority('Issuing', root));
  const verdict = await validate(leaf, [...decoys, real], [root]);
  assert.deepEqual(verdict.path, fingerprints(leaf, real, root));
});

test('key identifiers are a hint: a wrong one does not make a chain invalid', async () => {
  const odd = authority('Odd', root, { extensions: keyIdentifiers('own', 'elsewhere') });
  const leaf = device('d', odd, { extensions: keyIdentifiers('leaf', 'not-odd') });
  assert.ok((await validate(leaf, [odd], [root])).valid);
});

test('of two cross-signed certificates of one authority the one that leads to trust is found', async () => {
  const elsewhere = authority('Elsewhere');
  const crossed = authority('Crossed', elsewhere);
  const alsoCrossed = authority('Crossed', root, { keys: crossed.keys });
  const expired = authority('Crossed', root, { keys: crossed.keys, notAfter: new Date('2026-02-01') });
  const leaf = device('d', crossed);
  for (const bag of [
    [crossed, elsewhere, expired, alsoCrossed],
    [alsoCrossed, crossed, expired, elsewhere],
  ]) {
    assert.deepEqual((await validate(leaf, bag, [root])).path, fingerprints(leaf, alsoCrossed, root));
  }
});

test('a path that fails as a whole is left for one that holds', async () => {
  const narrow = authority('Narrow', root, { pathLength: 0 });
  const below = authority('Below', narrow);
  const wide = authority('Wide', root);
  const alsoBelow = authority('Below', wide, { keys: below.keys });
  const leaf = device('d', below);
  const verdict = await validate(leaf, [below, narrow, alsoBelow, wide], [root]);
  assert.deepEqual(verdict.path, fingerprints(leaf, alsoBelow, wide, root));
});

test('names are compared as RFC 5280 says: letter case and white space do not count', async () => {
  const spelled = authority('The  Issuing CA', root);
  const leaf = device('d', { ...spelled, name: ' the issuing ca' });
  assert.ok((await validate(leaf, [spelled], [root])).valid);
});

test('authorities that sign each other do not make the search go round', async () => {
  const one = authority('One');
  const other = authority('Other', one);
  const oneByOther = authority('One', other, { keys: one.keys });
  const leaf = device('d', one);
  const lost = await validate(leaf, [oneByOther, other], [root]);
  assert.deepEqual(codes(lost), ['ISSUER_NOT_FOUND']);
  assert.match(lost.failures[0]!.message, /circle/);
  const otherByRoot = authority('Other', root, { keys: other.keys });
  const found = await validate(leaf, [oneByOther, other, otherByRoot], [root]);
  assert.deepEqual(found.path, fingerprints(leaf, oneByOther, otherByRoot, root));
});

test('a mesh of cross-signed authorities is decided', async () => {
  const { bag, entry } = mesh(12, root);
  const leaf = device('d', entry);
  assert.equal((await validate(leaf, bag, [root])).path.length, 4);
  assert.equal((await validate(leaf, bag, [authority('Other')])).valid, false);
});

test('a mesh whose way out is barred by a path length is given up or refused', async () => {
  const barred = authority('Barred', undefined, { pathLength: 0 });
  const { bag, entry } = mesh(12, barred);
  const verdict = await validate(device('d', entry), bag, [barred]);
  assert.equal(verdict.valid, false);
  assert.ok(['BUDGET_EXCEEDED', 'PATH_LENGTH_EXCEEDED'].includes(codes(verdict)[0]!), codes(verdict).join());
});

test('1,000 certificates that belong to no chain do no harm', async () => {
  const issuing = authority('Issuing', root);
  const leaf = device('d', issuing);
  const strangers = forgedCopies(authority('Stranger', root), 1_000);
  assert.ok((await validate(leaf, [...strangers, issuing], [root])).valid);
  assert.deepEqual(codes(await validate(leaf, strangers, [root])), ['ISSUER_NOT_FOUND']);
});

test('1,000 forged copies of the issuer do not hide it', async () => {
  const issuing = authority('Issuing', root);
  const leaf = device('d', issuing);
  const forged = forgedCopies(issuing, 1_000);
  assert.ok((await validate(leaf, [...forged.slice(0, 500), issuing, ...forged.slice(500)], [root])).valid);
  assert.deepEqual(codes(await validate(leaf, forged, [root])), ['SIGNATURE_INVALID']);
});

test('a chain of 1,000 certificates is refused', async () => {
  const keys = root.keys;
  const chain = [root];
  for (let index = 0; index < 1_000; index += 1) {
    chain.push(authority(`Authority ${index}`, chain.at(-1)!, { keys }));
  }
  const leaf = device('d', chain.at(-1)!);
  assert.deepEqual(codes(await validate(leaf, chain.slice(1), [root])), ['BUDGET_EXCEEDED']);
});

test('thousands of names against thousands of name constraints are given up', async () => {
  const { leaf, narrow } = manyNames(root);
  assert.deepEqual(codes(await validate(leaf, [narrow], [root])), ['BUDGET_EXCEEDED']);
});

test.run();
