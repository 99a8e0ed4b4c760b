/** The runner of these tests, on projects of a few lines. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { test } from 'uvu';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { longestFirst, selectTestFiles, UnknownName } from './files.js';

/** The runner, compiled once: loading TypeScript would take most of the time of these tests. */
let main: string;
const source = new URL('main.ts', import.meta.url);
const cache = fileURLToPath(new URL('../../node_modules/.cache/enrollkit-tests', import.meta.url));

test.before(async () => {
  mkdirSync(cache, { recursive: true });
  main = join(mkdtempSync(join(cache, 'runner-')), 'main.mjs');
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile: main,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    // Where it finds the entry of its processes. In one word, the name is replaced in tests, too.
    define: { [['import.meta', 'url'].join('.')]: JSON.stringify(source.href) },
  });
});
test.after(() => rmSync(dirname(main), { recursive: true, force: true }));

const uvu = fileURLToPath(new URL('../../node_modules/uvu', import.meta.url));
const preamble = `import { test } from 'uvu';\n`;

const files = {
  passing: `${preamble}import { answer } from '../src/answer.js';
import { check } from './support/check.js';
test('one', () => check(answer === 42));
test('two', () => console.log('chatter'));
test.run();`,
  failing: `${preamble}
test('good', () => {});
test('bad', () => {
  console.error('on its way');
  throw new Error('it broke' as string);
});
test.run();`,
  skipped: `${preamble}test.skip('not here', () => {}); test.run();`,
  broken: `const = ;`,
  throwing: `throw new Error('no import');`,
  exiting: `${preamble}test('exits', () => process.exit(0)); test.run();`,
  'not-run': `${preamble}test('forgotten', () => {});`,
  'before-hook': `${preamble}test.before(() => { throw new Error('hook'); }); test('one', () => {}); test.run();`,
  'after-end': `${preamble}test('one', () => { process.on('exit', () => { process.exitCode = 7; }); }); test.run();`,
  hanging: `${preamble}import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
test('hangs', () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  writeFileSync('child-of-hanging', String(child.pid));
  return new Promise(() => setInterval(() => {}, 1000));
});
test.run();`,
  open: `${preamble}test('one', () => { setInterval(() => {}, 1000); }); test.run();`,
};

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
  /** Of the last lines. */
  counts: Record<'total' | 'passed' | 'skipped', number>;
}

interface Project {
  folder: string;
  run(...given: string[]): Promise<Ended>;
  start(...given: string[]): {
    kill(signal: NodeJS.Signals): void;
    closeOutput(): void;
    ended: Promise<Ended>;
  };
}

async function inProject(names: (keyof typeof files)[], act: (project: Project) => Promise<void>) {
  await inTemporaryFolder(async (folder) => {
    const write = (path: string, contents: string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), contents);
    };
    write('package.json', '{"type":"module"}');
    write('build/answer.js', 'export const answer = 42;');
    write('test/support/check.ts', `export { check } from './check-it.mjs';`);
    write('test/support/check-it.mjs', `export const check = (holds) => { if (!holds) throw new Error(); };`);
    for (const name of names) write(`test/${name}.test.ts`, files[name]);
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(uvu, join(folder, 'node_modules', 'uvu'), 'junction');
    const start: Project['start'] = (...given) => {
      const child = spawn(process.execPath, [main, ...given], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const output = text(child.stdout).catch(() => '');
      const ended = Promise.all([output, text(child.stderr), once(child, 'close')]).then(
        ([stdout, stderr, [status]]) => ({ status, stdout, stderr, counts: countsOf(stdout) }),
      );
      return {
        kill: (signal) => child.kill(signal),
        closeOutput: () => child.stdout.destroy(),
        ended,
      };
    };
    await act({ folder, start, run: (...given) => start(...given).ended });
  });
}

/** As .ci/run reads them. */
function countsOf(stdout: string): Ended['counts'] {
  const last = stdout.trimEnd().split('\n').slice(-4).join('\n');
  const count = (name: string) => Number(new RegExp(`^ *${name}: +(\\d+)$`, 'm').exec(last)?.[1]);
  return { total: count('Total'), passed: count('Passed'), skipped: count('Skipped') };
}

async function isGone(pid: number): Promise<boolean> {
  for (let wait = 0; wait < 500; wait += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(10);
  }
  return false;
}

test('what passes is one line each, and the last lines are the sums', () =>
  inProject(['passing', 'skipped'], async ({ run }) => {
    const { status, stdout, counts } = await run();
    assert.equal(status, 0, stdout);
    assert.deepEqual(counts, { total: 2, passed: 2, skipped: 1 });
    assert.match(stdout, /^ok +passing: 2 passed/m);
    assert.match(stdout, /^ok +skipped: 0 passed, 1 skipped/m);
    assert.doesNotMatch(stdout, /chatter/);
    assert.match(
      stdout,
      /\n {2}Total: {5}2\n {2}Passed: {4}2\n {2}Skipped: {3}1\n {2}Duration: {2}[\d.]+ms\n\n$/,
    );
  }));

