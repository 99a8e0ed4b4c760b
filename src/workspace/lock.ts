/**
 * One process at a time on a folder or a file. A lock is a folder of claims: empty files, one for each process that has
 * the lock or wants it, held open for as long as it lives. The operating system closes them however the process ends,
 * so that nothing is left to take over after a crash, and a copy of the folder carries no lock.
 *
 * A process makes its claim first and looks for those of others then: of two, at least one sees the other. The name of
 * a claim is never used again, so that removing one of a dead process cannot hit another.
 */

import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  utimesSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { ensureFolder, lookAt, reason, secretFileMode, unwritable } from './files.js';

/** A process that has a lock. */
export interface LockHolder {
  pid: number;
  /** When it took the lock. */
  since: Date;
}

/** Two processes that want a lock at the same time both step back, and try again after a random pause. */
const maxAttempts = 8;
const longestPauseMs = 25;
/** A claim that is older is a lock that is held. */
const claimingMs = 1000;

export interface TakeLockOptions {
  /** What the lock is for, for the error: a folder, or a file. By default, the folder of the lock's folder. */
  locked?: string;
  /** What to do if another process has the lock; by default, the sentence of FOLDER_IN_USE. */
  next?: string;
  /** How long to wait for another process. By default 0. */
  patienceMs?: number;
}

/**
 * Takes the lock.
 *
 * @param path of the lock itself, a folder that exists while the lock is held
 * @returns a function that releases the lock
 * @throws EnrollkitError FOLDER_IN_USE, naming the process and the time; FILE_EXISTS when something else is in its
 *   place; FILE_UNWRITABLE
 */
export function takeLock(path: string, options: TakeLockOptions = {}): () => void {
  const { locked = dirname(dirname(resolve(path))), next, patienceMs = 0 } = options;
  const until = Date.now() + patienceMs;
  let release = tryLock(path);
  while (typeof release !== 'function' && Date.now() < until) {
    pause(Math.random() * longestPauseMs);
    release = tryLock(path);
  }
  if (typeof release === 'function') return release;
  const { pid, since } = release;
  throw new EnrollkitError(
    'FOLDER_IN_USE',
    sentences.workspace.locked(String(pid), since.toISOString(), locked),
    { ...(next === undefined ? {} : { next }), context: { pid, since: since.toISOString() } },
  );
}

/**
 * As {@link takeLock}, for callers with an error of their own.
 *
 * @returns the process that has the lock, if another one does
 * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE
 */
export function tryLock(path: string): (() => void) | LockHolder {
  for (let attempt = 1; ; attempt += 1) {
    const claim = makeClaim(path);
    const [other] = otherClaims(path, claim.name);
    if (!other && lookAt(claim.file)) return claim.release;
    claim.release();
    const isOld = other && Date.now() - other.since.getTime() > claimingMs;
    if (other && (isOld || attempt >= maxAttempts)) return { pid: other.pid, since: other.since };
    pause(Math.random() * longestPauseMs);
  }
}

/**
 * The process that has a lock; undefined if none has. Nothing is made or removed.
 *
 * @throws EnrollkitError FILE_UNREADABLE
 */
export function lockHolder(path: string): LockHolder | undefined {
  const claim = claimsIn(path).find((one) => isHeld(one, join(path, one.name)));
  return claim && { pid: claim.pid, since: claim.since };
}

/** Removes what processes that have ended left of a lock. */
export function removeDeadClaims(path: string): void {
  otherClaims(path, '');
  removeIfUnused(path);
}

/**
 * Removes what a process that was killed left of a lock, unless another process has it by now.
 *
 * @param files temporary files in the lock
 */
export function removeAbandoned(path: string, files: readonly string[]): void {
  if (!lookAt(path)?.isDirectory() || lockHolder(path)) return;
  for (const name of files) rmSync(join(path, name), { force: true });
  removeDeadClaims(path);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

interface Claim extends LockHolder {
  name: string;
  /** Tells the processes that this one can look at from those of another container or computer. */
  host: string;
}

/** `<process>-<milliseconds since 1970>-<host>-<random>` */
const claimName = /^(\d+)-(\d+)-([0-9a-f]{8})-[0-9a-f]{8}$/;

/**
 * Where process numbers mean the same. On Linux, a container has its own (pid_namespaces(7)).
 */
function thisHost(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // No other system has them.
  }
  return createHash('sha256').update(`${hostname()} ${namespace}`).digest('hex').slice(0, 8);
}

