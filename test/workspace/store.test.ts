import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import { registrationIdProblem } from '../../src/dps/contract/ids.js';
import { secretFileMode, writeFileAtomically } from '../../src/workspace/files.js';
import { type CreatedResource, Journal } from '../../src/workspace/journal.js';
import { assertOwnFolder, layoutOf } from '../../src/workspace/layout.js';
import { openFolder } from '../../src/workspace/open-folder.js';
import { readRollover } from '../../src/workspace/rollover-record.js';
import { withFailing } from '../support/failing-calls.js';
import { fails } from '../support/fails.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

const now = () => new Date('2026-01-01T00:00:00Z');
const group = (id: string) => ({
  kind: 'enrollment-group' as const,
  target: { kind: 'emulator' as const },
  id,
});

test('a secret file is 0600 in folders of 0700, whatever the umask, and no temporary file stays', () =>
  inTemporaryFolder((folder) => {
    const before = process.umask(0);
    try {
      writeFileAtomically(join(folder, 'a', 'b', 'key.pem'), 'secret', secretFileMode);
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(join(folder, 'a', 'b', 'key.pem')).mode & 0o777, 0o600);
    assert.equal(statSync(join(folder, 'a', 'b')).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, 'a')).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(join(folder, 'a', 'b')), ['key.pem']);
  }));

test('a file that cannot be written leaves nothing behind, and is named', () =>
  inTemporaryFolder((folder) => {
    mkdirSync(join(folder, 'taken'));
    assert.throws(
      () => writeFileAtomically(join(folder, 'taken'), 'x', 0o644),
      fails('FILE_UNWRITABLE', /taken/),
    );
    assert.deepEqual(readdirSync(folder), ['taken']);
  }));