test('a file that fails, crashes, ends early or runs no test is named with its reason, and counts', () =>
  inProject(
    ['passing', 'failing', 'broken', 'throwing', 'exiting', 'not-run', 'before-hook', 'after-end'],
    async ({ run }) => {
      const { status, stdout, counts } = await run();
      assert.equal(status, 1);
      // Two pass in passing, one each in failing and after-end; one fails in every other file.
      assert.deepEqual(counts, { total: 11, passed: 4, skipped: 0 });
      const summary = stdout.slice(stdout.indexOf('\nFailed:'));
      for (const [name, reason] of [
        ['failing', '1 of 2 tests failed'],
        ['broken', 'its tests did not run to their end: exit status 1'],
        ['throwing', 'its tests did not run to their end: exit status 1'],
        ['exiting', 'its tests did not run to their end: exit status 1'],
        ['not-run', 'it has no tests, or does not run them'],
        ['before-hook', '1 of 1 tests failed: a hook'],
        ['after-end', 'its tests passed, but not its process: exit status 7'],
      ]) {
        assert.ok(summary.includes(`\n  ${name}: ${reason}`), `${name}: ${summary}`);
      }
      // The whole output of what failed, by the lines of its source; nothing of what passed.
      assert.match(stdout, /on its way/);
      assert.match(stdout, /it broke[\s\S]*failing\.test\.ts:6/);
      assert.match(stdout, /broken\.test\.ts:1/);
      assert.match(stdout, /no import/);
      assert.doesNotMatch(stdout, /chatter/);
    },
  ));

test('a file that takes too long is stopped and named, and what it started is gone', () =>
  inProject(['hanging', 'open'], async ({ folder, run }) => {
    const { status, stdout, counts } = await run('--jobs', '2', '--file-limit', '2');
    assert.equal(status, 1);
    assert.equal(counts.total - counts.passed, 2);
    for (const name of ['hanging', 'open'])
      assert.match(stdout, new RegExp(`^FAILED +${name}: .*stopped after 2 s, the limit of one file`, 'm'));
    const child = join(folder, 'child-of-hanging');
    if (existsSync(child)) assert.ok(await isGone(Number(readFileSync(child, 'utf8'))));
  }));

test('the limit of the suite ends everything, and names what was not run', () =>
  inProject(['hanging', 'passing'], async ({ run }) => {
    const { status, stdout, counts } = await run('--jobs', '1', '--suite-limit', '1');
    assert.equal(status, 1);
    assert.ok(counts.total > counts.passed, stdout);
    assert.match(stdout, /stopped after 1 s, the limit of the suite/);
  }));

test('a signal ends it with the files that run, and the counts so far', () =>
  inProject(['hanging'], async ({ folder, start }) => {
    const { kill, ended } = start();
    const file = join(folder, 'child-of-hanging');
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') await sleep(10);
    kill('SIGTERM');
    const { status, stdout, counts } = await ended;
    assert.equal(status, 143);
    assert.match(stdout, /hanging: .*stopped by SIGTERM/);
    assert.deepEqual(counts, { total: 1, passed: 0, skipped: 0 });
    assert.ok(await isGone(Number(readFileSync(file, 'utf8'))));
  }));

test('nothing goes on when nobody reads what is said', () =>
  inProject(['hanging', 'passing'], async ({ folder, start }) => {
    const { closeOutput, ended } = start('--jobs', '2');
    closeOutput();
    await ended;
    const child = join(folder, 'child-of-hanging');
    if (existsSync(child)) assert.ok(await isGone(Number(readFileSync(child, 'utf8'))));
  }));

test('names choose files by the beginning of their paths, else by a part of them', () => {
  const files = ['cli/hub', 'dps/client', 'dps/hub', 'hub/twins'].map((name) => ({ name, path: name }));
  for (const [given, chosen] of [
    [[], ['cli/hub', 'dps/client', 'dps/hub', 'hub/twins']],
    [['dps'], ['dps/client', 'dps/hub']],
    [['hub'], ['hub/twins']],
    [
      ['twin', 'dps/c'],
      ['dps/client', 'hub/twins'],
    ],
    [['test/dps/hub.test.ts'], ['dps/hub']],
    [['.\\test\\cli\\'], ['cli/hub']],
  ]) {
    const names = selectTestFiles(files, given!).map(({ name }) => name);
    assert.deepEqual(names, chosen, String(given));
  }
  for (const unknown of ['elsewhere', '', 'test/'])
    assert.throws(() => selectTestFiles(files, ['dps', unknown]), UnknownName, unknown);
});

test('longest first: by the last run, and what is new before all, the larger the earlier', () =>
  inTemporaryFolder((folder) => {
    const files = ['short', 'long', 'new', 'larger'].map((name) => ({ name, path: join(folder, name) }));
    for (const { name, path } of files) writeFileSync(path, name);
    const sorted = longestFirst(files, { short: 1, long: 9 });
    assert.deepEqual(
      sorted.map(({ name }) => name),
      ['larger', 'new', 'long', 'short'],
    );
  }));

test('an unknown name and a bad option are errors that say so; no test that ran is one, too', () =>
  inProject(['skipped'], async ({ run }) => {
    const [unknown, bad, skipped] = await Promise.all([
      run('skipped', 'elsewhere'),
      run('--jobs', '0'),
      run('skipped'),
    ]);
    assert.equal(unknown!.status, 2);
    assert.match(unknown!.stderr, /"elsewhere"/);
    assert.equal(unknown!.stdout, '');
    assert.deepEqual([bad!.status, bad!.stdout], [2, '']);
    assert.equal(skipped!.status, 1);
    assert.deepEqual(skipped!.counts, { total: 0, passed: 0, skipped: 1 });
    assert.match(skipped!.stdout, /No test ran/);
  }));

test.run();
