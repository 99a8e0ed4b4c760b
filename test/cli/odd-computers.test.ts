/** Computers that are not as most are: no home folder, a read-only installation, a damaged cache of compiled code. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'uvu';
import { bin } from '../support/bin.js';
import { contentsOf } from '../support/folders.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

const run = promisify(execFile);
test('two versions use one folder, without changing their own files, and without a home folder', () =>
  inTemporaryFolder(async (folder) => {
    const root = fileURLToPath(new URL('../../', import.meta.url));
    const installed = join(folder, 'installed');
    mkdirSync(join(installed, 'node_modules'), { recursive: true });
    for (const name of ['dist', 'templates', 'package.json']) {
      cpSync(join(root, name), join(installed, name), { recursive: true });
    }
    for (const name of ['libsql', '@libsql']) {
      symlinkSync(join(root, 'node_modules', name), join(installed, 'node_modules', name), 'junction');
    }
    const manifest = join(installed, 'package.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"version": ".*?"/, '"version": "0.0.9"'));
    const before = contentsOf(join(installed, 'dist'));
    const modes = new Map([join(installed, 'dist'), installed].map((path) => [path, statSync(path).mode]));
    for (const path of modes.keys()) chmodSync(path, 0o555);
    const certs = join(folder, 'certs');
    const quickstart = ['quickstart', '--yes', '--count', '1', '--json', '--dir', certs];
    try {
      const home = join(folder, 'home');
      const env = { HOME: home, USERPROFILE: home, XDG_CACHE_HOME: home, XDG_CONFIG_HOME: home };
      const older = [join(installed, 'dist/enrollkit.cjs'), ...quickstart];
      const { stdout } = await run(process.execPath, older, { env: { ...process.env, ...env } });
      const [device] = JSON.parse(stdout).devices;
      assert.equal(device.status, 'assigned');
    } finally {
      for (const [path, mode] of modes) chmodSync(path, mode);
    }
    assert.deepEqual(contentsOf(join(installed, 'dist')), before);
    assert.deepEqual(readdirSync(folder).sort(), ['certs', 'installed']);
    // Everything is found as the other version left it.
    await run(process.execPath, [bin, 'cert', 'tree', certs]);
    await run(process.execPath, [bin, ...quickstart, '--dry-run']);
  }));

test('a damaged installation is named with the file, before anything is written', () =>
  inTemporaryFolder(async (folder) => {
    const root = fileURLToPath(new URL('../../', import.meta.url));
    const installed = join(folder, 'inst älled');
    const library = join('node_modules', '@libsql', `linux-${process.arch}-gnu`);
    cpSync(join(root, 'dist'), join(installed, 'dist'), {
      recursive: true,
      filter: (path) => !/\.(map|ts)$/.test(path),
    });
    for (const name of ['templates', 'package.json', 'node_modules/libsql', 'node_modules/@neon-rs']) {
      cpSync(join(root, name), join(installed, name), { recursive: true });
    }
    cpSync(join(root, 'node_modules/detect-libc'), join(installed, 'node_modules/detect-libc'), {
      recursive: true,
    });
    const isLinux = existsSync(join(root, library));
    if (isLinux) {
      mkdirSync(join(installed, library), { recursive: true });
      cpSync(join(root, library, 'package.json'), join(installed, library, 'package.json'));
      const code = readFileSync(join(root, library, 'index.node'));
      writeFileSync(join(installed, library, 'index.node'), code.subarray(0, 10_000));
    }
    const certs = join(folder, 'certs');
    const answerOf = async (...command: string[]) => {
      const withFolder = [join(installed, 'dist/enrollkit.cjs'), ...command, certs];
      const env = { ...process.env, ENROLLKIT_LANG: 'en' };
      return run(process.execPath, withFolder, { env }).then(
        () => assert.fail(`${command.join(' ')} worked`),
        (error: { code: number; stderr: string }) => error,
      );
    };
    const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
    for (const [file, damage] of [
      ['dist/start.cjs', undefined],
      ['dist/bin.js', undefined],
      ['dist/bin.js', half],
      ['dist/chunks/main.js', undefined],
      ['dist/chunks/main.js', half],
      ['dist/chunks/root.js', undefined],
      ['dist/chunks/root.js', half],
      ['templates/profiles/root.json', undefined],
    ] as const) {
      const path = join(installed, file);
      const whole = readFileSync(path);
      rmSync(path);
      if (damage) writeFileSync(path, damage(whole));
      const { code, stderr } = await answerOf('cert', 'root', 'r', '--out');
      writeFileSync(path, whole);
      assert.equal(code, 9, stderr);
      assert.doesNotMatch(stderr, /^ {4}at /m);
      assert.ok(stderr.includes(damage ? join(installed, 'dist') : file.split('/').at(-1)!), stderr);
      assert.ok(!existsSync(certs));
    }
    const withoutNodeSqlite = Number.parseInt(process.versions.node, 10) < 22;
    if (!isLinux || !withoutNodeSqlite) return;
    const { code, stderr } = await answerOf('quickstart', '--yes', '--dir');
    assert.equal(code, 9, stderr);
    assert.match(stderr, /libsql/);
    assert.ok(!existsSync(certs));
  }));

test('a damaged cache of compiled code is ignored', () =>
  inTemporaryFolder(async (folder) => {
    const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'cache') };
    const command = [bin, 'explain', '401002', '--json'];
    const { stdout } = await run(process.execPath, command, { env });
    if (Number.parseInt(process.versions.node, 10) >= 22)
      assert.ok(statSync(env.NODE_COMPILE_CACHE).isDirectory());
    mkdirSync(env.NODE_COMPILE_CACHE, { recursive: true });
    for (const entry of readdirSync(env.NODE_COMPILE_CACHE, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) writeFileSync(join(entry.parentPath, entry.name), 'these are words\n'.repeat(100));
    }
    const again = await run(process.execPath, command, { env });
    assert.equal(again.stdout, stdout);
    assert.equal(again.stderr, '');
  }));

test.run();