test('every registration ID has a folder of its own, legal on every system', () => {
  const id = fc
    .stringMatching(/^[a-z0-9][a-z0-9._:-]{0,40}[a-z0-9-]$/)
    .filter((text) => !registrationIdProblem(text));
  const layout = layoutOf('certs');
  fc.assert(
    fc.property(id, id, (a, b) => {
      const name = (text: string) => layout.device(text).folder;
      assert.equal(name(a) === name(b), a === b);
      const last = name(a).split('/').at(-1)!;
      assert.doesNotMatch(last, /[<>:"/\\|?*]|\.$/);
      assert.doesNotMatch(last, /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
    }),
  );
  for (const reserved of ['con', 'nul.1', 'COM1', 'lpt9.x']) {
    assert.match(layout.device(reserved).folder, /%/);
  }
});

test('a folder with other people’s files is refused; README, .gitignore and our own state are not', () =>
  inTemporaryFolder((folder) => {
    assertOwnFolder(layoutOf(join(folder, 'new')));
    for (const name of ['README.md', '.gitignore']) writeFileSync(join(folder, name), '');
    assertOwnFolder(layoutOf(folder));
    writeFileSync(join(folder, 'holiday.jpg'), '');
    assert.throws(() => assertOwnFolder(layoutOf(folder)), fails('FOLDER_NOT_EMPTY', /holiday\.jpg/));
    Journal.open(layoutOf(folder).journal, now).made(group('g'));
    assertOwnFolder(layoutOf(folder));
    assert.throws(
      () => assertOwnFolder(layoutOf(join(folder, 'holiday.jpg'))),
      fails('FILE_UNREADABLE', /is a file/),
    );
  }));

test('the journal gives back what was made and not removed, in its order', () =>
  inTemporaryFolder((folder) => {
    const path = join(folder, '.enrollkit', 'journal.ndjson');
    const journal = Journal.open(path, now);
    journal.intend(group('a'));
    journal.made(group('a'));
    journal.intend(group('b'));
    journal.made(group('c'));
    journal.removed(group('a'));
    const again = Journal.open(path, now);
    assert.deepEqual(again.things(), [group('b'), group('c')]);
    assert.ok(!again.has(group('b')), 'an intention is not yet a fact');
    assert.ok(again.has(group('c')));
    assert.equal(statSync(path).mode & 0o777, 0o600);
  }));

test('a last line that was cut off is ignored, and does not spoil the next one', () =>
  inTemporaryFolder((folder) => {
    const path = join(folder, 'journal.ndjson');
    Journal.open(path, now).made(group('a'));
    const whole = readFileSync(path, 'utf8');
    for (let length = 1; length < whole.length; length += 1) {
      const zeros = length % 2 === 0 ? '\0'.repeat(30) : '';
      writeFileSync(path, whole + whole.slice(0, length) + zeros);
      const torn = Journal.open(path, now);
      assert.deepEqual(torn.things(), [group('a')]);
      torn.made(group('b'));
      assert.deepEqual(Journal.open(path, now).things(), [group('a'), group('b')]);
    }
  }));

test('a journal that ends at any byte has what its whole lines say, and records the rest again', () =>
  inTemporaryFolder((folder) => {
    const path = join(folder, 'journal.ndjson');
    const act = (journal: Journal, step: number) => {
      if (step === 0) journal.run();
      else if (step === 1) journal.intend(group('Linie-Ü'));
      else if (step === 2) journal.made(group('Linie-Ü'));
      else if (step === 3) journal.made({ kind: 'file', path: 'ca/线/key.pem', sha256: 'A'.repeat(64) });
      else journal.removed(group('Linie-Ü'));
    };
    const whole = Journal.open(path, now);
    /** What the journal has after each line, and where the line ends. */
    const ends = [{ size: 0, things: [] as CreatedResource[] }];
    for (const step of [0, 1, 2, 3, 4]) {
      act(whole, step);
      ends.push({ size: statSync(path).size, things: whole.things() });
    }
    const bytes = readFileSync(path);
    for (let size = 0; size <= bytes.length; size += 1) {
      writeFileSync(path, bytes.subarray(0, size));
      const cut = Journal.open(path, now);
      const lines = ends.findLastIndex((end) => end.size <= size);
      assert.deepEqual(cut.things(), ends[lines]!.things, `${size} bytes`);
      assert.equal(cut.knownRun === undefined, lines === 0, `${size} bytes`);
      for (let step = lines; step < 5; step += 1) act(cut, step);
      const again = Journal.open(path, now);
      assert.deepEqual(again.things(), ends.at(-1)!.things, `${size} bytes`);
      assert.equal(readFileSync(path, 'utf8').split('\n').length, 6, `${size} bytes`);
    }
    // A line that was cut off before others is not of a crash.
    for (const { size } of ends.slice(1, -1)) {
      for (const missing of [1, 10, 40]) {
        writeFileSync(path, Buffer.concat([bytes.subarray(0, size - missing), bytes.subarray(size)]));
        assert.throws(() => Journal.open(path, now), fails('JOURNAL_UNREADABLE', /Line \d/));
      }
    }
  }));

test('the record of a roll-over that is cut off at any byte is refused', () =>
  inTemporaryFolder((folder) => {
    const layout = layoutOf(folder);
    const record = {
      version: 1 as const,
      authority: 'root',
      startedAt: '2026-01-01T00:00:00.000Z',
      rolled: [{ role: 'root', sha256Thumbprint: 'A'.repeat(64) }],
      groups: ['g'],
    };
    mkdirSync(dirname(layout.rollover), { recursive: true });
    const text = `${JSON.stringify(record, null, 2)}\n`;
    for (let size = 0; size < text.length - 1; size += 1) {
      writeFileSync(layout.rollover, text.slice(0, size));
      assert.throws(() => readRollover(layout), fails('JOURNAL_UNREADABLE', /rollover\.json/));
    }
    writeFileSync(layout.rollover, text);
    assert.deepEqual(readRollover(layout), record);
  }));

test('a command that finds nothing to record removes a last line that was cut off', () =>
  inTemporaryFolder((folder) => {
    const layout = layoutOf(folder);
    Journal.open(layout.journal, now).made(group('a'));
    const whole = readFileSync(layout.journal, 'utf8');
    writeFileSync(layout.journal, whole + whole.slice(0, 40));
    openFolder(layout, now).close();
    assert.equal(readFileSync(layout.journal, 'utf8'), whole);
  }));

test('half a line that a full disk took does not spoil the next one', () =>
  inTemporaryFolder((folder) => {
    const path = join(folder, 'journal.ndjson');
    const journal = Journal.open(path, now);
    journal.made(group('a'));
    const half = (file: unknown, text: unknown) =>
      writeFileSync(String(file), String(text).slice(0, 20), { flag: 'a' });
    assert.throws(
      () =>
        withFailing(
          'appendFileSync',
          () => true,
          () => journal.made(group('b')),
          half,
        ),
      fails('FILE_UNWRITABLE', /the disk is full/),
    );
    journal.removed(group('a'));
    journal.made(group('c'));
    assert.deepEqual(Journal.open(path, now).things(), [group('c')]);
  }));

test('a journal with a broken line in the middle is refused, with the line’s number', () =>
  inTemporaryFolder((folder) => {
    const path = join(folder, 'journal.ndjson');
    Journal.open(path, now).made(group('a'));
    writeFileSync(path, `${readFileSync(path, 'utf8')}nonsense\n`);
    assert.throws(() => Journal.open(path, now), fails('JOURNAL_UNREADABLE', /Line 2/));
  }));

test.run();
