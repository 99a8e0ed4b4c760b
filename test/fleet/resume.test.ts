/** A fleet that is interrupted goes on: kill -9 at any moment, a full disk, a changed command. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { run } from '../cli/in-process.js';
import { cli } from '../cli/run-cli.js';
import { bin } from '../support/bin.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import {
  assertWhole,
  fleetIssue,
  killedWhen,
  makeCertificateFolder,
  manifestOf,
  numbered,
  sizeOf,
} from './support.js';

const certs = await makeCertificateFolder(mkdtempSync(join(tmpdir(), 'enrollkit-fleet-')));
test.after(() => rmSync(certs, { recursive: true, force: true }));
/** Folders take longer than lines. */
const countOf = (format: string) => (format === 'dir' ? 800 : 2500);
const idsOf = (format: string) => numbered('k-', 1, countOf(format), 4);
const flagsFor = (format: string, out = 'f') => [
  '--pattern',
  `k-{0001..${String(countOf(format)).padStart(4, '0')}}`,
  '--dir',
  certs,
  '--format',
  format,
  '--out',
  out,
];

const committed = (folder: string) => {
  const journal = existsSync(join(folder, 'f.journal'))
    ? readFileSync(join(folder, 'f.journal'), 'utf8')
    : '';
  const last = journal.split('\n').findLast((line) => line.startsWith('{"done"'));
  return last === undefined ? 0 : (JSON.parse(last).done.devices as number);
};

for (const format of ['dir', 'ndjson', 'tar'] as const) {
  test(`${format}: killed three times with SIGKILL, it ends with every device once`, () =>
    inTemporaryFolder(async (folder) => {
      let before = 0;
      // Uncommitted work of any amount, or none, lies behind what the journal knows.
      for (const behind of [0, 1, 60_000]) {
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

/** A run that was killed in the middle. */
async function interrupted(folder: string, format: string): Promise<void> {
  const killed = await killedWhen(folder, flagsFor(format), () => committed(folder) >= 200);
  assert.ok(killed && existsSync(join(folder, 'f.journal')));
}

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
      const { status, stderr } = spawnSync('sh', shell, { cwd: folder, encoding: 'utf8' });
      assert.equal(status, 9, stderr);
      assert.match(stderr, /f cannot be written: [\s\S]*it goes on where it stopped/);
      assert.ok(existsSync(join(folder, 'f.journal')));
      const ended = await fleetIssue(folder, ...flagsFor(format), '--json');
      assert.equal(ended.status, 0, ended.stderr);
      assert.ok(JSON.parse(ended.stdout).made < countOf(format), 'what was made stays made');
      await assertWhole(format, join(folder, 'f'), idsOf(format));
    }));
}

test('two runs at once do not disturb each other', () =>
  inTemporaryFolder(async (folder) => {
    const runs = await Promise.all([1, 2].map(() => fleetIssue(folder, ...flagsFor('ndjson'))));
    const statuses = runs.map(({ status }) => status).sort();
    assert.ok(statuses[0] === 0, runs[0]!.stderr + runs[1]!.stderr);
    // The second one came while the first worked, or after it.
    const second = runs.find(({ status }) => status !== 0);
    if (second)
      assert.match(second.stderr, /Another run \(process \d+\) works on|is there already|cannot be written/);
    await assertWhole('ndjson', join(folder, 'f'), idsOf('ndjson'));
  }));

test.run();
