import assert from 'node:assert/strict';
import { test } from 'uvu';
import { tlv } from '../../src/pki/der/write.js';
import { validateChain } from '../../src/pki/path/validate.js';
import {
  alternativeNames,
  authority,
  directory,
  dns,
  email,
  ip,
  nameConstraints,
  now,
  type Raw,
  raw,
  uri,
} from '../support/raw-certificates.js';

const root = authority('Root');

async function verdict(leaf: Raw, intermediates: Raw[], anchor = root) {
  const { valid, failures } = await validateChain({
    leaf: leaf.der,
    intermediates: intermediates.map(({ der }) => der),
    trustAnchors: [anchor.der],
    at: now,
  });
  return valid ? 'valid' : failures.map(({ code }) => code).join();
}

/** What becomes of a name below an authority that permits or excludes others. */
async function below(constraints: { permitted?: Buffer[]; excluded?: Buffer[] }, ...names: Buffer[]) {
  const extensions = [nameConstraints(constraints.permitted ?? [], constraints.excluded ?? [])];
  const narrow = authority('Narrow', root, { extensions });
  const leaf = raw({ name: 'd', issuer: narrow, extensions: [alternativeNames(...names)] });
  return verdict(leaf, [narrow]);
}

const cases: [title: string, permitted: Buffer[], excluded: Buffer[], names: Buffer[], allowed: boolean][] = [
  ['a host is within itself', [dns('a.example')], [], [dns('a.example')], true],
  ['a host below is within', [dns('a.example')], [], [dns('x.y.A.EXAMPLE')], true],
  ['a name that only ends alike is not within', [dns('a.example')], [], [dns('ba.example')], false],
  [
    'one name within does not excuse another',
    [dns('a.example')],
    [],
    [dns('a.example'), dns('b.example')],
    false,
  ],
  ['a wildcard is within what holds all it stands for', [dns('a.example')], [], [dns('*.a.example')], true],
  [
    'a wildcard is not within one of those it stands for',
    [dns('x.a.example')],
    [],
    [dns('*.a.example')],
    false,
  ],
  [
    'a wildcard that stands for an excluded name is excluded',
    [],
    [dns('x.a.example')],
    [dns('*.a.example')],
    false,
  ],
  ['a wildcard stands for one label only', [], [dns('x.y.a.example')], [dns('*.a.example')], true],
  ['excluded goes before permitted', [dns('example')], [dns('a.example')], [dns('b.a.example')], false],
  ['an empty exclusion excludes every host', [], [dns('')], [dns('a.example')], false],
  ['an empty permission permits every host', [dns('')], [], [dns('a.example')], true],
  [
    'a malformed host is refused where hosts are constrained',
    [],
    [dns('b.example')],
    [dns('a..example')],
    false,
  ],
  ['a leading period is for what is below', [dns('.a.example')], [], [dns('a.example')], false],
  ['other kinds are free', [ip(192, 0, 2, 0, 255, 255, 255, 0)], [], [dns('a.example')], true],
  ['an address in the network', [ip(192, 0, 2, 0, 255, 255, 255, 0)], [], [ip(192, 0, 2, 77)], true],
  ['an address outside of it', [ip(192, 0, 2, 0, 255, 255, 255, 0)], [], [ip(192, 0, 3, 1)], false],
  [
    'an address of the other family',
    [ip(192, 0, 2, 0, 255, 255, 255, 0)],
    [],
    [ip(...Array(16).fill(0))],
    false,
  ],
  ['a mailbox', [email('a@b.example')], [], [email('a@B.example')], true],
  ['a mailbox of other letter case', [email('a@b.example')], [], [email('A@b.example')], false],
  ['all mailboxes of a host', [email('b.example')], [], [email('any@b.example')], true],
  ['a host does not stand for those below it', [email('b.example')], [], [email('any@x.b.example')], false],
  ['a domain stands for the hosts below it', [email('.b.example')], [], [email('any@x.b.example')], true],
  ['a quoted mailbox is not compared', [], [email('a@b.example')], [email('"a"@b.example')], false],
  ['a URI of the host', [uri('h.example')], [], [uri('https://u@h.example:8443/x@y')], true],
  ['a URI of a host below', [uri('h.example')], [], [uri('https://x.h.example/')], false],
  ['a URI below a domain', [uri('.h.example')], [], [uri('https://x.h.example/')], true],
  ['a URI without a host', [], [uri('h.example')], [uri('urn:device:1')], false],
  ['a URI with an address', [], [uri('h.example')], [uri('https://192.0.2.1/')], false],
  [
    'a kind that is not compared',
    [],
    [tlv(0x88, Buffer.from([0x2a, 3]))],
    [tlv(0x88, Buffer.from([0x2a, 4]))],
    false,
  ],
];

