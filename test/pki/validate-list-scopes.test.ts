/** Lists that cover only some certificates, and lists about the certificates of others (RFC 5280 sections 5.2.5 and 6.3.3). */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { bitStringOf, readOnly, sequenceOf } from '../../src/pki/der/read.js';
import { integer, objectIdentifier, sequence, setOfOne, tlv, utf8String } from '../../src/pki/der/write.js';
import { type ValidateChainRequest, validateChain } from '../../src/pki/path/validate.js';
import {
  authority,
  device,
  directory,
  extension,
  keyUsage,
  now,
  type Raw,
  raw,
  uri,
} from '../support/raw-certificates.js';
import { listNumber, revocationList } from '../support/revocation-lists.js';

const serialNumber = 0x1234;
const root = authority('Root');
const issuing = authority('Issuing', root, { serialNumber: 7 });
const flag = (number: number) => tlv(0x80 | number, Buffer.from([0xff]));
const fullName = (...names: Buffer[]) => tlv(0xa0, tlv(0xa0, ...names));
const relativeName = (name: string) =>
  tlv(0xa0, tlv(0xa1, sequence(objectIdentifier('2.5.4.3'), utf8String(name))));
/** @param bits of ReasonFlags, from the first one */
const reasons = (number: number, ...bits: number[]) => {
  const value = bits.reduce((sum, bit) => sum | (0x8000 >> bit), 0);
  return tlv(0x80 | number, Buffer.from([7, value >> 8, value & 0xff]));
};
const scope = (...parts: Buffer[]) => extension('2.5.29.28', true, sequence(...parts));
const points = (...parts: Buffer[]) => extension('2.5.29.31', false, sequence(...parts));

const list = (revoked: number[], ...extensions: Buffer[]) =>
  revocationList({ issuer: issuing, revoked, extensions: [listNumber, ...extensions] });
const leafWith = (...extensions: Buffer[]) => device('device', issuing, { serialNumber, extensions });

async function codes(leaf: Raw, crls: Buffer[], more: Partial<ValidateChainRequest> = {}): Promise<string> {
  const intermediates = [issuing.der];
  const request = { leaf: leaf.der, intermediates, trustAnchors: [root.der], at: now, crls };
  return (await validateChain({ ...request, ...more })).failures.map(({ code }) => code).join();
}

test('a list of leaves, of authorities or of attribute certificates covers those', async () => {
  const leaf = leafWith();
  assert.equal(await codes(leaf, [list([], scope(flag(1)))]), '');
  assert.equal(await codes(leaf, [list([serialNumber], scope(flag(1)))]), 'REVOKED');
  for (const other of [2, 5])
    assert.equal(await codes(leaf, [list([], scope(flag(other)))]), 'REVOCATION_UNKNOWN');
  // A device is not an authority: what such a list says of its serial number is about another certificate.
  assert.equal(await codes(leaf, [list([serialNumber], scope(flag(2))), list([])]), '');
  const authorities = revocationList({
    issuer: root,
    revoked: [7],
    extensions: [listNumber, scope(flag(2))],
  });
  assert.equal(await codes(leaf, [list([]), authorities]), 'REVOKED');
});

test('an issuing distribution point that is malformed makes the list unreadable', async () => {
  for (const bad of [scope(flag(1), flag(2)), scope(tlv(0xa9)), scope(tlv(0x81, Buffer.from([1])))])
    assert.equal(await codes(leafWith(), [list([], bad)]), 'MALFORMED');
});

test('a list of one distribution point covers the certificates that name it', async () => {
  const [first, second] = [fullName(uri('http://a.example/1')), fullName(uri('http://a.example/2'))];
  const leaf = leafWith(points(sequence(first)));
  assert.equal(await codes(leaf, [list([], scope(first))]), '');
  assert.equal(await codes(leaf, [list([serialNumber], scope(first))]), 'REVOKED');
  assert.equal(await codes(leaf, [list([], scope(second))]), 'REVOCATION_UNKNOWN');
  assert.equal(await codes(leaf, [list([serialNumber], scope(second)), list([], scope(first))]), '');
  assert.equal(await codes(leafWith(), [list([], scope(first))]), 'REVOCATION_UNKNOWN');
  assert.equal(await codes(leaf, [list([])]), '', 'a list of everything');
});

test('names relative to the issuer’s are names below it', async () => {
  const below = sequence(
    ...[issuing.name, 'List 1'].map((name) =>
      setOfOne(sequence(objectIdentifier('2.5.4.3'), utf8String(name))),
    ),
  );
  const full = fullName(tlv(0xa4, below));
  for (const name of [full, relativeName('List 1')])
    for (const point of [full, relativeName('List 1')])
      assert.equal(await codes(leafWith(points(sequence(point))), [list([], scope(name))]), '');
  const leaf = leafWith(points(sequence(relativeName('List 2'))));
  assert.equal(await codes(leaf, [list([], scope(full))]), 'REVOCATION_UNKNOWN');
});

