/** Numbers are, with less to load, what `toLocaleString` makes of them. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { numberText } from '../../src/languages/numbers.js';

test('integers and fractions of any size, negative ones too', () => {
  const number = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.nat(20_000), fc.double());
  const isSame = (one: number) => {
    // A zero without a sign.
    const value = one + 0;
    assert.equal(numberText(value), value.toLocaleString('en-US'));
  };
  fc.assert(fc.property(number, isSame));
  for (const one of [0, 999, 1000, -123, -1000, 0.5, 18.7]) isSame(one);
});

test.run();
