/** What the wizard says about the folder that was entered. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { folderProblem } from '../../src/cli/quickstart/existing-folder.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

test('for a folder with other files, the wizard names one that can be used', () =>
  inTemporaryFolder((folder) => {
    const used = join(folder, 'certs');
    mkdirSync(join(used, 'ca'), { recursive: true });
    assert.match(folderProblem(used) ?? '', /\bca\b.*certs-2/);
    assert.equal(folderProblem(join(folder, 'certs-2')), undefined);
  }));

test.run();
