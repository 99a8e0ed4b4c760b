/** A state of another version of enrollkit is refused, and stays as it is. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { test } from 'uvu';
import { resetStoppedEmulator } from '../../src/emulator/control/empty-folder.js';
import { openHub } from '../../src/emulator/hub/hub.js';
import { startEmulator } from '../../src/emulator/start.js';
import { closeState, openState } from '../../src/emulator/state/database.js';
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

interface EarlierState {
  version: number;
  /** The mark in the header of the file, if it has one. */
  application?: number;
  killed: boolean;
}

/** Writes a state as a build before the first release did: in WAL mode, with its own numbers of versions. */
function writeEarlierState(folder: string, { version, application = 0, killed }: EarlierState): void {
  const written = killed ? join(folder, '..', 'running') : folder;
  mkdirSync(written, { recursive: true });
  const database = new Database(join(written, 'state.db'));
  database.exec(`PRAGMA journal_mode = WAL; BEGIN;
    CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    INSERT INTO setting VALUES ('armToken', 'earlier'); PRAGMA application_id = ${application}; PRAGMA user_version = ${version};
    COMMIT;`);
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
  'of a build before the first release': { version: 7, killed: false },
  'whose version has the number of a current one': { version: 1, killed: false },
  'of a process that was killed': { version: 7, killed: true },
  'with the mark of builds that had other tables': { version: 1, application: 0x656e726b, killed: false },
  'with that mark, and three versions of its tables': { version: 3, application: 0x656e726b, killed: false },
} satisfies Record<string, EarlierState>)) {
  test(`an older state ${name} is refused, until it is removed`, async () => {
    await inTemporaryFolder(async (dir) => {
      const folder = join(dir, 'emulator');
      mkdirSync(folder);
      writeEarlierState(join(dir, 'emulator'), state);
      if (state.killed) assert.ok(readdirSync(folder).includes('state.db-wal'));
      await refused(dir, /before its first release/);
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
      if (part === 'state.db') await refused(dir, /newer version of enrollkit \(schema version 1000/);
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

test('the file of an older version gets the changes since, once, and keeps what it has', () =>
  inTemporaryFolder((dir) => {
    const file = join(dir, 'state.db');
    const versionOf = () => readFileSync(file).readUInt32BE(60);
    const earlier = openState(dir);
    earlier.exec("INSERT INTO setting VALUES ('color', 'red');");
    closeState(earlier);
    assert.equal(versionOf(), migrations.length);

    const steps = [
      ...migrations,
      'CREATE TABLE paint (color TEXT); INSERT INTO paint SELECT value FROM setting;',
      "ALTER TABLE paint ADD COLUMN coats INTEGER NOT NULL DEFAULT 2; INSERT INTO paint (color) VALUES ('blue');",
    ];
    const expected = [
      { color: 'red', coats: 2 },
      { color: 'blue', coats: 2 },
    ];
    for (let round = 0; round < 2; round += 1) {
      const database = openState(dir, 'state.db', steps);
      assert.deepEqual(database.prepare('SELECT * FROM paint').all(), expected);
      closeState(database);
      assert.equal(versionOf(), steps.length);
    }

    const before = contentsOf(dir);
    assert.throws(() => openState(dir), { code: 'EMULATOR_STATE_UNREADABLE' });
    assert.deepEqual(contentsOf(dir), before, 'an older build does not touch it');
  }));

test('a change of the tables that fails leaves the file as it was', () =>
  inTemporaryFolder((dir) => {
    closeState(openState(dir));
    const broken = [...migrations, 'CREATE TABLE paint (color TEXT); INSERT INTO nowhere VALUES (1);'];
    assert.throws(() => openState(dir, 'state.db', broken), { code: 'EMULATOR_STATE_UNREADABLE' });
    const database = openState(dir);
    const paint = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'paint'").get();
    assert.equal(paint, undefined);
    closeState(database);
  }));

test('messages from before there were events stay listed, and are no events', () =>
  inTemporaryFolder((dir) => {
    const before = openState(dir, 'state.db', migrations.slice(0, 1));
    before.exec(`INSERT INTO hub_device
        (device_id, generation_id, created, credential, status, iot_edge, tags, desired, desired_metadata, reported_metadata)
        VALUES ('device-1', '1', '2026-01-01T00:00:00.000Z', '{"type":"certificateAuthority"}', 'enabled', 0, '{}', '{}', '{}', '{}');
      INSERT INTO hub_message (device_id, number, enqueued, system_properties, properties, body)
        VALUES ('device-1', 1, '2026-01-01T00:00:00.000Z', '{}', '{}', x'31');`);
    closeState(before);
    const database = openState(dir);
    const hub = openHub(database, () => new Date());
    const origin = { authMethod: { scope: 'device', type: 'sas', issuer: 'iothub' } } as const;
    const body = Buffer.from('2');
    hub.messages.append('device-1', { systemProperties: {}, properties: {}, body }, origin);
    assert.deepEqual(
      hub.messages.list('device-1').map((message) => message.body.toString()),
      ['1', '2'],
    );
    const events = [0, 1, 2, 3].flatMap((partition) => hub.eventHub.events.read(partition, -1, 10));
    assert.deepEqual(
      events.map((event) => event.body.toString()),
      ['2'],
    );
    closeState(database);
  }));

test.run();
