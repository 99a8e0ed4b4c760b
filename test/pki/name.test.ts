import assert from 'node:assert/strict';
import { test } from 'uvu';
import { readOnly } from '../../src/pki/der/read.js';
import { objectIdentifier, sequence, tlv } from '../../src/pki/der/write.js';
import { nameOf } from '../../src/pki/x509/name.js';

const utf8String = 0x0c;
const printableString = 0x13;
const types: Record<string, string> = { C: '2.5.4.6', O: '2.5.4.10', CN: '2.5.4.3', other: '1.2.3' };

const attribute = (type: string, value: string | Buffer, tag = utf8String) =>
  sequence(objectIdentifier(types[type]!), tlv(tag, Buffer.from(value as string)));
const name = (...relativeNames: Buffer[][]) =>
  nameOf(readOnly(sequence(...relativeNames.map((attributes) => tlv(0x31, ...attributes)))));
const commonName = (value: string | Buffer, tag?: number) => name([attribute('CN', value, tag)]);

test('a name is written with its most specific part first, as .NET does', () => {
  const full = name([attribute('C', 'US')], [attribute('O', 'Contoso')], [attribute('CN', 'device-001')]);
  assert.equal(full.text, 'CN=device-001, O=Contoso, C=US');
  assert.equal(full.commonName, 'device-001');
  assert.equal(name([attribute('CN', 'a'), attribute('O', 'b')]).text, 'CN=a + O=b');
  assert.equal(name([attribute('other', 'x')]).text, 'OID.1.2.3=x');
  assert.equal(name().text, '');
});

test('values that would be mistaken are quoted', () => {
  assert.equal(commonName('a, O=b').text, 'CN="a, O=b"');
  assert.equal(commonName('say "a"').text, 'CN="say ""a"""');
  assert.equal(commonName(' a').text, 'CN=" a"');
  assert.equal(commonName('').text, 'CN=""');
});

test('what would steer a terminal or turn text around is escaped', () => {
  assert.equal(commonName('a\u001b[31m\u202e\nb').text, 'CN=a\\u{1b}[31m\\u{202e}\\u{a}b');
});

test('every kind of string is read', () => {
  assert.equal(commonName('Gerät').commonName, 'Gerät');
  assert.equal(commonName(Buffer.from('Gerät', 'latin1'), 0x14).commonName, 'Gerät');
  assert.equal(commonName(Buffer.from('Gerät', 'utf16le').swap16(), 0x1e).commonName, 'Gerät');
  assert.equal(commonName(Buffer.from('0000004700010348', 'hex'), 0x1c).commonName, 'G\u{10348}');
  assert.equal(commonName(Buffer.from([1, 2]), 0x04).commonName, '#04020102');
  assert.throws(() => commonName(Buffer.from([0xc3, 0x28])), /not UTF-8/);
  assert.throws(() => commonName(Buffer.from([0]), 0x1e), /incomplete character/);
  assert.throws(() => commonName(Buffer.from('00110000', 'hex'), 0x1c), /does not exist/);
});

test('names are equal as RFC 5280 section 7.1 says', () => {
  assert.ok(commonName('Root CA').equals(commonName('  root   ca ', printableString)));
  assert.ok(!commonName('Root CA').equals(commonName('RootCA')));
  assert.ok(!commonName('a').equals(name([attribute('O', 'a')])));
  assert.ok(!commonName('a').equals(name([attribute('CN', 'a')], [attribute('CN', 'a')])));
  const both = [attribute('CN', 'a'), attribute('O', 'b')];
  assert.ok(name(both).equals(name([...both].reverse())));
  assert.ok(!name(both).equals(name([both[0]!], [both[1]!])));
});

test('a name lies within those it begins with', () => {
  const country = name([attribute('C', 'US')]);
  const full = name([attribute('C', 'us')], [attribute('CN', 'a')]);
  assert.ok(full.isWithin(country));
  assert.ok(full.isWithin(name()));
  assert.ok(!country.isWithin(full));
  assert.ok(!full.isWithin(commonName('a')));
});

test.run();
