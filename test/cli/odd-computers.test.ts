/** Computers that are not as most are: no home folder, a read-only installation, a damaged cache of compiled code. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
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
