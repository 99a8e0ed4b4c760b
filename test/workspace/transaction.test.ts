/** Several files change together or not at all, also when the process is killed in between. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { Journal } from '../../src/workspace/journal.js';
import { type Layout, layoutOf } from '../../src/workspace/layout.js';
import { openFolder } from '../../src/workspace/open-folder.js';
import { withFailing } from '../support/failing-calls.js';
import { fails } from '../support/fails.js';
import { contentsOf } from '../support/folders.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

const now = () => new Date('2026-01-01T00:00:00Z');

/** What a process leaves that was killed after it had written its list. */
function interrupted({ pending }: Layout, changes: unknown, staged: Record<number, string>): void {
  mkdirSync(join(pending, 'staged'), { recursive: true });
  for (const [index, text] of Object.entries(staged)) writeFileSync(join(pending, 'staged', index), text);
  writeFileSync(join(pending, 'changes.json'), JSON.stringify(changes));
}

test('a failure in the middle restores every file, and leaves no temporary one', () =>
  inTemporaryFolder((folder) => {
    const layout = layoutOf(folder);
    const at = (name: string) => join(folder, name);
    writeFileSync(at('key.pem'), 'old key');
    writeFileSync(at('chain.pem'), 'old chain');
    mkdirSync(at('certificate.pem'));
    writeFileSync(at('certificate.pem/file'), '');
    const before = contentsOf(folder);
    const { files, close } = openFolder(layout, now);
    const change = files.change();
    change.move(at('key.pem'), at('key.previous.pem'));
    change.create(at('new.pem'), 'new', 0o644, { note: false });
    change.replace(at('key.pem'), 'new key', 0o600, { note: false });
    change.replace(at('chain.pem'), 'new chain', 0o644, { note: false });
    change.replace(at('certificate.pem'), 'new certificate', 0o644, { note: false });
    assert.throws(() => change.commit(), fails('FILE_EXISTS', /certificate\.pem already exists/));
    close();
    assert.deepEqual(contentsOf(folder), before);
    assert.ok(!existsSync(layout.state));
  }));

test('a disk that fills up at any rename leaves the old files, or the new ones after the next command', () =>
  inTemporaryFolder((top) => {
    for (let full = 1; full <= 4; full += 1) {
      // Whether what failed can be reverted.
      for (const last of [full, Number.POSITIVE_INFINITY]) {
        const folder = join(top, `${full}-${last}`);
        mkdirSync(folder);
        const at = (name: string) => join(folder, name);
        writeFileSync(at('key.pem'), 'old key');
        writeFileSync(at('chain.pem'), 'old chain');
        const before = contentsOf(folder);
        const { files, close } = openFolder(layoutOf(folder), now);
        const change = files.change();
        change.replace(at('key.pem'), 'new key', 0o600, { note: false });
        change.replace(at('chain.pem'), 'new chain', 0o644, { note: false });
        change.create(at('certificate.pem'), 'new certificate', 0o644, { note: false });
        assert.throws(
          () =>
            withFailing(
              'renameSync',
              (number) => number >= full && number <= last,
              () => change.commit(),
            ),
          fails('FILE_UNWRITABLE', /the disk is full/),
        );
        close();
        openFolder(layoutOf(folder), now).close();
        // The list of the changes gets its name by the first rename.
        if (last === full || full === 1) {
          assert.deepEqual(contentsOf(folder), before, `rename ${full} to ${last}`);
          continue;
        }
        assert.deepEqual(
          readdirSync(folder)
            .sort()
            .map((name) => readFileSync(at(name), 'utf8')),
          ['new certificate', 'new chain', 'new key'],
          `rename ${full} to ${last}`,
        );
      }
    }
  }));

