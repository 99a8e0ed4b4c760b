/** The journal of an interrupted fleet: what goes on with it, and what does not. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { FleetJournal } from '../../src/fleet/issue/journal.js';
import { run } from '../cli/in-process.js';
import { cli } from '../cli/run-cli.js';
import { contentsOf } from '../support/folders.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { committed, countOf, flagsFor, idsOf, interrupted, removeCertificates } from './interrupted.js';
import { assertWhole, fleetIssue, manifestOf, sizeOf, workUntil } from './support.js';

test.after(removeCertificates);

test('Ctrl-C keeps what is made, and tells how to go on', () =>
  inTemporaryFolder(async (folder) => {
    const ended = await cli(['fleet', 'issue', ...flagsFor('ndjson')], {
      cwd: folder,
      env: withCodes,
      started: async (child) => {
        await workUntil(child, join(folder, 'f'), () => committed(folder) > 0);
        child.kill('SIGINT');
        child.kill('SIGCONT');
      },
    });
    assert.equal(ended.status, 130, ended.stderr);
    assertRefusal(ended.stderr, 'INTERRUPTED');
    assert.equal(manifestOf(join(folder, 'f.manifest.csv')).length, committed(folder));
    assert.equal((await fleetIssue(folder, ...flagsFor('ndjson'))).status, 0);
    await assertWhole('ndjson', join(folder, 'f'), idsOf('ndjson'));
  }));

/** Without the claim of the killed run on its lock, which the next run removes. */
const filesOf = (folder: string) =>
  Object.fromEntries(Object.entries(contentsOf(folder)).filter(([name]) => !name.startsWith('f.lock')));

test('other arguments do not go on with an interrupted fleet, nor write over it', () =>
  inTemporaryFolder(async (folder) => {
    await interrupted(folder, 'ndjson');
    const before = filesOf(folder);
    for (const other of [['--days', '7'], ['--key-algorithm', 'ec-p384'], ['--shard', '1/2'], ['--pfx']]) {
      const argv = ['fleet', 'issue', ...flagsFor('ndjson', join(folder, 'f')), ...other];
      const refused = await run(argv, { env: withCodes });
      assert.equal(refused.status, 9, other.join(' '));
      assertRefusal(refused.stderr, 'FILE_EXISTS', join(folder, 'f.journal'));
    }
    assert.deepEqual(filesOf(folder), before);
  }));

test('a journal with a torn last line counts up to it; one that is none is refused', () =>
  inTemporaryFolder(async (folder) => {
    await interrupted(folder, 'tar');
    appendFileSync(join(folder, 'f.journal'), '{"done":{"devices":24');
    const ended = await fleetIssue(folder, ...flagsFor('tar'));
    assert.equal(ended.status, 0, ended.stderr);
    await assertWhole('tar', join(folder, 'f'), idsOf('tar'));
    writeFileSync(join(folder, 'g.journal'), 'my diary\n');
    const refused = await run(['fleet', 'issue', ...flagsFor('tar', join(folder, 'g'))], { env: withCodes });
    assert.equal(refused.status, 9);
    assertRefusal(refused.stderr, 'JOURNAL_UNREADABLE', join(folder, 'g.journal'), '1');
    assert.equal(readFileSync(join(folder, 'g.journal'), 'utf8'), 'my diary\n');
  }));

test('a journal that ends at any byte, or in zeros, counts up to its last whole line', () =>
  inTemporaryFolder((folder) => {
    const out = join(folder, 'f');
    const path = `${out}.journal`;
    const open = (taken = false) =>
      FleetJournal.open(out, 'a'.repeat(64), undefined, 40, () => {
        if (taken) throw new Error('taken');
      });
    const journal = open();
    /** Where the journal has a line more. */
    const ends = [statSync(path).size];
    const commits = [10, 20, 40].map((devices) => ({ devices, output: devices * 9, manifest: devices * 5 }));
    for (const done of commits) {
      journal.commit(done);
      ends.push(statSync(path).size);
    }
    journal.close();
    const bytes = readFileSync(path);
    for (let size = 0; size <= bytes.length; size += 1) {
      for (const zeros of size >= ends[0]! ? [0, 30] : [0]) {
        writeFileSync(path, Buffer.concat([bytes.subarray(0, size), Buffer.alloc(zeros)]));
        const lines = ends.findLastIndex((end) => end <= size) + 1;
        if (lines === 0) assert.throws(() => open(true), /taken/);
        const cut = open(lines > 0);
        const done = commits[lines - 2];
        assert.deepEqual(cut.done, done, `${size} bytes`);
        cut.commit(commits[2]!);
        cut.close();
        assert.equal(readFileSync(path, 'utf8').split('\n').length, Math.max(lines, 1) + 2, `${size} bytes`);
      }
    }
  }));