/** The claim of a process that cannot be looked at counts for as long as its file is touched. */
const touchEveryMs = 5000;
const untouchedMs = 20_000;

function makeClaim(path: string): { name: string; file: string; release: () => void } {
  const name = `${process.pid}-${Date.now()}-${thisHost()}-${randomBytes(4).toString('hex')}`;
  const file = join(path, name);
  const descriptor = openClaim(path, file);
  const touching = setInterval(() => touch(file), touchEveryMs);
  touching.unref();
  return {
    name,
    file,
    release() {
      clearInterval(touching);
      closeSync(descriptor);
      removeClaim(file);
      removeIfUnused(path);
    },
  };
}

function openClaim(path: string, file: string): number {
  // Another process may remove the folder between the two.
  for (let attempt = 1; ; attempt += 1) {
    ensureFolder(dirname(path));
    try {
      if (!lookAt(path)) makeLockFolder(path);
      return openSync(
        file,
        constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | exclusive(),
        secretFileMode,
      );
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (lookAt(path)?.isDirectory() === false) throw isNoLock(path);
      if (code === 'ENOENT' && attempt < maxAttempts) continue;
      throw unwritable(path, cause);
    }
  }
}

function makeLockFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function isNoLock(path: string): EnrollkitError {
  return new EnrollkitError('FILE_EXISTS', sentences.workspace.notALock(path), {
    next: sentences.workspace.moveThatAway(path),
  });
}

/** The claims of other processes, or of other parts of this one; those of processes that have ended are removed. */
function otherClaims(path: string, own: string): Claim[] {
  return claimsIn(path).filter((claim) => {
    if (claim.name === own) return false;
    const file = join(path, claim.name);
    const held = isHeld(claim, file);
    if (!held) removeClaim(file);
    return held;
  });
}

function removeClaim(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The folder has become read-only. A claim without a process counts for nothing.
  }
}

function claimsIn(path: string): Claim[] {
  let names: string[];
  try {
    names = readdirSync(path);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR'].includes(code)) return [];
    throw new EnrollkitError('FILE_UNREADABLE', sentences.workspace.unreadable(path, reason(cause)), {
      cause,
    });
  }
  return names.flatMap((name) => {
    const [, pid, since, host] = claimName.exec(name) ?? [];
    return host === undefined ? [] : [{ name, pid: Number(pid), since: new Date(Number(since)), host }];
  });
}

/**
 * The flags of open(2) that lock a file: on the BSDs and macOS O_EXLOCK, a flock(2); on Windows libuv's
 * UV_FS_O_EXLOCK, which shares the file with nobody. Linux has none, and is asked for the open files of a process.
 */
function exclusive(): number {
  switch (process.platform) {
    case 'win32':
      return 0x10000000;
    case 'darwin':
    case 'freebsd':
    case 'openbsd':
    case 'netbsd':
      return 0x20 | constants.O_NONBLOCK;
    default:
      return 0;
  }
}

/** Whether the process of a claim still has its file open. */
function isHeld({ pid, host }: Claim, file: string): boolean {
  const stats = statOf(file);
  if (!stats) return false;
  if (exclusive() !== 0) return isLocked(file);
  if (host !== thisHost()) return Math.abs(Date.now() - stats.mtimeMs) < untouchedMs;
  return isRunning(pid) && hasOpen(pid, stats);
}

/** Another process that looks locks the file too, for a moment. */
function isLocked(file: string): boolean {
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    try {
      closeSync(openSync(file, constants.O_RDWR | exclusive()));
      return false;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      pause(Math.random() * longestPauseMs);
    }
  }
  return true;
}

/** Whether a process has a file open; true where that cannot be seen, as for the process of another user. */
function hasOpen(pid: number, { dev, ino }: Stats): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((descriptor) => {
      const open = statOf(join(folder, descriptor));
      return open?.dev === dev && open.ino === ino;
    });
  } catch {
    return isRunning(pid);
  }
}

function touch(file: string): void {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // The folder was removed; that is for its owner to notice.
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function removeIfUnused(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Another process has a claim in it.
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