test('many files are written together, each with its mode and its record', () =>
  inTemporaryFolder(async (folder) => {
    const layout = layoutOf(folder);
    const { files, journal, close } = openFolder(layout, now);
    // More than are open at a time.
    const names = Array.from({ length: 70 }, (_, index) => join(folder, 'devices', `d${index}`, 'key.pem'));
    const change = files.change();
    const inFolder = { path: join(folder, 'devices', 'new', 'edge-ca', 'key.pem'), mode: 0o600 };
    for (const name of names) change.create(name, name, 0o600);
    change.createFolder(join(folder, 'devices', 'new'), [{ ...inFolder, contents: inFolder.path }]);
    names.push(inFolder.path);
    await change.commitMany();
    for (const name of names) {
      assert.equal(readFileSync(name, 'utf8'), name);
      assert.ok(files.isUnchanged(name) && files.wasMade(name));
      if (process.platform !== 'win32') assert.equal(statSync(name).mode & 0o777, 0o600);
    }
    assert.equal(journal.things().length, names.length);
    const second = files.change();
    second.create(join(folder, 'new.pem'), '', 0o644);
    second.create(join(folder, 'taken.pem'), '', 0o644);
    writeFileSync(join(folder, 'taken.pem'), 'mine');
    await assert.rejects(second.commitMany(), fails('FILE_EXISTS', /taken\.pem/));
    const third = files.change();
    third.create(join(folder, 'new.pem'), '', 0o644);
    third.createFolder(join(folder, 'taken'), [
      { ...inFolder, path: join(folder, 'taken', 'a'), contents: '' },
    ]);
    mkdirSync(join(folder, 'taken'));
    await assert.rejects(third.commitMany(), fails('FILE_EXISTS', /taken already exists/));
    assert.throws(
      () => files.change().createFolder(join(folder, 'taken'), []),
      fails('FILE_EXISTS', /taken/),
    );
    close();
    assert.deepEqual(readdirSync(folder).sort(), ['.enrollkit', 'devices', 'taken', 'taken.pem']);
    assert.ok(!existsSync(layout.pending));
  }));

test('a list that a killed process left is completed at any point, once, and the journal follows', () =>
  inTemporaryFolder((top) => {
    const changes = [
      { kind: 'move', path: 'key.pem', to: 'aside/key.pem', note: [['key.pem', 'aside/key.pem']] },
      { kind: 'write', path: 'key.pem', replace: true, note: true },
      { kind: 'write', path: 'chain.pem', replace: true },
      { kind: 'request', request: 'renew' },
    ];
    const staged = { 1: 'new key', 2: 'new chain' };
    const steps: ((folder: string, pending: string) => void)[] = [
      () => {},
      (folder) => {
        mkdirSync(join(folder, 'aside'));
        writeFileSync(join(folder, 'aside/key.pem'), 'old key');
      },
      (folder) => writeFileSync(join(folder, 'key.pem'), 'new key'),
      (folder) => writeFileSync(join(folder, 'chain.pem'), 'new chain'),
    ];
    for (let done = 1; done <= steps.length; done += 1) {
      const folder = join(top, String(done));
      mkdirSync(folder);
      const layout = layoutOf(folder);
      if (done === 1) writeFileSync(join(folder, 'key.pem'), 'old key');
      writeFileSync(join(folder, 'chain.pem'), 'old chain');
      const left = Object.entries(staged).slice(Math.max(0, done - 2));
      interrupted(layout, changes, Object.fromEntries(left));
      for (const step of steps.slice(0, done)) step(folder, layout.pending);
      const { completed, close } = openFolder(layout, now);
      close();
      assert.equal(completed?.request, 'renew');
      assert.deepEqual(completed.written, ['key.pem', 'chain.pem']);
      const text = (name: string) => readFileSync(join(folder, name), 'utf8');
      assert.deepEqual(
        [text('key.pem'), text('chain.pem'), text('aside/key.pem')],
        ['new key', 'new chain', 'old key'],
        `after ${done} steps`,
      );
      const noted = Journal.open(layout.journal, now).things();
      assert.deepEqual(noted.map((thing) => thing.kind === 'file' && thing.path).sort(), [
        'aside/key.pem',
        'key.pem',
      ]);
      assert.deepEqual(readdirSync(layout.state), ['journal.ndjson']);
      assert.equal(openFolder(layout, now).completed, undefined);
    }
  }));

