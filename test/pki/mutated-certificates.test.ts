/** A sample of scripts/mutated-certificates.ts. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { mutateCertificates } from '../support/mutated-certificates.js';

test('changed inputs are read or refused by every reader, and no forgery is accepted', async () => {
  const { inputs, problems } = await mutateCertificates(200, 1);
  assert.equal(inputs, 200);
  assert.deepEqual(problems, []);
});

test.run();
