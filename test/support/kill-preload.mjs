/**
 * Loaded with --import into a command: counts its calls that change the file system, and sends SIGKILL to itself at one
 * of them. KILL_AT=N: just before call N, from 1. KILL_TORN=1: a call that writes first writes half. KILL_COUNT=FILE:
 * writes the number of calls to a file at the end instead. Calls of worker threads and of SQLite are not counted.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const { writeFileSync, writeSync, appendFileSync } = fs;
const killAt = Number(process.env.KILL_AT ?? 0);
const countFile = process.env.KILL_COUNT;
let calls = 0;

function counted(name, tear) {
  const original = fs[name];
  fs[name] = (...args) => {
    calls += 1;
    if (calls === killAt) {
      if (process.env.KILL_TORN === '1') tear?.(...args);
      process.kill(process.pid, 'SIGKILL');
    }
    return original(...args);
  };
}

const half = (contents) => Buffer.from(contents).subarray(0, Math.floor(Buffer.byteLength(contents) / 2));

if (isMainThread && (killAt > 0 || countFile !== undefined)) {
  const { openSync, open } = fs;
  const writes = (flags) => (typeof flags === 'number' ? (flags & 3) !== 0 : /[wa+]/.test(flags ?? 'r'));
  for (const [name, original] of Object.entries({ openSync, open })) {
    fs[name] = (...args) => {
      const [path, flags] = args;
      // Reading, and files of the system.
      if (!writes(typeof flags === 'function' ? 'r' : flags) || String(path).startsWith('/proc')) {
        return original(...args);
      }
      calls += 1;
      if (calls === killAt) process.kill(process.pid, 'SIGKILL');
      return original(...args);
    };
  }
  counted('writeSync', (file, contents) => {
    if (typeof contents === 'string' || Buffer.isBuffer(contents)) writeSync(file, half(contents));
  });
  counted('appendFileSync', (file, contents, options) => appendFileSync(file, half(contents), options));
  counted('writeFileSync', (file, contents, options) => writeFileSync(file, half(contents), options));
  for (const name of [
    'renameSync',
    'linkSync',
    'unlinkSync',
    'rmSync',
    'rmdirSync',
    'mkdirSync',
    'fsyncSync',
    'truncateSync',
    'ftruncateSync',
    'copyFileSync',
    'chmodSync',
    'rename',
    'unlink',
    'fsync',
  ]) {
    counted(name);
  }
  syncBuiltinESMExports();
  if (countFile !== undefined) process.on('exit', () => writeFileSync(countFile, String(calls)));
}