test('the journal of a larger fleet is another fleet’s, however far it got', () =>
  inTemporaryFolder((folder) => {
    const out = join(folder, 'f');
    const larger = FleetJournal.open(out, 'a'.repeat(64), undefined, 40, () => {});
    larger.commit({ devices: 30, output: 270, manifest: 150 });
    larger.close();
    assert.throws(() => FleetJournal.open(out, 'b'.repeat(64), undefined, 20, () => {}), {
      code: 'FILE_EXISTS',
    });
    assert.throws(() => FleetJournal.open(out, 'a'.repeat(64), undefined, 20, () => {}), {
      code: 'JOURNAL_UNREADABLE',
    });
  }));

test('a second run is refused while the first works, whatever its arguments, and the first is not disturbed', () =>
  inTemporaryFolder(async (folder) => {
    let first: ChildProcess | undefined;
    const before = new Date();
    const ended = cli(['fleet', 'issue', ...flagsFor('ndjson')], {
      cwd: folder,
      started: (child) => {
        first = child;
      },
    });
    await workUntil(first!, join(folder, 'f'), () => committed(folder) > 0);
    // A process that is paused is alive, and stays in the middle of its work.
    try {
      for (const other of [[], ['--days', '7']]) {
        const flags = [...flagsFor('ndjson', join(folder, 'f')), ...other, '--json'];
        const { status, stdout } = await run(['fleet', 'issue', ...flags]);
        const { code, message, next, context } = JSON.parse(stdout).error;
        assert.equal(status, 9, stdout);
        assert.equal(code, 'FOLDER_IN_USE');
        assert.equal(context.pid, first!.pid);
        assert.ok(new Date(context.since) >= before && new Date(context.since) <= new Date(), context.since);
        assert.ok(message.includes(String(first!.pid)) && message.includes(context.since), message);
        assert.match(next, /--out/);
      }
    } finally {
      first!.kill('SIGCONT');
    }
    const { status, stderr } = await ended;
    assert.equal(status, 0, stderr);
    await assertWhole('ndjson', join(folder, 'f'), idsOf('ndjson'));
    assert.deepEqual(readdirSync(folder).sort(), ['f', 'f.manifest.csv']);
  }));

test('a process that has the number of a killed run does not stop its fleet', () =>
  inTemporaryFolder(async (folder) => {
    await interrupted(folder, 'ndjson');
    // The name of a claim begins with the process; this one is alive and has not opened it.
    const [claim] = readdirSync(join(folder, 'f.lock'));
    const taken = claim!.replace(/^\d+/, String(process.ppid));
    renameSync(join(folder, 'f.lock', claim!), join(folder, 'f.lock', taken));
    const { status, stderr } = await fleetIssue(folder, ...flagsFor('ndjson'));
    assert.equal(status, 0, stderr);
    assert.deepEqual(readdirSync(folder).sort(), ['f', 'f.manifest.csv']);
  }));

test('a run that is refused leaves no lock, and makes no folder', () =>
  inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, 'f.manifest.csv'), 'mine');
    for (const out of ['f', join('none', 'f')]) {
      const { status } = await fleetIssue(folder, ...flagsFor('ndjson', out));
      assert.equal(status, 9);
    }
    assert.deepEqual(readdirSync(folder), ['f.manifest.csv']);
  }));

test('killed after all was made, before the journal was removed, nothing is written twice', () =>
  inTemporaryFolder(async (folder) => {
    await interrupted(folder, 'tar');
    const [fleet] = readFileSync(join(folder, 'f.journal'), 'utf8').split('\n');
    assert.equal((await fleetIssue(folder, ...flagsFor('tar'))).status, 0);
    const output = sizeOf(join(folder, 'f'));
    const done = {
      devices: countOf('tar'),
      output,
      manifest: sizeOf(join(folder, 'f.manifest.csv')),
      ended: true,
    };
    writeFileSync(join(folder, 'f.journal'), `${fleet}\n${JSON.stringify({ done })}\n`);
    assert.equal((await fleetIssue(folder, ...flagsFor('tar'))).status, 0);
    assert.equal(sizeOf(join(folder, 'f')), output);
    assert.deepEqual(readdirSync(folder).sort(), ['f', 'f.manifest.csv']);
  }));

test('an output that was shortened since is not gone on with', () =>
  inTemporaryFolder(async (folder) => {
    await interrupted(folder, 'ndjson');
    truncateSync(join(folder, 'f'), 1000);
    const argv = ['fleet', 'issue', ...flagsFor('ndjson', join(folder, 'f'))];
    const refused = await run(argv, { env: withCodes });
    assert.equal(refused.status, 9);
    assertRefusal(refused.stderr, 'FILE_EXISTS', join(folder, 'f'), '1000');
  }));

test.run();
