import assert from 'node:assert/strict';
import { test } from 'uvu';
import { differences, formats, headerDifferences, withShapes } from './compare.js';
import { filled, UnknownVariable, valueAt } from './variables.js';

const samples: Record<keyof typeof formats, [good: string, bad: string]> = {
  guid: ['0a1b2c3d-0000-4000-8000-000000000000', '0a1b2c3d'],
  text: ['anything', ''],
  etag: ['AAAAAA/P24M=', '"quoted"'],
  enrollmentEtag: ['IjAwMDAxOWVkLTAwMDAtMDgwMC0wMDAwLTY0NjgwMWYzMDAwMCI=', 'AAAAAA/P24M='],
  counterEtag: ['AAAAAAAAAAE=', 'AAE='],
  decimalEtag: [Buffer.from('4711').toString('base64'), Buffer.from('abc').toString('base64')],
  base64: ['a2V5', 'a2V'],
  time: ['2023-05-19T23:10:43.9486465Z', '2023-05-19T23:10:43.94864650Z'],
  timeWithoutFraction: ['2023-05-19T23:10:43Z', '2023-05-19T23:10:43.9Z'],
  armTime: ['2023-02-13 03:08:26Z', '2023-02-13T03:08:26Z'],
  hubTime: ['07/07/2021 10:11:12', '2021-07-07 10:11:12'],
  httpDate: ['Mon, 01 Jan 0001 00:00:00 GMT', '2021-07-07'],
  host: ['localhost:8443', 'https://localhost'],
  url: ['https://localhost/', 'http://localhost/'],
  idScope: ['0ne0000ABCD', '0ne0000abcd'],
  hex: ['0af', '0AF'],
  hex32: ['0'.repeat(32), '0'.repeat(31)],
  upperHex: ['0AF', '0af'],
  sha1: ['A'.repeat(40), 'a'.repeat(40)],
  sha256: ['A'.repeat(64), 'A'.repeat(40)],
  verificationCode: ['A'.repeat(48), 'A'.repeat(40)],
  operationId: [
    '4.0123456789abcdef.0a1b2c3d-0000-4000-8000-000000000000',
    '0a1b2c3d-0000-4000-8000-000000000000',
  ],
  digits: ['18', '1e8'],
  digits18: ['637612345678901234', '6376123456789012'],
};

test('each format takes what has it, and nothing else', () => {
  assert.deepEqual(Object.keys(samples).sort(), Object.keys(formats).sort());
  for (const [format, [good, bad]] of Object.entries(samples)) {
    assert.deepEqual(differences(`<${format}>`, good), [], `${format}: ${good}`);
    assert.equal(differences(`<${format}>`, bad).length, 1, `${format}: ${bad}`);
  }
  const inText = 'errorcode: IH<digits>.';
  assert.deepEqual(differences(inText, 'errorcode: IH404015.'), []);
  assert.equal(differences(inText, 'errorcode: IH404015').length, 1);
  assert.throws(() => differences('<nothing>', 'x'), /<nothing>/);
});

test('a reply that adds, lacks or changes a member differs', () => {
  const expected = { name: '<text>', count: 1, etag: null, 'tags?': '<object>', list: ['a', '<integer>'] };
  const reply = { name: 'n', count: 1, etag: null, list: ['a', 2] };
  assert.deepEqual(differences(expected, reply), []);
  assert.deepEqual(differences(expected, { ...reply, tags: {} }), []);
  for (const [changed, path] of [
    [{ ...reply, added: null }, 'body.added'],
    [{ ...reply, count: '1' }, 'body.count'],
    [{ ...reply, etag: '' }, 'body.etag'],
    [{ ...reply, tags: 'none' }, 'body.tags'],
    [{ ...reply, list: ['a'] }, 'body.list'],
    [{ ...reply, list: ['a', 2.5] }, 'body.list.1'],
    [{ count: 1, etag: null, list: ['a', 2] }, 'body.name'],
    [undefined, 'body'],
    [[], 'body'],
  ] as const) {
    const found = differences(expected, changed);
    assert.equal(found.length, 1, JSON.stringify(changed));
    assert.ok(found[0]!.startsWith(`${path}: `), found[0]);
  }
  assert.deepEqual(differences({ $more: true, name: 'n' }, { ...reply, added: 1 }), []);
});

test('some, every, another one and one of several', () => {
  const rows = [{ id: 'a' }, { id: 'b', more: 1 }];
  assert.deepEqual(differences({ $some: { id: 'a' } }, rows), []);
  assert.equal(differences({ $some: { id: 'c' } }, rows).length, 1);
  assert.equal(differences({ $some: { id: 'c' } }, []).length, 1);
  assert.deepEqual(differences({ $every: { $more: true, id: '<text>' } }, rows), []);
  assert.deepEqual(
    differences({ $every: { id: '<text>' } }, rows).map((one) => one.split(':')[0]),
    ['body.1.more'],
  );
  assert.deepEqual(differences({ $isNot: 'old' }, 'new'), []);
  assert.equal(differences({ $isNot: 'old' }, 'old').length, 1);
  assert.equal(differences({ $isNot: 'old' }, undefined).length, 1);
  assert.deepEqual(differences({ $oneOf: ['a', '<digits>'] }, '12'), []);
  assert.equal(differences({ $oneOf: ['a', '<digits>'] }, 'b').length, 1);
});

test('shapes are laid over each other', () => {
  const shapes = { base: { a: 1, b: { c: 2, d: 3 } }, other: { $shape: 'base', a: 4 } };
  const laid = withShapes([{ $shape: 'other', b: { c: '<absent>', e: { $shape: 'base' } } }], shapes);
  assert.deepEqual(laid, [{ a: 4, b: { d: 3, e: { a: 1, b: { c: 2, d: 3 } } } }]);
  assert.throws(() => withShapes({ $shape: 'none' }, shapes), /none/);
});

test('a header that must not be there differs when it is', () => {
  assert.deepEqual(
    headerDifferences({ etag: null, 'x-ms-request-id': '<text>' }, { 'x-ms-request-id': 'x' }),
    [],
  );
  assert.equal(headerDifferences({ etag: null }, { etag: 'x' }).length, 1);
  assert.equal(headerDifferences({ etag: '<etag>' }, {}).length, 1);
});

test('variables are filled in wherever texts are, and one without a value is named', () => {
  const variables = new Map([
    ['id', 'x'],
    ['leaf.sha1', 'AA'],
  ]);
  const value = { '{id}': ['a {id}', { t: '{leaf.sha1}', n: 1 }], json: '{"Message":"{id}"}' };
  assert.deepEqual(filled(value, variables), { x: ['a x', { t: 'AA', n: 1 }], json: '{"Message":"x"}' });
  assert.throws(() => filled('{etag}', variables), UnknownVariable);
  assert.equal(valueAt({ value: [{ etag: 'e' }] }, 'value.0.etag'), 'e');
  assert.equal(valueAt(null, 'value.0'), undefined);
});

test.run();
