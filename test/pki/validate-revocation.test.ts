import assert from 'node:assert/strict';
import { test } from 'uvu';
import { pemEncode } from '../../src/pki/containers/pem.js';
import { integer, sequence, tlv } from '../../src/pki/der/write.js';
import { type ValidateChainRequest, validateChain } from '../../src/pki/path/validate.js';
import {
  authority,
  basicConstraints,
  device,
  extension,
  keyUsage,
  newKeys,
  now,
  raw,
} from '../support/raw-certificates.js';
import { listNumber, reasonCode, revocationList } from '../support/revocation-lists.js';

const root = authority('Root');
const issuing = authority('Issuing', root, { serialNumber: 7 });
const leaf = device('device', issuing, { serialNumber: 0x1234 });

async function codes(crls: ValidateChainRequest['crls'], more: Partial<ValidateChainRequest> = {}) {
  const verdict = await validateChain({
    leaf: leaf.der,
    intermediates: [issuing.der],
    trustAnchors: [root.der],
    at: now,
    crls: crls ?? [],
    ...more,
  });
  assert.equal(verdict.valid, verdict.failures.length === 0);
  return verdict.failures.map(({ code }) => code).join();
}

const good = revocationList({ issuer: issuing, revoked: [1, 2] });
const revoking = revocationList({ issuer: issuing, revoked: [1, 0x1234] });

test('what is on the list of its issuer is revoked, DER and PEM', async () => {
  assert.equal(await codes([good]), '');
  assert.equal(await codes([revocationList({ issuer: issuing })]), '');
  assert.equal(await codes([revoking]), 'REVOKED');
  assert.equal(await codes([pemEncode('X509 CRL', revoking)]), 'REVOKED');
  assert.equal(await codes([pemEncode('X509 CRL', good) + pemEncode('X509 CRL', revoking)]), 'REVOKED');
});

test('an intermediate is looked up in its issuer’s list, and an anchor never', async () => {
  assert.equal(await codes([good, revocationList({ issuer: root, revoked: [7] })]), 'REVOKED');
  assert.equal(await codes([good, revocationList({ issuer: root, revoked: [1] })]), '');
});

test('a list of one CA only does for the leaf of that CA, not for another’s', async () => {
  assert.equal(await codes([good]), '');
  assert.equal(await codes([revocationList({ issuer: root })]), 'REVOCATION_UNKNOWN');
});

const unknown = (critical: boolean) => extension('1.3.6.1.4.1.311.999', critical, Buffer.from([5, 0]));
const unusable: [title: string, list: Buffer][] = [
  ['out of date', revocationList({ issuer: issuing, nextUpdate: new Date('2026-05-31') })],
  ['not valid yet', revocationList({ issuer: issuing, thisUpdate: new Date('2026-06-02') })],
  ['without an end', revocationList({ issuer: issuing, nextUpdate: null })],
  ['signed with another key', revocationList({ issuer: { name: 'Issuing', keys: newKeys() } })],
  ['of another name', revocationList({ issuer: { name: 'Other', keys: issuing.keys } })],
  ['with an unknown critical extension', revocationList({ issuer: issuing, extensions: [unknown(true)] })],
  [
    'that is a delta',
    revocationList({ issuer: issuing, extensions: [extension('2.5.29.27', true, integer(1))] }),
  ],
  [
    'that covers a part',
    revocationList({
      issuer: issuing,
      extensions: [extension('2.5.29.28', true, sequence(tlv(0x82, Buffer.from([0xff]))))],
    }),
  ],
  [
    'that is indirect',
    revocationList({
      issuer: issuing,
      revoked: [9],
      entryExtensions: [extension('2.5.29.29', true, sequence())],
    }),
  ],
];

for (const [title, list] of unusable) {
  test(`a list ${title} is not used; a good one besides is`, async () => {
    assert.equal(await codes([list]), 'REVOCATION_UNKNOWN');
    assert.equal(await codes([list, good]), '');
    assert.equal(await codes([list, revoking]), 'REVOKED');
  });
}

test('what is known or not critical in a list does no harm', async () => {
  const list = revocationList({
    issuer: issuing,
    revoked: [9],
    extensions: [listNumber, unknown(false)],
    entryExtensions: [reasonCode(true)],
  });
  assert.equal(await codes([list]), '');
});

test('the issuer must be one that may sign lists', async () => {
  const only = raw({ name: 'Only', issuer: root, extensions: [basicConstraints(true), keyUsage(5)] });
  const below = device('below', only);
  const crls = [revocationList({ issuer: only })];
  assert.equal(await codes(crls, { leaf: below.der, intermediates: [only.der] }), 'REVOCATION_UNKNOWN');
});

test('a list that cannot be read refuses the chain', async () => {
  const forged = Buffer.from(good);
  forged[4]! ^= 0xff;
  for (const bad of ['', 'no list', leaf.pem, forged, good.subarray(0, 60)])
    assert.equal(await codes([good, bad]), 'MALFORMED');
});

test('a changed list is forged', async () => {
  const forged = Buffer.from(revoking);
  forged[forged.indexOf(Buffer.from('02021234', 'hex')) + 3]! ^= 1;
  assert.equal(await codes([forged]), 'REVOCATION_UNKNOWN');
});

test('another way to the anchor is taken around a revoked intermediate', async () => {
  const replaced = authority('Issuing', root, { keys: issuing.keys, serialNumber: 8 });
  const crls = [good, revocationList({ issuer: root, revoked: [7] })];
  assert.equal(await codes(crls, { intermediates: [issuing.der, replaced.der] }), '');
});

