import assert from 'node:assert/strict';
import { test } from 'uvu';
import { JsonSyntaxError, parseJsonSource } from '../src/json-source.js';

const refused: [text: string, place: string, what: RegExp][] = [
  ['', '1:1', /empty/],
  [' \r\n\t', '1:1', /empty/],
  ['[,]', '1:2', /value/],
  ['[1,\n]', '2:1', /value/],
  ['{"a":1\n "b":2}', '2:2', /comma/],
  ['{"a"1}', '1:5', /colon/],
  ['{"a":1', '1:7', /ends, but } is expected/],
  ['[1', '1:3', /ends, but ] is expected/],
  ['{"a":1,}', '1:8', /a field name/],
  ['{"a":1} {}', '1:9', /after the end/],
  ['// why\n{}', '1:1', /comments/],
  ['{"a":"x\ny"}', '1:6', /not closed/],
  ['{"a":"\\q"}', '1:6', /escape/],
  ['{"a":"\t"}', '1:6', /control character/],
  ['{"a":1.}', '1:6', /not a number/],
  ['{"a":01}', '1:7', /comma/],
  ["{'a':1}", '1:2', /not valid JSON/],
  ['{"a":\u20281}', '1:6', /not valid JSON/],
  ['{"a":1,\n"a":1}', '2:1', /"a"/],
  ['[{"b":{"a":1,"\\u0061":1}}]', '1:14', /"a"/],
  ['{"__proto__":1,"__proto__":1}', '1:16', /"__proto__"/],
  ['['.repeat(100_000), '1:1001', /too deeply/],
];

for (const [text, place, what] of refused) {
  test(`${JSON.stringify(text).slice(0, 30)} is not JSON, from ${place} on`, () => {
    assert.throws(
      () => parseJsonSource(text),
      (error: unknown) => {
        assert.ok(error instanceof JsonSyntaxError);
        assert.equal(`${error.place.line}:${error.place.column}`, place);
        assert.match(error.message, what);
        return true;
      },
    );
  });
}

test('the value is that of JSON.parse, and a byte order mark is ignored', () => {
  const text = '{"__proto__": [1e3, "\\u00e9", null], "": {"a": true}}';
  assert.deepEqual(parseJsonSource(`\uFEFF${text}`).value, JSON.parse(text));
});

test('a thousand levels are read, with their places', () => {
  const text = `${'{"a":'.repeat(999)}[1]${'}'.repeat(999)}`;
  const { value, placeOf } = parseJsonSource(text);
  assert.equal(JSON.stringify(value), text);
  const path = Array<string>(999).fill('a');
  assert.deepEqual(placeOf([...path, 0]), { line: 1, column: 999 * 5 + 2 });
});

test('places are those of values, of names, and of the nearest value above', () => {
  const { placeOf } = parseJsonSource('{\n  "c": [1,\n {"b": 2}],\n "a": [3, {"b": 4}]\n}');
  assert.deepEqual(placeOf([]), { line: 1, column: 1 });
  assert.deepEqual(placeOf(['a', 1, 'b']), { line: 4, column: 17 });
  assert.deepEqual(placeOf(['a', 1], 'b'), { line: 4, column: 12 });
  assert.deepEqual(placeOf(['a', 5, 'b']), { line: 4, column: 7 });
  assert.deepEqual(placeOf(['d']), { line: 1, column: 1 });
});

test.run();
