import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import { pemBlocks, pemEncode } from '../../src/pki/containers/pem.js';

test('what is encoded is read back, whatever surrounds it and whatever ends its lines', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
  const noise = fc.constantFrom('', '\n', 'Bag Attributes\n  friendlyName: x\n', '\uFEFF', '# a comment\n');
  fc.assert(
    fc.property(
      fc.array(bytes, { minLength: 1, maxLength: 5 }),
      noise,
      fc.boolean(),
      (blocks, around, windows) => {
        const text = around + blocks.map((der) => pemEncode('CERTIFICATE', der) + around).join('');
        const read = pemBlocks(windows ? text.replace(/\n/g, '\r\n') : text);
        assert.deepEqual(
          read.map(({ label, der }) => [label, [...der]]),
          blocks.map((der) => ['CERTIFICATE', [...der]]),
        );
      },
    ),
  );
});

test('lines are 64 characters long', () => {
  const lines = pemEncode('X', new Uint8Array(96)).trimEnd().split('\n');
  assert.deepEqual(
    lines.slice(1, -1).map((line) => line.length),
    [64, 64],
  );
});

test('a block that was cut off, or is not base64, is named by its number', () => {
  const good = pemEncode('CERTIFICATE', Buffer.from('certificate'));
  const named = (pattern: RegExp) => (error: Error & { code?: string }) =>
    error.code === 'INVALID_CERTIFICATE' && pattern.test(error.message);
  assert.throws(
    () => pemBlocks(good + good.slice(0, -10)),
    named(/PEM block 2 \(CERTIFICATE\) at line 4 .*truncated/),
  );
  assert.throws(
    () => pemBlocks(good.replace('Y2Vy', 'Y2*y')),
    named(/PEM block 1 \(CERTIFICATE\) at line 1 is not base64/),
  );
});

test.run();
