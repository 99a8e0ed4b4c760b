/** The reference in docs/ is what the code says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { referencePages } from '../../scripts/reference.js';
import { exitStatusSummaries } from '../../src/cli/kernel/help.js';
import { exitStatus } from '../../src/errors.js';

for (const [path, text] of Object.entries(referencePages)) {
  test(`${path} is what "npm run reference" writes`, async () => {
    const written = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    assert.equal(written, await text());
  });
}

test('every exit status has a meaning', () => {
  assert.deepEqual(Object.keys(exitStatusSummaries).sort(), Object.keys(exitStatus).sort());
});

test.run();
