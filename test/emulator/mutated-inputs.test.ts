/** A sample of scripts/mutated-inputs.ts: what is nearly right crashes nothing, and lets nobody in. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'uvu';
import { sendMutatedInputs } from '../support/mutated-inputs/mutated-inputs.js';

test('mutated inputs to everything that listens', async () => {
  const seed = randomInt(2 ** 31);
  const { problems } = await sendMutatedInputs(300, seed);
  assert.deepEqual(problems, [], `npx tsx scripts/mutated-inputs.ts 300 ${seed}`);
});

test.run();
