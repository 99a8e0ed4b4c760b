/** What cleaning removes of the local files: what a run wrote, as it wrote it, and nothing that a journal merely names. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import { cleanLocal, cleanRemote, inOrderOfRemoval, planClean } from '../../src/quickstart/clean.js';
import { layoutOf } from '../../src/workspace/layout.js';
import { fails } from '../support/fails.js';
import { contentsOf } from '../support/folders.js';
import { inWorld, planWith, type World } from '../support/quickstart.js';

const plan = planWith((one) => {
  one.devices.sendTelemetry = false;
});

/** A folder as a run leaves it, of which only the local files are left to clean. */
async function made(world: World): Promise<string> {
  await world.run(plan);
  const { signal } = new AbortController();
  await cleanRemote({ folder: world.folder, targetFor: async () => world.target, signal });
  return world.folder;
}

const note = (folder: string, thing: object) =>
  appendFileSync(
    layoutOf(folder).journal,
    `${JSON.stringify({ at: '2026-01-01T00:00:00.000Z', event: 'made', thing })}\n`,
  );

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex').toUpperCase();

test('a journal that names a file outside of the folder is refused whole, by every command that reads it', () =>
  inWorld(async (world) => {
    const folder = await made(world);
    const victim = join(dirname(folder), 'victim.txt');
    writeFileSync(victim, 'mine');
    const journal = readFileSync(layoutOf(folder).journal);
    for (const path of [
      '../victim.txt',
      'ca/../../victim.txt',
      'devices/../../victim.txt',
      victim,
      '..\\victim.txt',
      'ca\\..\\..\\victim.txt',
      'C:\\victim.txt',
      'C:victim.txt',
      '//server/share/victim.txt',
      './ca/root/key.pem',
      'ca//root/key.pem',
      'ca/root/key.pem\u0000.txt',
      '..',
      '.',
      '',
    ]) {
      writeFileSync(layoutOf(folder).journal, journal);
      note(folder, { kind: 'file', path, sha256: sha256('mine') });
      const before = contentsOf(folder);
      const refused = fails('JOURNAL_UNREADABLE');
      assert.throws(() => planClean(folder), refused, path);
      assert.throws(() => cleanLocal(folder), refused, path);
      await assert.rejects(world.run(plan), refused, path);
      assert.deepEqual(contentsOf(folder), before, path);
      assert.equal(readFileSync(victim, 'utf8'), 'mine');
    }
    for (const id of ['', '.', '..']) {
      writeFileSync(layoutOf(folder).journal, journal);
      note(folder, { kind: 'enrollment-group', target: { kind: 'emulator' }, id });
      assert.throws(() => planClean(folder), fails('JOURNAL_UNREADABLE'), id);
    }
  }));

test('a file that was changed, that has no digest, or that no run writes is kept with the reason, the rest goes', () =>
  inWorld(async (world) => {
    const folder = await made(world);
    writeFileSync(join(folder, 'devices/device-001/key.pem'), 'another key');
    writeFileSync(join(folder, 'ca/notes.txt'), 'mine');
    note(folder, { kind: 'file', path: 'ca/notes.txt', sha256: sha256('mine') });
    mkdirSync(join(folder, 'devices/mine'));
    writeFileSync(join(folder, 'devices/mine/key.pem'), 'mine');
    note(folder, { kind: 'file', path: 'devices/mine/key.pem' });
    mkdirSync(join(folder, 'devices/deep/key.pem'), { recursive: true });
    note(folder, { kind: 'file', path: 'devices/deep/key.pem', sha256: sha256('mine') });

    const { removed, kept } = cleanLocal(folder);
    assert.deepEqual(kept.map(({ thing }) => (thing as { path: string }).path).sort(), [
      'ca/notes.txt',
      'devices/deep/key.pem',
      'devices/device-001/key.pem',
      'devices/mine/key.pem',
    ]);
    for (const { why } of kept) assert.match(why, /manually/);
    assert.ok(removed.length > 8);
    const left = Object.keys(contentsOf(folder)).filter((name) => !name.startsWith('.enrollkit'));
    assert.deepEqual(left, ['ca/notes.txt', 'devices/device-001/key.pem', 'devices/mine/key.pem']);
    assert.ok(existsSync(layoutOf(folder).journal), 'the journal still knows what is left');

    // Removed by hand, they are gone, and so is the state then.
    for (const name of left) rmSync(join(folder, name));
    rmSync(join(folder, 'devices/deep'), { recursive: true });
    assert.deepEqual(cleanLocal(folder).kept, []);
    assert.ok(!existsSync(layoutOf(folder).state));
  }));

test('somebody else’s file in the state folder stays, and so does a plan that nobody has a digest of', () =>
  inWorld(async (world) => {
    const folder = await made(world);
    const { state, plan: planFile } = layoutOf(folder);
    writeFileSync(join(state, 'notes.txt'), 'mine');
    writeFileSync(planFile, '{}');
    assert.deepEqual(cleanLocal(folder).kept, []);
    assert.deepEqual(Object.keys(contentsOf(folder)), ['.enrollkit/notes.txt']);
  }));