for (const [title, permitted, excluded, names, allowed] of cases) {
  test(`${title}: ${allowed ? 'allowed' : 'refused'}`, async () => {
    assert.equal(await below({ permitted, excluded }, ...names), allowed ? 'valid' : 'NAME_CONSTRAINTS');
  });
}

const malformed: [title: string, constraint: Buffer][] = [
  ['a mask with holes', ip(192, 0, 2, 0, 255, 0, 255, 0)],
  ['an address without a mask', ip(192, 0, 2, 0)],
  ['a wildcard', dns('*.example')],
  ['a host with an empty label', dns('a..example')],
  ['a mailbox of two hosts', email('a@b@example')],
  ['a URI in place of a host', uri('https://a.example/')],
  ['an address in place of a host', uri('192.0.2.1')],
];

for (const [title, constraint] of malformed) {
  test(`${title} is no constraint, so nothing below it is allowed`, async () => {
    assert.equal(await below({ permitted: [constraint], excluded: [] }, dns('a.example')), 'MALFORMED');
    assert.equal(await below({ permitted: [], excluded: [constraint] }), 'MALFORMED');
  });
}

test('the subject is a directory name, and equal names count whatever their letter case', async () => {
  const leaf = (name: string, issuer: Raw) => raw({ name, issuer });
  const narrow = authority('Narrow', root, { extensions: [nameConstraints([directory('Fleet')], [])] });
  assert.equal(await verdict(leaf('FLEET', narrow), [narrow]), 'valid');
  assert.equal(await verdict(leaf('other', narrow), [narrow]), 'NAME_CONSTRAINTS');
});

test('a trust anchor’s constraints count, and those of all authorities together', async () => {
  const narrowRoot = authority('NarrowRoot', undefined, {
    extensions: [nameConstraints([dns('a.example')], [])],
  });
  const wider = authority('Wider', narrowRoot, {
    extensions: [nameConstraints([dns('a.example'), dns('b.example')], [])],
  });
  const leaf = (name: string) => raw({ name: 'd', issuer: wider, extensions: [alternativeNames(dns(name))] });
  assert.equal(await verdict(leaf('a.example'), [wider], narrowRoot), 'valid');
  assert.equal(await verdict(leaf('b.example'), [wider], narrowRoot), 'NAME_CONSTRAINTS');
});

test('intermediates are constrained too, unless they are self-issued', async () => {
  const extensions = [nameConstraints([dns('a.example')], [])];
  const outside = [alternativeNames(dns('b.example'))];
  const narrow = authority('Narrow', root, { extensions });
  const below = authority('Below', narrow, { extensions: outside });
  assert.equal(await verdict(raw({ name: 'd', issuer: below }), [below, narrow]), 'NAME_CONSTRAINTS');
  const rolled = authority('Narrow', narrow, { extensions: outside });
  assert.equal(await verdict(raw({ name: 'd', issuer: rolled }), [rolled, narrow]), 'valid');
});

test('constraints that cannot be read are refused', async () => {
  const empty = authority('Empty', root, { extensions: [nameConstraints([], [])] });
  assert.equal(await verdict(raw({ name: 'd', issuer: empty }), [empty]), 'MALFORMED');
});

test.run();
