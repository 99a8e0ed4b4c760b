/** libsql and the SQLite of Node.js are the same to the emulator's state. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import libsql from 'libsql';
import { test } from 'uvu';
import { nodeSqlite } from '../../src/emulator/state/node-sqlite.js';
import type { SqliteDriver } from '../../src/emulator/state/sqlite-driver.js';
import { bin } from '../support/bin.js';
import { node22 } from '../support/node-22.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { withoutLibsql } from './without-libsql.js';

const drivers: [string, SqliteDriver | undefined][] = [
  ['libsql', libsql as unknown as SqliteDriver],
  ['node:sqlite', nodeSqlite()],
];

for (const [name, Driver] of drivers) {
  if (!Driver) continue;

  test(`${name} binds and returns values alike`, () => {
    const database = new Driver(':memory:');
    database.exec('CREATE TABLE thing (a TEXT, b INTEGER, c BLOB, d)');
    const insert = database.prepare('INSERT INTO thing VALUES (?, ?, ?, ?)');
    assert.equal(insert.run(['text', 1, Buffer.from('blob'), null]).changes, 1);
    assert.equal(Number(insert.run('other', 2, Buffer.from([0]), 0.5).lastInsertRowid), 2);
    const named = database.prepare('SELECT a FROM thing WHERE b = :b');
    assert.equal((named.get({ b: 2 }) as { a: string }).a, 'other');
    assert.equal(named.get({ b: 3 }), undefined);
    const rows = database.prepare('SELECT * FROM thing ORDER BY b').all() as Record<string, unknown>[];
    const { c: blob, ...others } = rows[0]!;
    assert.deepEqual(others, { a: 'text', b: 1, d: null });
    assert.deepEqual(Buffer.from(blob as ArrayBuffer), Buffer.from('blob'));
    assert.equal((database.pragma('user_version') as [{ user_version: number }])[0].user_version, 0);
    assert.ok(database.open);
    database.close();
    assert.ok(!database.open);
  });

  test(`${name} undoes a transaction that fails, and names errors alike`, () =>
    inTemporaryFolder((folder) => {
      const database = new Driver(join(folder, 'a.db'));
      database.exec('CREATE TABLE thing (a TEXT)');
      const insert = database.prepare('INSERT INTO thing VALUES (?)');
      const act = () => {
        insert.run('x');
        assert.ok(database.inTransaction);
        throw new Error('undo');
      };
      assert.throws(database.transaction(act), /undo/);
      assert.equal(database.prepare('SELECT * FROM thing').all().length, 0);
      assert.equal(database.transaction(() => insert.run('y').changes)(), 1);
      const [{ page_count: pages }] = database.pragma('page_count') as [{ page_count: number }];
      database.pragma(`max_page_count = ${pages}`);
      assert.throws(() => insert.run('x'.repeat(100_000)), { code: 'SQLITE_FULL' });
      database.close();
      writeFileSync(join(folder, 'b.db'), 'these are words\n'.repeat(1000));
      const text = new Driver(join(folder, 'b.db'));
      assert.throws(() => text.exec('CREATE TABLE thing (a TEXT)'), { code: /^SQLITE_NOTADB/ });
      text.close();
    }));
}

if (node22 !== undefined) {
  test('an emulator without libsql runs on a later Node.js, and says nothing of its SQLite', () =>
    inTemporaryFolder(async (folder) => {
      const env = { ...process.env, ...withoutLibsql };
      const args = [bin, 'quickstart', '--yes', '--json', '--count', '1', '--dir', join(folder, 'certs')];
      const { stdout, stderr } = await promisify(execFile)(node22!, args, { env });
      assert.equal(JSON.parse(stdout).devices[0].status, 'assigned');
      assert.doesNotMatch(stderr, /Warning/);
    }));
}

test.run();
