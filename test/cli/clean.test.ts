/** `enrollkit clean` on a folder in which another command is at work. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { layoutOf } from '../../src/workspace/layout.js';
import { takeLock } from '../../src/workspace/lock.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';

test('clean refuses a folder in use, with the process and the time, also while its journal is still empty', () =>
  inTemporaryFolder(async (folder) => {
    const release = takeLock(layoutOf(folder).lock);
    for (const more of [[], ['--certificates']]) {
      const ended = await run(['clean', '--yes', '--json', '--dir', folder, ...more]);
      assert.equal(ended.status, 9, ended.stdout);
      const { error } = JSON.parse(ended.stdout);
      assert.equal(error.code, 'FOLDER_IN_USE');
      assert.equal(error.context.pid, process.pid);
      assert.ok(Date.parse(error.context.since) <= Date.now());
    }
    release();
    assert.equal((await run(['clean', '--yes', '--dir', folder])).status, 0);
    assert.deepEqual(readdirSync(folder), []);
  }));

test('clean removes the temporary files of a killed command, though nothing else is there', () =>
  inTemporaryFolder(async (folder) => {
    const staged = join(layoutOf(folder).pending, 'staged');
    mkdirSync(staged, { recursive: true });
    writeFileSync(join(staged, '0'), 'a private key');
    assert.equal((await run(['clean', '--yes', '--dir', folder])).status, 0);
    assert.deepEqual(readdirSync(folder), []);
  }));

test.run();
