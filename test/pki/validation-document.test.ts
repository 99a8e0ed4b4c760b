/** docs/validation.md names what the code has. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { disagreementClasses } from '../../scripts/openssl-disagreements.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const text = read('docs/validation.md');

test('every failure code has its row, in its words', () => {
  const lines = [...read('src/pki/path/failure.ts').matchAll(/^ \* - (`.*`): (.*)$/gm)];
  const rows = lines.flatMap(([, codes, meaning]) =>
    codes!.split(', ').map((code) => `| ${code} | ${meaning} |`),
  );
  assert.ok(rows.length >= 20);
  for (const row of rows) assert.ok(text.includes(row), row);
});

test('every class of disagreement with openssl is explained', () => {
  for (const name of Object.keys(disagreementClasses)) assert.ok(text.includes(`- **${name}**: `), name);
});

test.run();
