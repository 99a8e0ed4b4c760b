/** Commands that are killed at a file-system call, and run again. scripts/kill-points.ts takes all calls of all commands. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { KillRig, sampleOf, scenarios } from '../support/kill-at.js';

const seed = 12;
const sample: Record<string, number> = {
  quickstart: 2,
  'cert renew of a root': 2,
  'cert root': 2,
};

if (process.platform !== 'win32') {
  for (const [name, size] of Object.entries(sample)) {
    test(`${name}, killed and run again, ends as if nothing had happened (seed ${seed})`, () => {
      const rig = new KillRig(scenarios.find((one) => one.name === name)!);
      try {
        for (const point of sampleOf(rig.prepare(), size, seed)) {
          assert.equal(rig.problemAt(point), undefined, JSON.stringify(point));
        }
      } finally {
        rig.close();
      }
    });
  }
}

test.run();