test('all reasons must be covered, by one list or several', async () => {
  const compromise = scope(reasons(3, 1, 2));
  const rest = scope(reasons(3, 3, 4, 5, 6, 7, 8));
  const leaf = leafWith();
  assert.equal(await codes(leaf, [list([], compromise)]), 'REVOCATION_UNKNOWN');
  assert.equal(await codes(leaf, [list([], compromise), list([], rest)]), '');
  assert.equal(await codes(leaf, [list([], compromise), list([serialNumber], rest)]), 'REVOKED');
  assert.equal(await codes(leaf, [list([serialNumber], compromise)]), 'REVOKED');
  const name = fullName(uri('http://a.example/1'));
  const some = leafWith(points(sequence(name, reasons(1, 1, 2))));
  assert.equal(await codes(some, [list([], scope(name))]), 'REVOCATION_UNKNOWN');
});

test('an indirect list covers the certificates whose distribution points name its issuer', async () => {
  const lister = raw({ name: 'Lister', issuer: root, serialNumber: 9, extensions: [keyUsage(6)] });
  const listIssuer = tlv(0xa2, directory('Lister'));
  const leaf = leafWith(points(sequence(listIssuer)));
  const certificateIssuer = (name: string) => extension('2.5.29.29', true, sequence(directory(name)));
  const indirect = (revoked: number[], names: string[], isIndirect = true) =>
    revocationList({
      issuer: lister,
      revoked,
      entryExtensions: names.map(certificateIssuer),
      extensions: [listNumber, ...(isIndirect ? [scope(flag(4))] : [])],
    });
  const intermediates = [issuing.der, lister.der];
  assert.equal(await codes(leaf, [indirect([1], ['Issuing'])], { intermediates }), '');
  assert.equal(await codes(leaf, [indirect([serialNumber], ['Issuing'])], { intermediates }), 'REVOKED');
  assert.equal(await codes(leaf, [indirect([serialNumber], ['Other'])], { intermediates }), '');
  assert.equal(await codes(leaf, [indirect([serialNumber], [])], { intermediates }), '', 'of its own');
  const unknown = 'REVOCATION_UNKNOWN';
  assert.equal(await codes(leaf, [indirect([], [], false)], { intermediates }), unknown, 'not indirect');
  assert.equal(await codes(leaf, [indirect([1], ['Issuing'])]), unknown, 'no certificate of its issuer');
  assert.equal(await codes(leafWith(), [indirect([], [])], { intermediates }), unknown, 'not named');
  const stranger = authority('Lister');
  const foreign = revocationList({ issuer: stranger, extensions: [listNumber, scope(flag(4))] });
  const bag = { intermediates: [issuing.der, stranger.der] };
  assert.equal(await codes(leaf, [foreign], bag), unknown, 'another anchor');
  const revokedLister = [indirect([1], ['Issuing']), revocationList({ issuer: root, revoked: [9] })];
  assert.equal(await codes(leaf, revokedLister, { intermediates }), unknown, 'its issuer is revoked');
});

test('an entry of an indirect list is about the issuer that the entry before it is about', async () => {
  const first = (name: string, revoked: number[]) =>
    revocationList({
      issuer: issuing,
      revoked,
      entryExtensions: (serial) =>
        serial === revoked[0] ? [extension('2.5.29.29', true, sequence(directory(name)))] : [],
      extensions: [listNumber, scope(flag(4))],
    });
  assert.equal(await codes(leafWith(), [first('Other', [1, serialNumber])]), '');
  assert.equal(await codes(leafWith(), [first('Issuing', [1, serialNumber])]), 'REVOKED');
});

test('a delta list continues lists of its own scope only', async () => {
  const delta = (...extensions: Buffer[]) =>
    revocationList({
      issuer: issuing,
      revoked: [serialNumber],
      extensions: [
        extension('2.5.29.20', false, integer(2)),
        extension('2.5.29.27', true, integer(1)),
        ...extensions,
      ],
    });
  const leaf = leafWith();
  assert.equal(await codes(leaf, [list([]), delta()]), 'REVOKED');
  assert.equal(await codes(leaf, [list([], scope(flag(1))), delta(scope(flag(1)))]), 'REVOKED');
  assert.equal(await codes(leaf, [list([]), delta(scope(flag(2)))]), '');
});

test('a list whose signature is not a number of octets is unusable, and harms no other', async () => {
  const broken = (authorityOf: Raw) => {
    const [toBeSigned, algorithm, signature] = sequenceOf(readOnly(revocationList({ issuer: authorityOf })));
    const { bytes } = bitStringOf(signature);
    const last = Buffer.from(bytes);
    last[last.length - 1]! &= 0xfe;
    const padded = tlv(0x03, Buffer.from([1]), last);
    return sequence(toBeSigned!.raw, algorithm!.raw, padded);
  };
  assert.equal(await codes(leafWith(), [broken(issuing)]), 'REVOCATION_UNKNOWN');
  assert.equal(await codes(leafWith(), [list([]), broken(authority('Stranger'))]), '');
});

test.run();