test('a new folder that a killed process did not put in its place is put there with its files', () =>
  inTemporaryFolder((folder) => {
    const layout = layoutOf(folder);
    const changes = ['a', 'b'].map((name) => ({
      kind: 'create',
      path: `devices/${name}`,
      files: ['key.pem'],
    }));
    interrupted(layout, changes, {});
    // The first was put in its place.
    for (const place of [join(folder, 'devices/a'), join(layout.pending, 'staged/1')]) {
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, 'key.pem'), 'key');
    }
    const { completed, journal, files, close } = openFolder(layout, now);
    close();
    const written = ['devices/a/key.pem', 'devices/b/key.pem'];
    assert.deepEqual(completed?.written, written);
    assert.deepEqual(
      journal.things().map((thing) => thing.kind === 'file' && thing.path),
      written,
    );
    for (const path of written) assert.ok(files.isUnchanged(join(folder, path)), path);
    assert.ok(!existsSync(layout.pending));
  }));

test('without a list, the temporary files of a killed process are removed', () =>
  inTemporaryFolder((folder) => {
    const layout = layoutOf(folder);
    mkdirSync(join(layout.pending, 'staged'), { recursive: true });
    writeFileSync(join(layout.pending, 'staged', '0'), 'a private key');
    writeFileSync(join(layout.pending, 'changes.json.new'), '[{"kind":"wri');
    const { completed, close } = openFolder(layout, now);
    close();
    assert.equal(completed, undefined);
    assert.deepEqual(readdirSync(folder), []);
  }));

test('a list that leads out of the folder, or is none, is refused and changes nothing', () =>
  inTemporaryFolder((top) => {
    const layout = layoutOf(join(top, 'certs'));
    writeFileSync(join(top, 'victim.txt'), 'mine');
    for (const changes of [
      [{ kind: 'write', path: '../victim.txt', replace: true }],
      [{ kind: 'move', path: '../victim.txt', to: 'taken' }],
      [{ kind: 'move', path: 'a', to: 'b', note: [['../victim.txt', 'b']] }],
      [{ kind: 'folder', path: '..' }],
      [{ kind: 'create', path: '..', files: ['a'] }],
      [{ kind: 'create', path: 'a', files: ['../../victim.txt'] }],
      [{ kind: 'write', path: 'a', replace: true, mode: 0o777 }],
      { kind: 'write' },
    ]) {
      interrupted(layout, changes, { 0: 'hostile' });
      const before = contentsOf(top);
      assert.throws(
        () => openFolder(layout, now),
        fails('JOURNAL_UNREADABLE', /changes\.json/),
        JSON.stringify(changes),
      );
      assert.deepEqual(contentsOf(top), before);
    }
  }));

test('a list writes over nothing that it does not name as replaced', () =>
  inTemporaryFolder((folder) => {
    const layout = layoutOf(folder);
    writeFileSync(join(folder, 'key.pem'), 'mine');
    interrupted(layout, [{ kind: 'write', path: 'key.pem' }], { 0: 'other' });
    assert.throws(() => openFolder(layout, now), fails('FILE_EXISTS', /key\.pem already exists/));
    assert.equal(readFileSync(join(folder, 'key.pem'), 'utf8'), 'mine');
  }));

if (process.platform !== 'win32') {
  test('nothing is completed through a symbolic link', () =>
    inTemporaryFolder((top) => {
      const folder = join(top, 'certs');
      const layout = layoutOf(folder);
      const outside = join(top, 'outside');
      mkdirSync(outside);
      interrupted(
        layout,
        [
          { kind: 'write', path: 'devices/key.pem' },
          { kind: 'write', path: 'b' },
        ],
        {
          0: 'key',
          1: 'b',
        },
      );
      symlinkSync(outside, join(folder, 'devices'));
      assert.throws(() => openFolder(layout, now), fails('FILE_UNWRITABLE', /is a symbolic link/));
      assert.deepEqual(readdirSync(outside), []);
    }));
}

test.run();
