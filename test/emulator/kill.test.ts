/** A sample of scripts/kill-emulator.ts. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'uvu';
import { killEmulatorUnderLoad } from '../support/kill-emulator.js';

test('a killed emulator has every write that it acknowledged', async () => {
  const seed = randomInt(2 ** 31);
  const { acknowledged, problems } = await killEmulatorUnderLoad(2, seed);
  assert.deepEqual(problems, [], `npx tsx scripts/kill-emulator.ts 2 ${seed}`);
  assert.ok(acknowledged > 0);
});

test.run();