test('the mark of a replay that was killed goes with the state', () =>
  inWorld(async (world) => {
    const folder = await made(world);
    writeFileSync(layoutOf(folder).replay, 'request');
    assert.deepEqual(cleanLocal(folder).left, []);
    assert.ok(!existsSync(layoutOf(folder).state));
  }));

test('what somebody put into the state folder, or into that of the emulator, stays and is named', () =>
  inWorld(async (world) => {
    const folder = await made(world);
    const { state, emulator } = layoutOf(folder);
    const own = ['state.db', 'state.db-wal', 'state-hub-2.db', 'tls-root.pem', 'tls-root.key.pem'];
    own.push('tls-server.pem', 'tls-server.key.pem', 'issuing-root.pem', 'endpoints.json', 'emulator.log');
    const put = (path: string) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'mine');
    };
    for (const name of own) put(join(emulator, name));
    for (const name of ['notes.txt', 'backup/state.db']) {
      put(join(emulator, name));
      put(join(state, name));
    }
    put(join(emulator, 'state-service-2.db/mine.txt'));
    put(join(state, 'runs/notes.txt'));
    const left = [
      '.enrollkit/backup/state.db',
      '.enrollkit/emulator/backup/state.db',
      '.enrollkit/emulator/notes.txt',
      '.enrollkit/emulator/state-service-2.db/mine.txt',
      '.enrollkit/notes.txt',
      '.enrollkit/runs/notes.txt',
    ];
    if (process.platform !== 'win32') {
      rmSync(join(emulator, 'emulator.log'));
      execFileSync('mkfifo', [join(emulator, 'emulator.log')]);
      left.push('.enrollkit/emulator/emulator.log');
    }
    const result = cleanLocal(folder);
    assert.deepEqual(result.kept, []);
    assert.deepEqual(result.left, left.sort());
    for (const name of left) assert.ok(existsSync(join(folder, name)), name);
    assert.ok(!existsSync(join(emulator, 'state.db')));
  }));

if (process.platform !== 'win32') {
  test('nothing is removed through a symbolic link, wherever in a path it is', () =>
    inWorld(async (world) => {
      const intact = `${await made(world)}.intact`;
      const { folder } = world;
      renameSync(folder, intact);
      const outside = `${folder}.outside`;
      for (const name of ['devices/device-001', 'devices', 'ca', 'ca/root', 'devices/device-001/key.pem']) {
        for (const path of [folder, outside]) rmSync(path, { recursive: true, force: true });
        cpSync(intact, folder, { recursive: true });
        mkdirSync(outside);
        renameSync(join(folder, name), join(outside, 'linked'));
        symlinkSync(join(outside, 'linked'), join(folder, name));
        const before = contentsOf(outside);
        const { kept } = cleanLocal(folder);
        assert.ok(kept.length > 0, name);
        for (const { why } of kept) assert.match(why, /is a symbolic link/);
        assert.deepEqual(contentsOf(outside), before, name);
      }
    }));

  test('a state folder, or a state, that is a symbolic link is refused', () =>
    inWorld(async (world) => {
      const folder = await made(world);
      const outside = `${folder}.outside`;
      const { state, journal } = layoutOf(folder);
      renameSync(journal, outside);
      symlinkSync(outside, journal);
      const refused = fails('FILE_UNWRITABLE', /journal\.ndjson/);
      assert.throws(() => planClean(folder), refused);
      assert.throws(() => cleanLocal(folder), refused);
      rmSync(journal);
      renameSync(outside, journal);
      renameSync(state, outside);
      symlinkSync(outside, state);
      const before = contentsOf(outside);
      assert.throws(() => cleanLocal(folder), fails('FILE_UNWRITABLE', /\.enrollkit/));
      assert.deepEqual(contentsOf(outside), before);
    }));
}

test('what a run only meant to write, and somebody else wrote, stays', () =>
  inWorld(async (world) => {
    const folder = await made(world);
    const path = 'devices/device-009/key.pem';
    mkdirSync(join(folder, 'devices/device-009'));
    writeFileSync(join(folder, path), 'mine');
    const intended = { kind: 'file', path, sha256: sha256('what the run had in hand') };
    appendFileSync(
      layoutOf(folder).journal,
      `${JSON.stringify({ at: '2026-01-01T00:00:00.000Z', event: 'intended', thing: intended })}\n`,
    );
    assert.deepEqual(
      cleanLocal(folder).kept.map(({ thing }) => (thing as { path: string }).path),
      [path],
    );
    assert.equal(readFileSync(join(folder, path), 'utf8'), 'mine');
  }));

test('devices are removed in the order of their numbers, in whatever order they registered', () => {
  const target = { kind: 'emulator' } as const;
  const registered = ['d-10', 'd-2', 'd-1'];
  const things = [
    { kind: 'enrollment-group', target, id: 'group' } as const,
    ...registered.flatMap((id) => [
      { kind: 'registration', target, id } as const,
      { kind: 'hub-device', target, hub: 'hub', id } as const,
    ]),
  ];
  const inOrder = ['d-1', 'd-2', 'd-10'];
  assert.deepEqual(
    inOrderOfRemoval(things).map((thing) => 'id' in thing && thing.id),
    [...inOrder, ...inOrder, 'group'],
  );
});

test.run();
