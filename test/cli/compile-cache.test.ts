/** What is installed, and where Node.js 22 and later keep what they compiled of it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'uvu';
import { inTemporaryFolder } from '../support/temporary-folder.js';

const project = fileURLToPath(new URL('../../', import.meta.url));
const hasCache = 'enableCompileCache' in module;
const testWithCache = hasCache ? test : test.skip;

/** A command that loads the catalogue and the kernel. */
const command = ['explain', 'PASSPHRASE_REQUIRED'];

/** Another installation of the package. */
function install(folder: string): string {
  cpSync(join(project, 'dist'), join(folder, 'dist'), {
    recursive: true,
    filter: (path) => !/\.(map|ts)$/.test(path),
  });
  cpSync(join(project, 'package.json'), join(folder, 'package.json'));
  return join(folder, 'dist', 'enrollkit.cjs');
}

/** What the command answers with a folder for caches; nothing else may be said. */
async function answer(program: string, caches: string): Promise<string> {
  const base = { XDG_CACHE_HOME: caches, LOCALAPPDATA: caches };
  const { PATH, SystemRoot } = process.env;
  const system = SystemRoot === undefined ? {} : { SystemRoot };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...command], {
    env: { PATH, ...system, ...base, ENROLLKIT_LANG: 'en' },
  });
  assert.equal(stderr, '');
  return stdout;
}

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

testWithCache('what is damaged in the cache is compiled again', () =>
  inTemporaryFolder(async (caches) => {
    const program = join(project, 'dist', 'enrollkit.cjs');
    const first = await answer(program, caches);
    const cached = filesIn(caches);
    assert.ok(cached.length > 5);
    assert.ok(cached.every((path) => path.startsWith(join(caches, 'enrollkit'))));
    for (const damage of [
      () => Buffer.alloc(0),
      (bytes: Buffer) => bytes.subarray(0, bytes.length / 2),
      (bytes: Buffer) => bytes.map((byte, index) => (index > 40 && index % 7 === 0 ? byte ^ 0xff : byte)),
    ]) {
      for (const path of cached) writeFileSync(path, damage(readFileSync(path)));
      assert.equal(await answer(program, caches), first);
    }
  }),
);

testWithCache(
  'two versions have one cache, and a new version in the folder of the old one is not taken for it',
  () =>
    inTemporaryFolder(async (folder) => {
      const caches = join(folder, 'caches');
      mkdirSync(caches);
      const [old, other] = ['old', 'other'].map((name) => install(join(folder, name))) as [string, string];
      const binOf = (program: string) => join(dirname(program), 'bin.js');
      const text = readFileSync(binOf(other), 'utf8');
      // Behind the line that names the interpreter.
      writeFileSync(binOf(other), text.replace('\n', "\nprocess.stdout.write('other');"));
      const isOther = async (program: string) => (await answer(program, caches)).includes('other');
      for (let time = 0; time < 2; time += 1) {
        assert.equal(await isOther(old), false);
        assert.equal(await isOther(other), true);
      }
      cpSync(binOf(other), binOf(old));
      assert.equal(await isOther(old), true);
    }),
);

test('a folder for caches that cannot be used changes nothing', () =>
  inTemporaryFolder(async (folder) => {
    const program = join(project, 'dist', 'enrollkit.cjs');
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const missing = join(folder, 'missing');
    const taken = join(folder, 'taken');
    mkdirSync(taken);
    writeFileSync(join(taken, 'enrollkit'), '');
    const readOnly = join(folder, 'read-only');
    mkdirSync(readOnly);
    chmodSync(readOnly, 0o555);
    const [answered, ...others] = await Promise.all(
      [file, missing, taken, readOnly].map((caches) => answer(program, caches)),
    );
    assert.match(answered!, /PASSPHRASE_REQUIRED/);
    for (const other of others) assert.equal(other, answered);
    assert.equal(existsSync(missing), false);
    chmodSync(readOnly, 0o755);
  }));

test('a read-only installation works, and nothing is written into it', () =>
  inTemporaryFolder(async (folder) => {
    const program = install(join(folder, 'installed'));
    const before = filesIn(join(folder, 'installed'));
    const folders = [...new Set(before.map(dirname)), join(folder, 'installed')];
    for (const path of before) chmodSync(path, 0o444);
    for (const path of folders) chmodSync(path, 0o555);
    try {
      assert.match(await answer(program, join(folder, 'none')), /PASSPHRASE_REQUIRED/);
      assert.deepEqual(filesIn(join(folder, 'installed')), before);
    } finally {
      for (const path of folders) chmodSync(path, 0o755);
    }
  }));

test.run();
