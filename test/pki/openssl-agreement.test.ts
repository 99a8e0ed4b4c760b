/** A glance at what `npm run agreement` shows: every disagreement with openssl has a reason, found by experiment. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { compareWithOpenssl } from '../../scripts/openssl-disagreements.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { testWith } from '../support/tools.js';

const testWithOpenssl = testWith('openssl', test);

testWithOpenssl(
  'of 60 random chains, openssl judges otherwise only those of a class that is explained',
  async () => {
    await inTemporaryFolder(async (folder) => {
      const { bothValid, bothRefused, disagreements } = await compareWithOpenssl(folder, 60, 20261125);
      assert.deepEqual(
        disagreements.filter(({ className }) => !className),
        [],
      );
      assert.ok(bothValid > 10 && bothRefused > 10, `${bothValid} valid, ${bothRefused} refused`);
    });
  },
);

test.run();
