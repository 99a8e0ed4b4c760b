/** A state of another version of enrollkit is refused, and stays as it is. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { test } from 'uvu';
import { resetStoppedEmulator } from '../../src/emulator/control/empty-folder.js';
import { describeTwin, presenceOf } from '../../src/emulator/hub/describe.js';
import { openHub } from '../../src/emulator/hub/hub.js';
import { startEmulator } from '../../src/emulator/start.js';
import { openState } from '../../src/emulator/state/database.js';
import { applicationId, migrations } from '../../src/emulator/state/schema.js';
import { EnrollkitError } from '../../src/errors.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { startTestEmulator } from './support.js';

/** The files of the state and what they contain. */
function contentsOf(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );
}

/** Writes a state as a build before the first release did: in WAL mode, with its own numbers of versions. */
function writeEarlierState(folder: string, { version, killed }: { version: number; killed: boolean }): void {
  const written = killed ? join(folder, '..', 'running') : folder;
  mkdirSync(written, { recursive: true });
  const database = new Database(join(written, 'state.db'));
  database.exec(`PRAGMA journal_mode = WAL; BEGIN;
    CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    INSERT INTO setting VALUES ('armToken', 'earlier'); PRAGMA user_version = ${version}; COMMIT;`);
  if (killed) {
    // What the process leaves that has the file open: everything is still in the log.
    for (const suffix of ['', '-wal', '-shm'])
      cpSync(join(written, `state.db${suffix}`), join(folder, `state.db${suffix}`));
  } else database.exec('PRAGMA wal_checkpoint(TRUNCATE);');
  database.close();
}

async function refused(dir: string, message: RegExp): Promise<void> {
  const folder = join(dir, 'emulator');
  const before = contentsOf(folder);
  const isNotable = (error: unknown) => {
    assert.ok(error instanceof EnrollkitError);
    assert.equal(error.code, 'EMULATOR_STATE_UNREADABLE');
    assert.match(error.message, message);
    assert.match(error.next, /folder away/);
    return true;
  };
  await assert.rejects(startEmulator({ dir }), isNotable);
  assert.deepEqual(contentsOf(folder), before, 'nothing is written');
  assert.throws(() => resetStoppedEmulator(dir, { newIdentity: false }), isNotable);
}

for (const [name, state] of Object.entries({
  'of the last build before the first release': { version: 7, killed: false },
  'whose version has the number of a current one': { version: 1, killed: false },
  'of a process that was killed': { version: 7, killed: true },
})) {
  test(`an older state ${name} is refused, until it is removed`, async () => {
    await inTemporaryFolder(async (dir) => {
      const folder = join(dir, 'emulator');
      mkdirSync(folder);
      writeEarlierState(join(dir, 'emulator'), state);
      if (state.killed) assert.ok(readdirSync(folder).includes('state.db-wal'));
      await refused(dir, /older enrollkit/);
      assert.equal(resetStoppedEmulator(dir, { newIdentity: true }), true);
      const emulator = await startTestEmulator({ dir });
      await emulator.stop();
    });
  });
}

for (const part of ['state.db', 'state-hub-2.db', 'state-service-2.db']) {
  test(`a newer ${part} is refused`, async () => {
    await inTemporaryFolder(async (dir) => {
      const options = { dir, hubs: ['hub-a', 'hub-b'], services: ['dps-a', 'dps-b'] };
      await (await startTestEmulator(options)).stop();
      const database = new Database(join(dir, 'emulator', part));
      database.exec('PRAGMA user_version = 1000; PRAGMA wal_checkpoint(TRUNCATE);');
      database.close();
      if (part === 'state.db') await refused(dir, /newer enrollkit \(version 1000/);
      else await assert.rejects(startEmulator({ dir }), { code: 'EMULATOR_STATE_UNREADABLE' });
    });
  });
}

test('every file of the state is marked, from the moment it exists', async () => {
  await inTemporaryFolder(async (dir) => {
    const emulator = await startTestEmulator({ dir, hubs: ['hub-a', 'hub-b'], services: ['dps-a', 'dps-b'] });
    try {
      for (const name of ['state.db', 'state-hub-2.db', 'state-service-2.db']) {
        const header = readFileSync(join(dir, 'emulator', name)).subarray(0, 100);
        assert.equal(header.readUInt32BE(68), applicationId, name);
        assert.equal(header.readUInt32BE(60), migrations.length, name);
      }
    } finally {
      await emulator.stop();
    }
  });
});

test('a first start that was killed while it made the state can be repeated', async () => {
  await inTemporaryFolder(async (dir) => {
    const folder = join(dir, 'emulator');
    const running = join(dir, 'running');
    for (const path of [folder, running]) mkdirSync(path);
    const database = new Database(join(running, 'state.db'));
    // A transaction whose pages are in the file already, and whose journal is still there.
    database.exec('PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; CREATE TABLE setting (name TEXT);');
    database.exec(`INSERT INTO setting VALUES ('${'x'.repeat(100_000)}');`);
    for (const suffix of ['', '-journal'])
      cpSync(join(running, `state.db${suffix}`), join(folder, `state.db${suffix}`));
    assert.ok(readFileSync(join(folder, 'state.db')).length > 0);
    database.exec('ROLLBACK;');
    database.close();
    const emulator = await startTestEmulator({ dir });
    await emulator.stop();
  });
});

test('hubs that an earlier build linked are linked as their owner, and have a time of creation', () =>
  inTemporaryFolder((dir) => {
    const earlier = new Database(join(dir, 'state.db'));
    earlier.exec(`BEGIN; ${migrations.slice(0, 3).join(';')};
      INSERT INTO iot_hub VALUES (1, 'hub-1', 0);
      INSERT INTO linked_hub VALUES ('hub-1', 'local', NULL, 7, 0);
      PRAGMA application_id = ${applicationId}; PRAGMA user_version = 3; COMMIT;`);
    earlier.close();
    const database = openState(dir);
    const link = database.prepare('SELECT * FROM linked_hub').get() as Record<string, unknown>;
    assert.deepEqual([link.allocation_weight, link.policy_name, link.policy_key], [7, null, null]);
    const { created } = database.prepare('SELECT created FROM iot_hub').get() as { created: string };
    assert.ok(Math.abs(Date.parse(created) - Date.now()) < 60_000, created);
    database.close();
  }));

test('the twins of a state that had no counters of changes go on from the versions that they had', () =>
  inTemporaryFolder((dir) => {
    const earlier = new Database(join(dir, 'state.db'));
    earlier.exec(`BEGIN; ${migrations[0]}
      INSERT INTO hub_device (device_id, generation_id, created, credential, status, iot_edge, tags, tags_version, desired,
        desired_version, desired_metadata, reported_version, reported_metadata)
        VALUES ('d', '1', '2026-01-01T00:00:00.000Z', '{"type":"certificateAuthority"}', 'enabled', 0, '{}', 2, '{}', 3, '{}',
          4, '{}');
      PRAGMA application_id = ${applicationId}; PRAGMA user_version = 1; COMMIT;`);
    earlier.close();
    const database = openState(dir);
    const hub = openHub(database, () => new Date());
    const twin = hub.twins.get('d')!;
    // 2 of the tags, 3 of desired and 4 of reported properties.
    assert.equal(describeTwin(hub.devices.get('d')!, twin, presenceOf(hub, 'd')).version, 9);
    assert.equal(hub.twins.change('d', { tags: { a: 1 } }, 'merge')!.changes, twin.changes + 1);
    database.close();
  }));

test.run();
