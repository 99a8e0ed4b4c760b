import assert from 'node:assert/strict';
import { test } from 'uvu';
import { type PeerName, validateChain } from '../../src/pki/path/validate.js';
import { alternativeNames, authority, dns, email, ip, now, raw, uri } from '../support/raw-certificates.js';

const root = authority('Root');
const zeros = (count: number) => Array<number>(count).fill(0);

async function bears(names: Buffer[], kind: PeerName['kind'], value: string): Promise<boolean> {
  const extensions = names.length > 0 ? [alternativeNames(...names)] : [];
  const leaf = raw({ name: 'common.example', issuer: root, extensions });
  const verdict = await validateChain({
    leaf: leaf.der,
    intermediates: [],
    trustAnchors: [root.der],
    at: now,
    peerName: { kind, value },
  });
  if (!verdict.valid)
    assert.deepEqual(
      verdict.failures.map(({ code }) => code),
      ['PEER_NAME_MISMATCH'],
    );
  return verdict.valid;
}

const cases: [title: string, names: Buffer[], kind: PeerName['kind'], value: string, matches: boolean][] = [
  ['the same host', [dns('a.example')], 'DNS', 'a.example', true],
  ['letter case of hosts does not count', [dns('A.Example')], 'DNS', 'a.eXAMPLE', true],
  ['a final period of what is asked for', [dns('a.example')], 'DNS', 'a.example.', true],
  ['one of several names', [dns('x.example'), ip(1, 2, 3, 4), dns('a.example')], 'DNS', 'a.example', true],
  ['a host below', [dns('example.com')], 'DNS', 'a.example.com', false],
  ['a host above', [dns('a.example.com')], 'DNS', 'example.com', false],
  ['a name that ends alike', [dns('example.com')], 'DNS', 'notexample.com', false],
  ['the common name does not count', [], 'DNS', 'common.example', false],
  ['the common name does not count besides others', [dns('b.example')], 'DNS', 'common.example', false],
  ['a wildcard', [dns('*.example.com')], 'DNS', 'a.example.com', true],
  ['a wildcard and an A-label', [dns('*.example.com')], 'DNS', 'xn--bcher-kva.example.com', true],
  ['a wildcard does not stand for nothing', [dns('*.example.com')], 'DNS', 'example.com', false],
  ['a wildcard does not stand for an empty label', [dns('*.example.com')], 'DNS', '.example.com', false],
  ['a wildcard does not stand for two labels', [dns('*.example.com')], 'DNS', 'a.b.example.com', false],
  ['a wildcard in the middle', [dns('a.*.example.com')], 'DNS', 'a.b.example.com', false],
  ['a wildcard at the end', [dns('example.*')], 'DNS', 'example.com', false],
  ['a wildcard within a label', [dns('a*.example.com')], 'DNS', 'ab.example.com', false],
  ['a wildcard after a part of a label', [dns('*b.example.com')], 'DNS', 'ab.example.com', false],
  ['a wildcard within an A-label', [dns('xn--*.example.com')], 'DNS', 'xn--a.example.com', false],
  ['two wildcards', [dns('*.*.example.com')], 'DNS', 'a.b.example.com', false],
  ['a double wildcard', [dns('**.example.com')], 'DNS', 'a.example.com', false],
  ['a wildcard of a top domain', [dns('*.com')], 'DNS', 'example.com', false],
  ['a wildcard alone', [dns('*')], 'DNS', 'localhost', false],
  ['a wildcard asked for', [dns('*.example.com')], 'DNS', '*.example.com', false],
  ['a name with a period before it', [dns('.example.com')], 'DNS', 'a.example.com', false],
  ['a name with a final period is malformed', [dns('a.example.')], 'DNS', 'a.example', false],
  ['a name with a NUL', [dns('a.example\0.evil')], 'DNS', 'a.example', false],
  ['an international name', [dns('xn--bcher-kva.example')], 'DNS', 'bücher.example', true],
  ['a URI is no host', [uri('https://a.example/')], 'DNS', 'a.example', false],
  ['an address is no host', [dns('192.0.2.1')], 'DNS', '192.0.2.1', false],
  ['an address as a host name', [dns('192.0.2.1')], 'IP', '192.0.2.1', false],
  ['an address asked for as a host', [ip(192, 0, 2, 1)], 'DNS', '192.0.2.1', false],
  ['an IPv4 address', [ip(192, 0, 2, 1)], 'IP', '192.0.2.1', true],
  ['another IPv4 address', [ip(192, 0, 2, 1)], 'IP', '192.0.2.2', false],
  ['an IPv6 address', [ip(0x20, 1, 0xd, 0xb8, ...zeros(11), 1)], 'IP', '2001:DB8::1', true],
  ['the IPv6 loopback', [ip(...zeros(15), 1)], 'IP', '::1', true],
  ['the unspecified address', [ip(...zeros(16))], 'IP', '::', true],
  ['a full IPv6 address', [ip(...zeros(15), 1)], 'IP', '0:0:0:0:0:0:0:1', true],
  ['an IPv4 address within IPv6', [ip(1, 2, 3, 4)], 'IP', '::ffff:1.2.3.4', false],
  ['an address with a mask', [ip(192, 0, 2, 1, 255, 255, 255, 255)], 'IP', '192.0.2.1', false],
  ['no address', [ip(192, 0, 2, 1)], 'IP', 'localhost', false],
  ['a mailbox', [email('Jo@Example.com')], 'RFC822', 'Jo@example.COM', true],
  ['the local part counts to the letter', [email('Jo@example.com')], 'RFC822', 'jo@example.com', false],
  ['asterisks in mailboxes are letters', [email('*@example.com')], 'RFC822', 'jo@example.com', false],
  ['a host is no mailbox', [email('example.com'), dns('example.com')], 'RFC822', 'jo@example.com', false],
  ['nothing', [dns('a.example')], 'DNS', '', false],
];

for (const [title, names, kind, value, matches] of cases) {
  test(`${title}: ${matches ? 'matches' : 'does not'}`, async () => {
    assert.equal(await bears(names, kind, value), matches);
  });
}

test('options that are none are told, so that no check is left out', async () => {
  const request = { leaf: root.der, intermediates: [], trustAnchors: [root.der], at: now };
  for (const wrong of [
    { peerName: { kind: 'URI', value: 'x' } },
    { mode: 'Strict' },
    { purpose: 'client' },
    { maxDepth: -1 },
    { maxDepth: 0.5 },
  ]) {
    await assert.rejects(validateChain({ ...request, ...wrong } as never), { code: 'USAGE' });
  }
});

test.run();