test('a list of a key that was rolled over to does for the leaf, and says nothing about the old key’s', async () => {
  const rolled = authority('Issuing', issuing, { serialNumber: 8 });
  const below = device('below', rolled);
  const chain = { leaf: below.der, intermediates: [rolled.der, issuing.der] };
  const list = (revoked: number[]) => revocationList({ issuer: rolled, revoked });
  assert.equal(await codes([list([2])], chain), '');
  assert.equal(await codes([list([1])], chain), 'REVOKED');
  assert.equal(await codes([list([2]), revocationList({ issuer: issuing, revoked: [8] })], chain), 'REVOKED');
  const old = revocationList({ issuer: issuing, revoked: [8], nextUpdate: new Date('2026-05-31') });
  assert.equal(await codes([list([2]), old], chain), 'REVOCATION_UNKNOWN');
});

const numbered = (number: number, base?: number) => [
  extension('2.5.29.20', false, integer(number)),
  ...(base === undefined ? [] : [extension('2.5.29.27', true, integer(base))]),
];
const complete = revocationList({ issuer: issuing, revoked: [1], extensions: numbered(5) });

test('a list that the CA signed with another key is found through its certificate', async () => {
  const rekeyed = authority('Issuing', root, { serialNumber: 8 });
  const byNewKey = (revoked: number[]) => revocationList({ issuer: rekeyed, revoked });
  const with_ = { intermediates: [issuing.der, rekeyed.der] };
  assert.equal(await codes([byNewKey([1])]), 'REVOCATION_UNKNOWN');
  assert.equal(await codes([byNewKey([1])], with_), '');
  assert.equal(await codes([byNewKey([0x1234])], with_), 'REVOKED');
  assert.equal(await codes([good, byNewKey([0x1234])], with_), 'REVOKED');
  const revokedSigner = [byNewKey([1]), revocationList({ issuer: root, revoked: [8] })];
  assert.equal(await codes(revokedSigner, with_), 'REVOCATION_UNKNOWN');
});

test('a list of a CA with the same name that leads elsewhere, or may not sign lists, is none', async () => {
  const foreign = authority('Issuing', authority('Other root'));
  const list = revocationList({ issuer: foreign });
  assert.equal(await codes([list], { intermediates: [issuing.der, foreign.der] }), 'REVOCATION_UNKNOWN');
  const other = authority('Other root');
  const elsewhere = authority('Issuing', other);
  assert.equal(
    await codes([revocationList({ issuer: elsewhere })], {
      intermediates: [issuing.der, elsewhere.der],
      trustAnchors: [root.der, other.der],
    }),
    'REVOCATION_UNKNOWN',
  );
  const silent = raw({ name: 'Issuing', issuer: root, extensions: [basicConstraints(true), keyUsage(5)] });
  assert.equal(
    await codes([revocationList({ issuer: silent })], { intermediates: [issuing.der, silent.der] }),
    'REVOCATION_UNKNOWN',
  );
  // The certificate of the device itself vouches for no list.
  const self = raw({
    name: 'Issuing',
    issuer: issuing,
    serialNumber: 0x1234,
    extensions: [basicConstraints(true), keyUsage(5, 6)],
  });
  assert.equal(
    await codes([revocationList({ issuer: self })], {
      leaf: self.der,
      intermediates: [issuing.der, self.der],
    }),
    'REVOCATION_UNKNOWN',
  );
});

test('a delta list continues its complete list', async () => {
  const delta = (number: number, base: number, revoked: number[], more = {}) =>
    revocationList({ issuer: issuing, revoked, extensions: numbered(number, base), ...more });
  assert.equal(await codes([complete, delta(6, 5, [2])]), '');
  assert.equal(await codes([complete, delta(6, 5, [0x1234])]), 'REVOKED');
  assert.equal(await codes([delta(6, 5, [2])]), 'REVOCATION_UNKNOWN');
  // On hold in the complete list, and taken back.
  const hold = revocationList({ issuer: issuing, revoked: [0x1234], extensions: numbered(5) });
  const reason = (code: number) => [extension('2.5.29.21', false, tlv(0x0a, Buffer.from([code])))];
  assert.equal(await codes([hold, delta(6, 5, [0x1234], { entryExtensions: reason(8) })]), '');
  assert.equal(await codes([hold, delta(6, 5, [0x1234], { entryExtensions: reason(1) })]), 'REVOKED');
  assert.equal(await codes([hold, delta(4, 3, [0x1234], { entryExtensions: reason(8) })]), 'REVOKED');
});

test('a newer delta list that cannot be used makes the revocation unknown, and an older one does not matter', async () => {
  const delta = (number: number, base: number, more = {}) =>
    revocationList({ issuer: issuing, revoked: [2], extensions: numbered(number, base), ...more });
  assert.equal(await codes([complete, delta(8, 7)]), 'REVOCATION_UNKNOWN');
  assert.equal(
    await codes([complete, delta(6, 5, { nextUpdate: new Date('2026-05-31') })]),
    'REVOCATION_UNKNOWN',
  );
  assert.equal(await codes([complete, delta(4, 3)]), '');
  const forged = revocationList({ issuer: { name: 'Issuing', keys: newKeys() }, extensions: numbered(8, 7) });
  assert.equal(await codes([complete, forged]), '');
});

test.run();
