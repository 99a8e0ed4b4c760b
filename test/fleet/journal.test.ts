/** The journal of an interrupted fleet: what goes on with it, and what does not. */
import assert from 'node:assert/strict';
import fs, { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { test } from 'uvu';
import { FleetJournal } from '../../src/fleet/issue/journal.js';
import { run } from '../cli/in-process.js';
import { cli } from '../cli/run-cli.js';
import { fails } from '../support/fails.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { committed, countOf, flagsFor, idsOf, interrupted, removeCertificates } from './interrupted.js';
import { assertWhole, fleetIssue, manifestOf, sizeOf } from './support.js';

test.after(removeCertificates);

test('Ctrl-C keeps what is made, and tells how to go on', () =>
  inTemporaryFolder(async (folder) => {
    const ended = await cli(['fleet', 'issue', ...flagsFor('ndjson')], {
      cwd: folder,
      started: (child) => {
        const timer = setInterval(() => {
          if (committed(folder) === 0) return;
          clearInterval(timer);
          child.kill('SIGINT');
        }, 5);
      },
    });
    assert.equal(ended.status, 130, ended.stderr);
    assert.match(ended.stderr, /Run the same command again/);
    assert.equal(manifestOf(join(folder, 'f.manifest.csv')).length, committed(folder));
    assert.equal((await fleetIssue(folder, ...flagsFor('ndjson'))).status, 0);
    await assertWhole('ndjson', join(folder, 'f'), idsOf('ndjson'));
  }));

test('other arguments do not go on with an interrupted fleet, nor write over it', () =>
  inTemporaryFolder(async (folder) => {
    await interrupted(folder, 'ndjson');
    const before = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    for (const other of [['--days', '7'], ['--key-algorithm', 'ec-p384'], ['--shard', '1/2'], ['--pfx']]) {
      const refused = await run(['fleet', 'issue', ...flagsFor('ndjson', join(folder, 'f')), ...other]);
      assert.equal(refused.status, 9, other.join(' '));
      assert.match(refused.stderr, /f\.journal is of another fleet, or of this one with other arguments/);
    }
    assert.deepEqual(
      readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')),
      before,
    );
  }));

test('a journal with a torn last line counts up to it; one that is none is refused', () =>
  inTemporaryFolder(async (folder) => {
    await interrupted(folder, 'tar');
    appendFileSync(join(folder, 'f.journal'), '{"done":{"devices":24');
    const ended = await fleetIssue(folder, ...flagsFor('tar'));
    assert.equal(ended.status, 0, ended.stderr);
    await assertWhole('tar', join(folder, 'f'), idsOf('tar'));
    writeFileSync(join(folder, 'g.journal'), 'my diary\n');
    const refused = await fleetIssue(folder, ...flagsFor('tar', 'g'));
    assert.equal(refused.status, 9);
    assert.match(refused.stderr, /Line 1 of g\.journal is no line of a fleet's journal/);
    assert.equal(readFileSync(join(folder, 'g.journal'), 'utf8'), 'my diary\n');
  }));

for (const [when, hook] of [
  ['later', 'fdatasyncSync'],
  ['earlier', 'openSync'],
] as const) {
  test(`of two runs that start at once, the first in the journal continues: the other comes ${when}`, () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'f.journal');
      const lines = [
        { fleet: { version: 1, request: 'x' } },
        { done: { devices: 1, output: 2, manifest: 3 } },
      ];
      writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      const other = JSON.stringify({ run: { host: hostname(), process: process.ppid } });
      const original = fs[hook] as (...arguments_: unknown[]) => unknown;
      const spy = mock.method(fs, hook, (...arguments_: unknown[]) => {
        const result = original(...arguments_);
        if (spy.mock.callCount() === 0) appendFileSync(path, `${other}\n`);
        return result;
      });
      syncBuiltinESMExports();
      try {
        const open = () => FleetJournal.open(path, 'x', assert.fail);
        if (when === 'earlier') assert.throws(open, fails('FOLDER_IN_USE'));
        else open().close();
      } finally {
        mock.restoreAll();
        syncBuiltinESMExports();
      }
    }));
}

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
    const refused = await fleetIssue(folder, ...flagsFor('ndjson'));
    assert.equal(refused.status, 9);
    assert.match(
      refused.stderr,
      /f has 1000 bytes, and the interrupted run had written \d+: it was changed since/,
    );
  }));

test.run();
