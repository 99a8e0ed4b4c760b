/** Files as the certificate folder needs them: atomic, with their modes, and with errors that name the path. */

import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';

/** Keys and everything secret: for their owner alone. */
export const secretFileMode = 0o600;
/** Certificates are public. */
export const publicFileMode = 0o644;
const folderMode = 0o700;

/** Makes a folder and those above it, mode 0700; what exists is left as it is. */
export function ensureFolder(path: string): void {
  try {
    makeFolder(path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Node's own `recursive` never ends where a folder cannot be made although the one above it is there, as in /proc. */
function makeFolder(path: string): void {
  if (isFolder(path)) return;
  try {
    mkdirSync(path, { mode: folderMode });
  } catch (error) {
    if (isFolder(path)) return;
    const above = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === path || isFolder(above)) throw error;
    makeFolder(above);
    makeFolder(path);
  }
}

/** Whether there is a folder; false for what cannot be looked at. */
export function isFolder(path: string): boolean {
  try {
    // Without an error for what is missing: making one takes longer than the call.
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

/**
 * Writes a file whole or not at all: to a temporary name beside it, fsync, rename. The mode is set at creation, so
 * that a key is never readable by others, not for a moment. The caller has the lock of the folder: what a killed
 * process left under the temporary name is replaced.
 *
 * @throws EnrollkitError FILE_UNWRITABLE
 */
export function writeFileAtomically(path: string, contents: string | Uint8Array, mode: number): void {
  const staged = `${path}.tmp`;
  rmSync(staged, { force: true });
  stageFile(path, contents, mode, staged);
  try {
    renameSync(staged, path);
  } catch (cause) {
    rmSync(staged, { force: true });
    throw unwritable(path, cause);
  }
}

/**
 * Makes a file, as {@link writeFileAtomically} does, where there is none: what is there stays, also when it comes at
 * the last moment.
 *
 * @param staged the temporary file
 * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE
 */
export function createFileAtomically(
  path: string,
  contents: string | Uint8Array,
  mode: number,
  staged: string,
): void {
  stageFile(path, contents, mode, staged);
  try {
    placeNew(staged, path);
  } finally {
    rmSync(staged, { force: true });
  }
}

/** What link(2) says on file systems without hard links, FAT for instance. */
const withoutHardLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL']);

/**
 * Gives a staged file its name, unless something has that name: rename would replace it.
 *
 * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE
 */
export function placeNew(staged: string, path: string): void {
  try {
    linkSync(staged, path);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw alreadyThere(path);
    if (!withoutHardLinks.has(code)) throw unwritable(path, cause);
    move(staged, path);
    return;
  }
  rmSync(staged, { force: true });
}

/**
 * Writes what is to become a file to another place on the same file system, with fsync; all of it or nothing.
 *
 * @param path what it is to become; an error names it
 * @throws EnrollkitError FILE_UNWRITABLE
 */
export function stageFile(path: string, contents: string | Uint8Array, mode: number, staged: string): void {
  try {
    ensureFolder(dirname(staged));
    const file = openStaged(path, contents, mode, staged);
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    rmSync(staged, { force: true });
    throw cause instanceof EnrollkitError ? cause : unwritable(path, cause);
  }
}

/** @returns the open file, in a folder that exists, with its contents, which may not be on the disk yet */
function openStaged(path: string, contents: string | Uint8Array, mode: number, staged: string): number {
  let file: number | undefined;
  try {
    file = openSync(staged, 'wx', mode);
    const bytes = typeof contents === 'string' ? Buffer.from(contents) : contents;
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    return file;
  } catch (cause) {
    if (file !== undefined) closeSync(file);
    throw unwritable(path, cause);
  }
}

/** A file to be staged: see {@link stageFile}. */
export interface StagedFile {
  path: string;
  contents: string | Uint8Array;
  mode: number;
  staged: string;
}

/** Files that are open at a time: far fewer than a process may have. */
const stagedAtOnce = 32;
const fsyncFile = promisify(fsync);

/**
 * Does what {@link stageFile} does for many files, and waits for the disk for many at once.
 *
 * @throws EnrollkitError FILE_UNWRITABLE, after which some of the files may be there
 */
export async function stageFiles(files: readonly StagedFile[]): Promise<void> {
  for (const folder of new Set(files.map(({ staged }) => dirname(staged)))) ensureFolder(folder);
  for (let first = 0; first < files.length; first += stagedAtOnce) {
    const open: { path: string; file: number }[] = [];
    try {
      for (const { path, contents, mode, staged } of files.slice(first, first + stagedAtOnce)) {
        open.push({ path, file: openStaged(path, contents, mode, staged) });
      }
      const synced = await Promise.allSettled(open.map(({ file }) => fsyncFile(file)));
      for (const [index, result] of synced.entries()) {
        if (result.status === 'rejected') throw unwritable(open[index]!.path, result.reason);
      }
    } finally {
      for (const { file } of open) closeSync(file);
    }
  }
}

/**
 * The text of a file, or undefined if there is none.
 *
 * @throws EnrollkitError FILE_UNREADABLE
 */
export function readTextIfExists(path: string): string | undefined {
  return readBytesIfExists(path)?.toString('utf8');
}

/**
 * The text of a file that must exist.
 *
 * @throws EnrollkitError FILE_UNREADABLE
 */
export function readText(path: string): string {
  const text = readTextIfExists(path);
  if (text === undefined) throw new EnrollkitError('FILE_UNREADABLE', sentences.workspace.noFile(path));
  return text;
}

/**
 * Gives a file or a folder another name, in one step.
 *
 * @throws EnrollkitError FILE_EXISTS when that name is taken; FILE_UNWRITABLE
 */
export function move(from: string, to: string): void {
  if (lookAt(to)) throw alreadyThere(to);
  try {
    renameSync(from, to);
  } catch (cause) {
    throw unwritable(to, cause);
  }
}

/** What is at a path itself, a symbolic link for instance; undefined for nothing, and for what cannot be looked at. */
export function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Removes a folder in which there is nothing; any other stays. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It holds something, or is gone.
  }
}

/** No file of enrollkit comes near; more than twice as much is no string in Node.js. */
export const maxBytesRead = 256 * 1024 * 1024;

/**
 * What is in a file, or undefined if there is none. Anything else in its place, such as a named pipe that nobody
 * writes to, is refused without waiting.
 *
 * @throws EnrollkitError FILE_UNREADABLE, also for a file of more than 256 MiB
 */
export function readBytesIfExists(path: string): Buffer | undefined {
  try {
    // Windows has no O_NONBLOCK, and no pipes among its files.
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = fstatSync(file);
      if (stats.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
      if (!stats.isFile()) throw notRegular(path);
      if (stats.size > maxBytesRead) {
        throw new EnrollkitError(
          'FILE_UNREADABLE',
          sentences.workspace.tooLarge(path, stats.size, maxBytesRead),
          { next: sentences.workspace.checkFile, context: { file: path } },
        );
      }
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (cause instanceof EnrollkitError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    // Opening a socket.
    if (code === 'ENXIO') throw notRegular(path);
    throw new EnrollkitError('FILE_UNREADABLE', sentences.workspace.unreadable(path, reason(cause)), {
      cause,
    });
  }
}

function notRegular(path: string): EnrollkitError {
  return new EnrollkitError('FILE_UNREADABLE', sentences.workspace.notRegular(path), {
    next: sentences.workspace.replaceOrMove,
    context: { file: path },
  });
}

function alreadyThere(path: string): EnrollkitError {
  return new EnrollkitError('FILE_EXISTS', sentences.workspace.exists(path), { context: { file: path } });
}

/** The error for a path that cannot be written, with the reason that the system gave. */
export function unwritable(path: string, cause: unknown): EnrollkitError {
  return new EnrollkitError('FILE_UNWRITABLE', sentences.workspace.unwritable(path, reason(cause)), {
    next: isOfOpenFiles(cause) ? sentences.workspace.raiseOpenFiles : undefined,
    cause,
  });
}

/** What an error code of the operating system means; undefined for those that are not of files. */
function reasonOf(code: string): string | undefined {
  const { reasons } = sentences.workspace;
  return Object.hasOwn(reasons, code) ? reasons[code as keyof typeof reasons] : undefined;
}

/** Why a file cannot be read or written, in words, with a colon in front; empty when that is not known. */
export function reason(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  return code === '' ? '' : sentences.workspace.reason(reasonOf(code) ?? code);
}

/** Whether too many files are open: disk space and permissions are not the reason. */
function isOfOpenFiles(cause: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes((cause as NodeJS.ErrnoException).code ?? '');
}

const ofNetworkOrProcess = /^(connect|listen|bind|accept|getaddrinfo|spawn|kill)/;

/**
 * An error that the operating system gave for a file, in words: a full disk, a read-only folder, too many open files.
 *
 * @returns undefined for any other thrown value
 */
export function fileFault(thrown: unknown): EnrollkitError | undefined {
  const { code = '', syscall = '', path } = (thrown ?? {}) as NodeJS.ErrnoException;
  // A file of ours that is missing may be a bug.
  const isOfComputer = code !== 'ENOENT' && reasonOf(code) !== undefined;
  if (!isOfComputer || syscall === '' || ofNetworkOrProcess.test(syscall)) return undefined;
  // What is opened may be a module of the program, which nobody wanted to write.
  if (isOfOpenFiles(thrown) || /^(scandir|opendir|l?stat|read|readlink|access)$/.test(syscall)) {
    return new EnrollkitError(
      'FILE_UNREADABLE',
      sentences.workspace.unreadable(path ?? sentences.workspace.aFile, reason(thrown)),
      {
        next: isOfOpenFiles(thrown) ? sentences.workspace.raiseOpenFiles : undefined,
        cause: thrown,
      },
    );
  }
  return unwritable(path ?? sentences.workspace.aFile, thrown);
}
