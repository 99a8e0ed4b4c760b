/** The package as npm packs it: what is in it, how large it is, and what is installed with it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'uvu';
import { commands } from '../src/cli/command-table.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json'));
const lockfile: { packages: Record<string, LockedPackage> } = JSON.parse(read('package-lock.json'));

interface LockedPackage {
  version: string;
  dev?: true;
  devOptional?: true;
  optional?: true;
  peer?: true;
  dependencies?: Record<string, string>;
}

const megabyte = 1_000_000;

let files: { path: string; size: number }[];
/** In bytes. */
let packed: number;

test.before(async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    shell: process.platform === 'win32',
    maxBuffer: 16 * megabyte,
  });
  [{ files, size: packed }] = JSON.parse(stdout);
});

const isMap = ({ path }: { path: string }) => path.endsWith('.map');
const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);

test('the package has less than 1.5 MB packed, and less than 6 MB unpacked without maps', () => {
  assert.ok(packed < 1.5 * megabyte, `${packed} bytes`);
  assert.ok(sum(files.filter((file) => !isMap(file)).map(({ size }) => size)) < 6 * megabyte);
});

test('npm asks nobody to allow scripts of the package', () => {
  // As listed by npm, also for a file: https://docs.npmjs.com/cli/v11/using-npm/scripts
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
    assert.equal(manifest.scripts[name], undefined, name);
  }
});

test('only libsql is installed with the package, less than 40 MB in all', () => {
  assert.equal(manifest.dependencies, undefined);
  assert.deepEqual(Object.keys(manifest.optionalDependencies), ['libsql']);
  for (const name of Object.keys(manifest.peerDependencies)) {
    assert.ok(manifest.peerDependenciesMeta[name].optional, name);
  }
  const installed = Object.entries(lockfile.packages).filter(
    ([path, { dev, devOptional, peer }]) => path !== '' && !dev && !devOptional && !peer,
  );
  for (const [path] of installed) {
    assert.match(path, /^node_modules\/(libsql|@libsql\/[\w-]+|@neon-rs\/load|detect-libc)$/);
  }
  const bytes = installed
    .map(([path]) => join(root, path))
    .filter((path) => existsSync(path))
    .flatMap((path) => readdirSync(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).size);
  assert.ok(bytes.length > 0);
  assert.ok(sum([...bytes, ...files.map(({ size }) => size)]) < 40 * megabyte);
});

test('the package has every file that it points to, and neither sources nor tests', () => {
  const paths = new Set(files.map(({ path }) => path));
  const targets = [
    ...Object.values<string>(manifest.bin),
    manifest.types,
    ...[manifest.man].flat(),
    ...Object.values<string | Record<string, string>>(manifest.exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    ),
  ].map((path) => path.replace(/^\.\//, ''));
  for (const path of [
    ...targets,
    'dist/start.cjs',
    'dist/THIRD_PARTY_NOTICES.txt',
    'LICENSE',
    'CHANGELOG.md',
  ]) {
    assert.ok(paths.has(path), path);
  }
  for (const path of paths) assert.doesNotMatch(path, /^(src|test|scripts|bench|build|node_modules)\//);
  assert.deepEqual(
    [...paths].filter((path) => path.endsWith('.js') && !paths.has(`${path}.map`)),
    [],
  );
});

test('every module of the package is in one of its source maps by a path in src', () => {
  const sources = files
    .filter(({ path }) => path.endsWith('.js.map'))
    .flatMap(({ path }) => JSON.parse(read(path)).sources as string[]);
  assert.ok(new Set(sources).size > 500);
  for (const source of sources) assert.match(source, /^(\.\.\/)+src\/[\w./-]+\.tsx?$/);
});

test('the notices have the licence of every package that is bundled, at its version, and only permissive ones', () => {
  const notices = new Map(
    [...read('dist/THIRD_PARTY_NOTICES.txt').matchAll(/^((?:@[\w.-]+\/)?[\w.-]+) (\d\S*): (.+)$/gm)].map(
      ([, name, version, license]) => [`${name} ${version}`, license!] as const,
    ),
  );
  const locked = new Set(
    Object.entries(lockfile.packages).map(
      ([path, { version }]) => `${path.split('node_modules/').at(-1)} ${version}`,
    ),
  );
  for (const [name, license] of notices) {
    assert.ok(locked.has(name), name);
    assert.match(license, /^\(?(MIT|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0)\b/, name);
  }
  // What is imported by a name is bundled, unless it comes from Node.js or is installed.
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const imported = sources
    .filter((path) => /\.tsx?$/.test(path))
    .flatMap((path) => [
      ...read(join('src', path)).matchAll(/^(?:import|export) (?!type)[^'";=]*from '([^.'][^']*)'/gm),
    ])
    .map(([, specifier]) => /^(@[^/]+\/)?[^/]+/.exec(specifier!)![0])
    .filter((name) => !name.startsWith('node:'));
  const names = new Set([...notices.keys()].map((entry) => entry.split(' ')[0]));
  assert.deepEqual(
    [...new Set(imported)].filter((name) => !names.has(name)),
    [],
  );
});

test('the manual page has every command, and roff has nothing to complain about', async () => {
  const page = read('dist/enrollkit.1');
  for (const { name } of commands) {
    assert.ok(page.includes(`\n.SS enrollkit ${name.replaceAll('-', '\\-')} `), name);
  }
  // A line that begins with a dot or an apostrophe is a request to roff.
  for (const [line] of page.matchAll(/^[.'].*$/gm)) {
    assert.match(line, /^\.(TH|SH|SS|TP|PP|B|nf|fi)( |$)/, line);
  }
});

test('a Node.js that is too old says so in one sentence, in the syntax that it has', async () => {
  const launcher = read('dist/enrollkit.cjs');
  assert.doesNotMatch(
    launcher.replace(/\/\*.*?\*\/|\/\/.*/gs, ''),
    /=>|`|\b(const|let|import|class|async)\b/,
  );
  const run = (version: string, env: Record<string, string>) => {
    const code = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`;
    return promisify(execFile)(
      process.execPath,
      ['--eval', `${code}; require(${JSON.stringify(join(root, 'dist/enrollkit.cjs'))})`],
      { env: { PATH: process.env.PATH, ...env } },
    ).catch((error) => error as { code: number; stderr: string; stdout: string });
  };
  for (const version of ['18.20.8', '20.18.3', '0.10.48']) {
    const { code, stderr, stdout } = (await run(version, {})) as {
      code: number;
      stderr: string;
      stdout: string;
    };
    assert.equal(code, 9);
    assert.equal(stdout, '');
    assert.ok(
      stderr.startsWith(`error: enrollkit requires Node.js 20.19 or later; this is ${version}.\n`),
      stderr,
    );
  }
  const chinese = (await run('18.20.8', { LANG: 'zh_CN.UTF-8' })) as { stderr: string };
  assert.match(chinese.stderr, /^错误：.*20\.19.*18\.20\.8/);
});

test.run();
