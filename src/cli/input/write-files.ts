/** Files that a command makes: never over others unasked, and all of them or none. */
import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { removeIfEmpty, stageFile } from '../../workspace/files.js';

export interface NewFile {
  path: string;
  contents: string | Uint8Array;
  /** `secretFileMode` or `publicFileMode`. */
  mode: number;
}

/**
 * To be called before the work, so that nobody waits for what cannot be written.
 *
 * @throws EnrollkitError FILE_EXISTS, naming the first that is there; a folder in its place is never replaced
 */
export function assertFree(paths: readonly string[], force: boolean): void {
  for (const path of paths) {
    const there = lookAt(path);
    if (!there || (force && there.isFile())) continue;
    const why = there.isFile() ? 'is there already' : 'is a folder, or something else that is no file';
    throw new EnrollkitError('FILE_EXISTS', `${path} ${why}.`, {
      next: `Choose another place with --out${there.isFile() ? ', or replace it with --force' : ''}.`,
      context: { file: path },
    });
  }
}

/**
 * Writes files beside their places first, and moves them there when all are written: what fails on the way leaves
 * everything as it was. The last one is moved last.
 *
 * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE
 */
export function writeFiles(files: readonly NewFile[], force: boolean): void {
  assertFree(
    files.map(({ path }) => path),
    force,
  );
  const suffix = `.${randomBytes(6).toString('hex')}.new`;
  const newFolders = [...new Set(files.flatMap(({ path }) => missingFolders(dirname(path))))];
  const staged: string[] = [];
  try {
    for (const { path, contents, mode } of files) {
      stageFile(path, contents, mode, path + suffix);
      staged.push(path + suffix);
    }
    for (const { path } of files) move(path + suffix, path);
  } catch (error) {
    for (const path of staged) rmSync(path, { force: true });
    for (const folder of newFolders) removeIfEmpty(folder);
    throw error;
  }
}

/** A folder that is not there yet, and those above it that are not; the lowest first. */
function missingFolders(folder: string): string[] {
  if (existsSync(folder) || dirname(folder) === folder) return [];
  return [folder, ...missingFolders(dirname(folder))];
}

function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    // What keeps it from being seen keeps it from being written, and is told then.
    return undefined;
  }
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new EnrollkitError('FILE_UNWRITABLE', `${to} cannot be written: ${code}.`, { cause });
  }
}
