/**
 * Loaded with --import into a command: counts its calls that change the file system or write to a socket, and sends
 * SIGKILL to itself at one of them. KILL_AT=N: just before call N, from 1. KILL_TORN=1: a call that writes first writes
 * half. KILL_ERROR=CODE: instead of the signal, this error from that call on, ENOSPC for a disk that is full; SQLite and
 * the sockets do not get it. KILL_COUNT=FILE: writes the names of the calls to a file at the end instead, one a line, with `*` after those
 * that write, and `-` after those that change nothing, as removing what does not exist. KILL_COPIES=FOLDER: copies the
 * current folder before call N to FOLDER/N, and in the middle of a write to FOLDER/N-inside, for the names in KILL_COPY_AT.
 *
 * Not counted: fsync, since a killed process loses nothing of what it wrote; the calls of worker threads, and of SQLite.
 * When the emulator is in the same process, its answers on its sockets are the moments between its transactions.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';

const { writeFileSync, writeSync, appendFileSync } = fs;
const killAt = Number(process.env.KILL_AT ?? 0);
const countFile = process.env.KILL_COUNT;
const errorCode = process.env.KILL_ERROR;
const copies = process.env.KILL_COPIES;
const copied = new Set(process.env.KILL_COPY_AT?.split(','));
const calls = [];

/** Calls that are made by another call that was counted. */
let inside = 0;

function count(name, tear) {
  calls.push(tear ? `${name} *` : name);
  if (errorCode !== undefined) {
    if (calls.length >= killAt && fails(name)) throw systemError(name);
    return;
  }
  copyTo(String(calls.length));
  if (calls.length !== killAt) return;
  if (process.env.KILL_TORN === '1') tear?.();
  process.kill(process.pid, 'SIGKILL');
}

function copyTo(name) {
  if (!copied.has(name)) return;
  inside += 1;
  try {
    fs.cpSync(process.cwd(), `${copies}/${name}`, { recursive: true });
  } finally {
    inside -= 1;
  }
}

/** Writes half of it, copies the folder, and returns how the call goes on. */
function tornWrite(name, tear, args) {
  const [target, contents, ...rest] = args;
  const isTorn =
    copies !== undefined && tear && name.endsWith('Sync') && isBytes(contents) && rest.every(isWhole);
  if (!isTorn) return { args, written: 0 };
  tear(...args);
  copyTo(`${calls.length}-inside`);
  if (name === 'writeFileSync') return { args, written: 0 };
  const [first, all] = [half(contents), Buffer.from(contents)];
  return { args: [target, all.subarray(first.length), ...rest], written: first.length };
}

/** Options, not offsets. */
const isWhole = (argument) => argument === undefined || typeof argument === 'object';

/** A full disk still takes what makes room; a read-only one takes nothing. */
function fails(name) {
  const makesRoom = /^(rm|unlink|truncate|ftruncate|chmod)/.test(name);
  return !name.startsWith('_') && !(makesRoom && /^(ENOSPC|EDQUOT)$/.test(errorCode));
}

function systemError(syscall) {
  const errno = -constants.errno[errorCode];
  return Object.assign(new Error(`${errorCode}: injected, ${syscall}`), { code: errorCode, errno, syscall });
}

/**
 * @param tear writes the first half of what the call would write
 * @param changes whether a call with these arguments may change anything
 */
function counted(object, name, tear, changes = () => true) {
  const original = object[name];
  object[name] = function (...args) {
    if (inside > 0 || !changes(...args)) return original.apply(this, args);
    try {
      count(name, tear && (() => tear.call(this, ...args)));
    } catch (error) {
      if (name.endsWith('Sync')) throw error;
      const done = args.at(-1);
      if (typeof done !== 'function') return Promise.reject(error);
      return process.nextTick(done, error);
    }
    const index = calls.length - 1;
    if (name.startsWith('rm') && fs.lstatSync(args[0], { throwIfNoEntry: false }) === undefined) {
      calls[index] = `${name} -`;
    }
    inside += 1;
    try {
      const { args: left, written } = tornWrite(name, tear, args);
      const result = original.apply(this, left);
      return written > 0 && typeof result === 'number' ? result + written : result;
    } catch (error) {
      calls[index] = `${name} -`;
      throw error;
    } finally {
      inside -= 1;
    }
  };
}

const isBytes = (contents) => typeof contents === 'string' || ArrayBuffer.isView(contents);
const half = (contents) => {
  const bytes = typeof contents === 'string' ? Buffer.from(contents) : contents;
  return bytes.subarray(0, Math.floor(bytes.length / 2));
};
const tearDescriptor = (descriptor, contents) => {
  if (isBytes(contents)) writeSync(descriptor, half(contents));
};

/** Opening to read changes nothing, and files of the system are not the command's. */
const opensToWrite = (path, flags) => {
  const writes = typeof flags === 'number' ? (flags & 3) !== 0 : /[wa+]/.test(flags ?? 'r');
  return typeof flags !== 'function' && writes && !String(path).startsWith('/proc');
};

const changing = ['rename', 'link', 'unlink', 'rm', 'rmdir', 'mkdir', 'truncate', 'copyFile', 'chmod'];

if (isMainThread && (killAt > 0 || countFile !== undefined || copies !== undefined)) {
  const handle = await fs.promises.open(process.execPath);
  const handles = Object.getPrototypeOf(handle);
  await handle.close();
  for (const [object, name] of [
    [fs, 'openSync'],
    [fs, 'open'],
    [fs.promises, 'open'],
  ]) {
    counted(object, name, undefined, opensToWrite);
  }
  counted(fs, 'writeSync', tearDescriptor);
  counted(fs, 'write', tearDescriptor);
  counted(fs, 'appendFileSync', (path, contents, options) => appendFileSync(path, half(contents), options));
  counted(fs, 'writeFileSync', (path, contents, options) => writeFileSync(path, half(contents), options));
  for (const name of ['write', 'appendFile', 'writeFile']) {
    counted(handles, name, function (contents) {
      tearDescriptor(this.fd, contents);
    });
  }
  counted(handles, 'truncate');
  for (const name of [...changing, 'ftruncate']) {
    counted(fs, `${name}Sync`);
    counted(fs, name);
  }
  for (const name of changing) counted(fs.promises, name);
  counted(Socket.prototype, '_write');
  counted(Socket.prototype, '_writev');
  syncBuiltinESMExports();
  if (countFile !== undefined) process.on('exit', () => writeFileSync(countFile, calls.join('\n')));
}
