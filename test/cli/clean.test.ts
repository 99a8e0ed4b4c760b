/** `enrollkit clean` on a folder in which another command is at work. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { layoutOf } from '../../src/workspace/layout.js';
import { takeLock } from '../../src/workspace/lock.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { run } from './in-process.js';
import { inCommandWorld } from './running-emulator.js';

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

test('clean --dry-run lists what would be deleted, asks nothing and deletes nothing', () =>
  inCommandWorld(async ({ folder, json, enrollkit }) => {
    await json(['quickstart', '--yes', '--count', '1']);
    const files = () => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
    const before = files();
    const { wouldRemove } = await json(['clean', '--dry-run']);
    assert.deepEqual(
      wouldRemove.map(({ kind }: any) => kind),
      ['hub-device', 'registration', 'enrollment-group', 'ca-certificate'],
    );
    assert.match((await enrollkit('clean', '--dry-run')).stdout, /enrollment group enrollkit-devices/);
    const all = await json(['clean', '--dry-run', '--certificates']);
    assert.ok(all.wouldRemove.some(({ kind, path }: any) => kind === 'file' && path === 'ca/root/key.pem'));
    assert.deepEqual(files(), before);
    assert.equal((await json(['group', 'list'])).enrollmentGroups.length, 1);
    await json(['clean', '--yes']);
    assert.deepEqual(await json(['clean', '--dry-run']), { wouldRemove: [] });
    assert.equal((await enrollkit('clean', '--dry-run')).status, 0);
  }));

test.run();
