/** A fleet that was killed at any moment, or met a full disk, goes on when it is asked for again. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { cli } from '../cli/run-cli.js';
import { bin } from '../support/bin.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { committed, countOf, flagsFor, idsOf, interrupted, removeCertificates } from './interrupted.js';
import { assertWhole, fleetIssue, killedWhen, sizeOf } from './support.js';

test.after(removeCertificates);

for (const format of ['dir', 'ndjson', 'tar'] as const) {
  test(`${format}: killed three times with SIGKILL, it ends with every device once`, () =>
    inTemporaryFolder(async (folder) => {
      let before = 0;
      // Uncommitted work of any amount, or none, lies behind what the journal knows.
      for (const behind of [0, 1, 20_000]) {
        const enough = () =>
          committed(folder) > before && sizeOf(join(folder, 'f.manifest.csv')) > 100 * before + behind;
        if (!(await killedWhen(folder, flagsFor(format), enough))) break;
        assert.ok(existsSync(join(folder, 'f.journal')));
        before = committed(folder);
      }
      assert.ok(before > 0, 'it was never killed in the middle');
      const ended = await fleetIssue(folder, ...flagsFor(format), '--json');
      assert.equal(ended.status, 0, ended.stderr);
      const { devices, made } = JSON.parse(ended.stdout);
      assert.equal(devices, countOf(format));
      assert.ok(made <= countOf(format) - before, 'what was committed is made once');
      await assertWhole(format, join(folder, 'f'), idsOf(format));
      assert.deepEqual(readdirSync(folder).sort(), ['f', 'f.manifest.csv']);
    }));
}

test('folders that a power failure took are made anew', () =>
  inTemporaryFolder(async (folder) => {
    await interrupted(folder, 'dir');
    rmSync(join(folder, 'f', 'k-0100'), { recursive: true });
    truncateSync(join(folder, 'f', 'k-0120', 'key.pem'), 0);
    const ended = await fleetIssue(folder, ...flagsFor('dir'), '--json');
    assert.equal(ended.status, 0, ended.stderr);
    assert.equal(JSON.parse(ended.stdout).made, countOf('dir') - 99);
    await assertWhole('dir', join(folder, 'f'), idsOf('dir'));
  }));

for (const format of ['ndjson', 'tar'] as const) {
  test(`${format}: where files may not grow, it stops with everything whole, and goes on where they may`, () =>
    inTemporaryFolder(async (folder) => {
      const command = [process.execPath, bin, 'fleet', 'issue', ...flagsFor(format)];
      // A limit on the size of files needs no rights, and is met by the very write that a full disk meets.
      const shell = ['-c', 'ulimit -f 4000; exec "$@"', 'sh', ...command];
      const { status, stderr } = spawnSync('sh', shell, {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, ...withCodes },
        timeout: 60_000,
      });
      assert.equal(status, 9, stderr);
      assertRefusal(stderr, 'FILE_UNWRITABLE', ' f:');
      assert.ok(existsSync(join(folder, 'f.journal')));
      const ended = await fleetIssue(folder, ...flagsFor(format), '--json');
      assert.equal(ended.status, 0, ended.stderr);
      assert.ok(JSON.parse(ended.stdout).made < countOf(format), 'what was made stays made');
      await assertWhole(format, join(folder, 'f'), idsOf(format));
    }));
}

test('two runs at once do not disturb each other', () =>
  inTemporaryFolder(async (folder) => {
    const argv = ['fleet', 'issue', ...flagsFor('ndjson'), '--json'];
    const runs = await Promise.all([1, 2].map(() => cli(argv, { cwd: folder })));
    const statuses = runs.map(({ status }) => status).sort();
    assert.ok(statuses[0] === 0, runs[0]!.stderr + runs[1]!.stderr);
    // The second one came while the first worked, or after it.
    const second = runs.find(({ status }) => status !== 0);
    if (second) assert.match(JSON.parse(second.stdout).error.code, /^(FOLDER_IN_USE|FILE_EXISTS)$/);
    await assertWhole('ndjson', join(folder, 'f'), idsOf('ndjson'));
  }));

test.run();
