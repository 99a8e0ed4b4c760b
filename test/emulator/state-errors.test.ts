/** A full disk and a damaged file under the emulator's state, as a command and as a program that embeds it sees them. */
import assert from 'node:assert/strict';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { startEmulator } from '../../src/emulator/index.js';
import { openState } from '../../src/emulator/state/database.js';
import { run } from '../cli/in-process.js';
import { fails } from '../support/fails.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

/** Overwrites the first page of a table. */
function damage(folder: string, table: string): void {
  const database = openState(folder);
  const [{ page_size: size }] = database.pragma('page_size') as [{ page_size: number }];
  const { rootpage } = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table) as {
    rootpage: number;
  };
  database.exec('PRAGMA wal_checkpoint(TRUNCATE);');
  database.close();
  const file = openSync(join(folder, 'state.db'), 'r+');
  writeSync(file, Buffer.alloc(size, 0xa5), 0, size, (rootpage - 1) * size);
  closeSync(file);
}

test('a statement on a full disk says so, in a transaction too, and what was stored stays', () =>
  inTemporaryFolder((folder) => {
    const steps = ['CREATE TABLE thing (value TEXT);'];
    const told: string[] = [];
    const database = openState(folder, undefined, steps, (error) => told.push(error.code));
    const insert = database.prepare('INSERT INTO thing VALUES (?)');
    insert.run('x');
    const [{ page_count: pages }] = database.pragma('page_count') as [{ page_count: number }];
    database.pragma(`max_page_count = ${pages}`);
    const large = 'x'.repeat(100_000);
    const isFull = fails('FILE_UNWRITABLE', /state\.db cannot be written: the disk is full/);
    assert.throws(() => insert.run(large), isFull);
    assert.throws(() => database.transaction(() => insert.run(large))(), isFull);
    assert.deepEqual(told, ['FILE_UNWRITABLE', 'FILE_UNWRITABLE']);
    assert.equal(database.prepare('SELECT value FROM thing').all().length, 1);
    database.close();
  }));

test('a damaged page of the state is the end of a command with EMULATOR_STATE_UNREADABLE, exit 9', () =>
  inTemporaryFolder(async (folder) => {
    const create = ['group', 'create', 'line-5', '--target', 'emulator', '--dir', folder];
    assert.equal((await run(['cert', 'root', 'Plant', '--out', join(folder, 'ca')])).status, 0);
    const made = await run([...create, '--certificate', join(folder, 'ca', 'certificate.pem')]);
    assert.equal(made.status, 0, made.stderr);
    damage(join(folder, '.enrollkit', 'emulator'), 'enrollment_group');
    const { status, stdout } = await run(['group', 'list', '--dir', folder, '--json']);
    assert.equal(status, 9);
    assert.equal(JSON.parse(stdout).error.code, 'EMULATOR_STATE_UNREADABLE');
  }));

test('a program that embeds the emulator is told, and its client gets status 500', () =>
  inTemporaryFolder(async (folder) => {
    const dir = join(folder, '.enrollkit');
    await (await startEmulator({ dir })).stop();
    damage(join(dir, 'emulator'), 'enrollment_group');
    const told: string[] = [];
    const logged: string[] = [];
    const emulator = await startEmulator({
      dir,
      onStateError: (error) => told.push(error.code),
      log({ status, reason = '' }) {
        if (status === 500) logged.push(reason);
      },
    });
    try {
      const { status, stderr } = await run(['group', 'list', '--dir', folder]);
      assert.equal(status, 5, stderr);
    } finally {
      await emulator.stop();
    }
    assert.ok(told.length > 0 && told.every((code) => code === 'EMULATOR_STATE_UNREADABLE'), String(told));
    assert.equal(logged.length, told.length);
    assert.match(logged[0]!, /^EnrollkitError: The emulator's state .*state\.db is damaged/);
  }));

test.run();
