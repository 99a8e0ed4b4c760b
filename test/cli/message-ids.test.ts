import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'uvu';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

const env = { ENROLLKIT_MESSAGE_IDS: '1' };

test('with ENROLLKIT_MESSAGE_IDS=1, messages and errors begin with their IDs, and data does not', async () => {
  await inTemporaryFolder(async (folder) => {
    const out = join(folder, 'device-1');
    const made = await run(['cert', 'csr', 'device-1', '--out', out], { env });
    assert.match(made.stderr, /^\n\[cert\.csr\.next\] next: /);
    assert.match(made.stdout, /^Request /);
    const again = await run(['cert', 'csr', 'device-1', '--out', out], { env });
    assert.match(again.stderr, /^\[FILE_EXISTS\] error: /);
    const root = await run(['cert', 'self-signed', 'device-2', '--out', join(folder, 'device-2')], { env });
    assert.match(root.stderr, /^\[cert\.next\] next: /m);
    const judged = await run(['cert', 'lint', join(folder, 'device-2', 'certificate.pem')], { env });
    assert.match(judged.stdout, /^\[cert\.lint\.summary\] \d/m);
  });
});

test('without it, no message has an ID', async () => {
  await inTemporaryFolder(async (folder) => {
    const out = join(folder, 'device-1');
    for (const _ of [1, 2]) {
      const { stdout, stderr } = await run(['cert', 'csr', 'device-1', '--out', out]);
      assert.ok(!`${stdout}${stderr}`.includes('['));
    }
  });
});

test.run();
