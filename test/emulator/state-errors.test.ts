/** A full disk and a damaged file under the emulator's state, as a command and as a program that embeds it sees them. */
import assert from 'node:assert/strict';
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { startEmulator } from '../../src/emulator/index.js';
import { openState } from '../../src/emulator/state/database.js';
import { run } from '../cli/in-process.js';
import { fails } from '../support/fails.js';
import { contentsOf } from '../support/folders.js';
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
    const isFull = fails('FILE_UNWRITABLE', /state\.db: the disk is full/);
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
    assert.match(logged[0]!, /^EnrollkitError: The emulator state .*state\.db is damaged/);
  }));

/** A state with a group in it, as a killed emulator leaves it: the group is in the log only. */
async function killedState(dir: string): Promise<string> {
  const emulator = await startEmulator({ dir, hubs: ['hub-a', 'hub-b'] });
  const folder = join(dir, 'emulator');
  const killed = `${folder}-killed`;
  cpSync(folder, killed, { recursive: true });
  await emulator.stop();
  rmSync(folder, { recursive: true });
  rmSync(join(killed, 'lock'), { recursive: true, force: true });
  renameSync(killed, folder);
  assert.ok(statSync(join(folder, 'state.db-wal')).size > 0);
  return folder;
}

const stateIn = (contents: Record<string, string>) =>
  Object.fromEntries(Object.entries(contents).filter(([name]) => /^state/.test(name)));

test('a file of the state that was emptied, cut off, replaced, or lost its log is refused, and stays', () =>
  inTemporaryFolder(async (top) => {
    const folder = await killedState(top);
    const pristine = `${folder}-pristine`;
    renameSync(folder, pristine);
    const { size } = statSync(join(pristine, 'state.db'));
    const text = 'these are words\n'.repeat(1000);
    const empty = (name: string) => () => truncateSync(join(folder, name), 0);
    const remove = (...names: string[]) => {
      for (const name of names) rmSync(join(folder, name));
    };
    const damages: [string, RegExp, () => void][] = [
      [
        'missing, with those that it lists',
        /state\.db is missing/,
        () => remove('state.db', 'state.db-wal', 'state.db-shm'),
      ],
      ['emptied', /state\.db has 0 bytes/, empty('state.db')],
      [
        'emptied, alone',
        /state\.db has 0 bytes/,
        () => {
          empty('state.db')();
          remove('state.db-wal', 'state.db-shm');
        },
      ],
      ['of another hub, emptied', /state-hub-2\.db has 0 bytes/, empty('state-hub-2.db')],
      ['one byte', /state\.db has 1 bytes/, () => truncateSync(join(folder, 'state.db'), 1)],
      ...[50, 100, 4096, 5000].map((length): (typeof damages)[number] => [
        `cut at ${length}`,
        /state\.db/,
        () => truncateSync(join(folder, 'state.db'), length),
      ]),
      ['text', /state\.db is damaged/, () => writeFileSync(join(folder, 'state.db'), text)],
      ['zeros', /state\.db is damaged/, () => writeFileSync(join(folder, 'state.db'), Buffer.alloc(size))],
      ['no log', /state\.db-wal is missing/, () => remove('state.db-wal')],
      ['text as log', /state\.db-wal/, () => writeFileSync(join(folder, 'state.db-wal'), text)],
    ];
    for (const [what, message, damage] of damages) {
      cpSync(pristine, folder, { recursive: true });
      damage();
      const before = contentsOf(folder);
      const refused = fails('EMULATOR_STATE_UNREADABLE', message);
      const start = startEmulator({ dir: top });
      await assert.rejects(start, refused, what);
      // What is damaged further inside is found by SQLite, which first opens the files before it.
      if (!/^(cut|of another|text$|zeros)/.test(what))
        assert.deepEqual(stateIn(before), stateIn(contentsOf(folder)), what);
      rmSync(folder, { recursive: true });
    }
    // The log of a state that was closed is empty: nothing is lost with it.
    cpSync(pristine, folder, { recursive: true });
    await (await startEmulator({ dir: top })).stop();
    rmSync(join(folder, 'state.db-wal'), { force: true });
    await (await startEmulator({ dir: top })).stop();
  }));

test('a service and a hub that a killed emulator was deleting are gone, and their numbers are free', () =>
  inTemporaryFolder(async (dir) => {
    await (await startEmulator({ dir, hubs: ['hub-a', 'hub-b'], services: ['dps-a', 'dps-b'] })).stop();
    const folder = join(dir, 'emulator');
    const others = () => readdirSync(folder).filter((name) => /^state-.*\.db$/.test(name));
    assert.deepEqual(others(), ['state-hub-2.db', 'state-service-2.db']);
    const database = openState(folder);
    database.exec('DELETE FROM iot_hub WHERE number = 2; DELETE FROM provisioning_service WHERE number = 2;');
    database.close();
    await (await startEmulator({ dir })).stop();
    assert.deepEqual(others(), []);
  }));

test('a state that was being restored after a refused seed when the emulator was killed is restored', () =>
  inTemporaryFolder(async (dir) => {
    const first = await startEmulator({ dir, hubs: ['hub-a', 'hub-b'] });
    const { idScope } = first.endpoints;
    await first.stop();
    const folder = join(dir, 'emulator');
    const states = readdirSync(folder).filter((name) => /^state.*\.db$/.test(name));
    const snapshot = join(folder, 'state-before');
    const kills: Record<string, () => void> = {
      'a file of the seed is still there': () => writeFileSync(join(folder, 'state-hub-3.db'), ''),
      'none is back': () => {
        for (const name of states) rmSync(join(folder, name));
      },
      'half a file is back': () => truncateSync(join(folder, 'state.db'), 5000),
      'the copy was not finished': () => renameSync(snapshot, `${snapshot}.tmp`),
    };
    for (const [what, kill] of Object.entries(kills)) {
      mkdirSync(snapshot);
      for (const name of states) cpSync(join(folder, name), join(snapshot, name));
      kill();
      const emulator = await startEmulator({ dir });
      const { endpoints } = emulator;
      await emulator.stop();
      assert.equal(endpoints.idScope, idScope, what);
      assert.deepEqual(
        endpoints.hubs.map(({ name }) => name),
        ['hub-a', 'hub-b'],
        what,
      );
      assert.deepEqual(
        readdirSync(folder).filter((name) => /^state-.*\.db$|^state.db$|before/.test(name)),
        states,
        what,
      );
    }
  }));

test.run();
