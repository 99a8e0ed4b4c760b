import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { test } from 'uvu';
import { lockHolder, takeLock } from '../../src/workspace/lock.js';
import { fails } from '../support/fails.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';

const lockModule = new URL('../../build/workspace/lock.js', import.meta.url).href;

/** Runs a program in another process, which has `takeLock` and says what it likes on standard output. */
function other(program: string): ChildProcess {
  const text = `import { takeLock } from ${JSON.stringify(lockModule)}; ${program}`;
  return spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** A process that takes a lock and keeps it until it is killed. */
async function holderOf(path: string): Promise<ChildProcess> {
  const child = other(
    `takeLock(${JSON.stringify(path)}); console.log('taken'); setInterval(() => {}, 1000);`,
  );
  await once(child.stdout!, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

test('a lock is taken once, told with process and time, and leaves nothing when it is released', () =>
  inTemporaryFolder((folder) => {
    const path = join(folder, '.enrollkit', 'lock');
    assert.equal(lockHolder(path), undefined);
    assert.equal(existsSync(join(folder, '.enrollkit')), false, 'looking makes nothing');
    const from = Date.now();
    const release = takeLock(path);
    assert.throws(
      () => takeLock(path),
      fails(
        'FOLDER_IN_USE',
        new RegExp(`process ${process.pid}, since ${new Date(from).toISOString().slice(0, 10)}T`),
      ),
    );
    assert.equal(lockHolder(path)?.pid, process.pid);
    assert.ok(lockHolder(path)!.since.getTime() >= from);
    release();
    assert.equal(lockHolder(path), undefined);
    assert.deepEqual(readdirSync(join(folder, '.enrollkit')), []);
    takeLock(path)();
  }));

test('the lock of another process is refused with its number, and is free once that is killed', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'lock');
    const child = await holderOf(path);
    assert.throws(() => takeLock(path), fails('FOLDER_IN_USE', new RegExp(`process ${child.pid}, since `)));
    await kill(child);
    assert.equal(lockHolder(path), undefined);
    takeLock(path)();
    assert.deepEqual(readdirSync(folder), []);
  }));

test('a lock that a killed process left is free even if its number is that of another process now', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'lock');
    const child = await holderOf(path);
    const [name] = readdirSync(path) as [string];
    await kill(child);
    renameSync(join(path, name), join(path, name.replace(/^\d+/, String(process.ppid))));
    assert.equal(lockHolder(path), undefined);
    takeLock(path)();
  }));

test('a copy of a folder, made while it is locked, carries no lock', () =>
  inTemporaryFolder(async (folder) => {
    const release = takeLock(join(folder, 'original', 'lock'));
    cpSync(join(folder, 'original'), join(folder, 'copy'), { recursive: true });
    assert.equal(lockHolder(join(folder, 'copy', 'lock')), undefined);
    takeLock(join(folder, 'copy', 'lock'))();
    assert.deepEqual(readdirSync(join(folder, 'copy')), []);
    assert.equal(lockHolder(join(folder, 'original', 'lock'))?.pid, process.pid);
    release();
  }));

test('a folder that is renamed while it is locked stays locked', () =>
  inTemporaryFolder(async (folder) => {
    const child = await holderOf(join(folder, 'before', 'lock'));
    renameSync(join(folder, 'before'), join(folder, 'after'));
    assert.throws(
      () => takeLock(join(folder, 'after', 'lock')),
      fails('FOLDER_IN_USE', new RegExp(`${child.pid}`)),
    );
    await kill(child);
    takeLock(join(folder, 'after', 'lock'))();
  }));

test('the lock of a process in another container holds for as long as that one shows signs of life', () =>
  inTemporaryFolder((folder) => {
    if (process.platform !== 'linux') return;
    const path = join(folder, 'lock');
    mkdirSync(path);
    const claim = join(path, `1-${Date.now() - 60_000}-00000000-00000000`);
    writeFileSync(claim, '');
    assert.throws(() => takeLock(path), fails('FOLDER_IN_USE', /process 1, since /));
    const minuteAgo = new Date(Date.now() - 60_000);
    utimesSync(claim, minuteAgo, minuteAgo);
    takeLock(path)();
    assert.deepEqual(readdirSync(folder), []);
  }));

test('of many processes that start at the same time over a lock that was left behind, one at a time has it', () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, 'lock');
    const count = join(folder, 'count');
    await kill(await holderOf(path));
    writeFileSync(count, '0');
    // Each process adds one, reading and writing apart: with two at once, one addition would be lost.
    const program = `
      import { readFileSync, writeFileSync } from 'node:fs';
      import { setTimeout } from 'node:timers/promises';
      await new Promise((go) => process.stdin.once('data', go));
      for (let done = 0; done < 10; ) {
        let release;
        try {
          release = takeLock(${JSON.stringify(path)});
        } catch (error) {
          if (error.code !== 'FOLDER_IN_USE') throw error;
          continue;
        }
        const before = Number(readFileSync(${JSON.stringify(count)}, 'utf8'));
        await setTimeout(1);
        writeFileSync(${JSON.stringify(count)}, String(before + 1));
        release();
        done += 1;
      }
      process.exit();`;
    const children = Array.from({ length: 4 }, () => other(program));
    await setTimeout(300);
    const ended = Promise.all(children.map((child) => once(child, 'exit')));
    for (const child of children) child.stdin!.write('go\n');
    assert.deepEqual(
      (await ended).map(([status]) => status),
      [0, 0, 0, 0],
    );
    assert.equal(readFileSync(count, 'utf8'), '40');
    assert.deepEqual(readdirSync(folder), ['count']);
  }));

test('another file in its place is refused and stays, and so is a folder that cannot be written', () =>
  inTemporaryFolder((folder) => {
    writeFileSync(join(folder, 'lock'), 'dependencies:\n');
    assert.throws(() => takeLock(join(folder, 'lock')), fails('FILE_EXISTS', /is not a lock file/));
    assert.equal(readFileSync(join(folder, 'lock'), 'utf8'), 'dependencies:\n');
    if (process.platform === 'win32' || process.getuid?.() === 0) return;
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    assert.throws(() => takeLock(join(closed, 'lock')), fails('FILE_UNWRITABLE'));
    assert.equal(statSync(closed).isDirectory(), true);
  }));

test.run();
