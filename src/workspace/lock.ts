/** One run at a time in a certificate folder. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EnrollkitError } from '../errors.js';
import { ensureFolder, readTextIfExists, secretFileMode } from './files.js';

/** The locks of this very process: its number alone says nothing, since in a container it is often the same again. */
const held = new Set<string>();

/**
 * Takes the lock; the lock of a process that is gone is taken over.
 *
 * @param locked what the lock is for, for the error: a folder, or a file
 * @returns what gives the lock back
 * @throws EnrollkitError FOLDER_IN_USE, naming the process; FILE_EXISTS when another file is in its place;
 *   FILE_UNWRITABLE
 */
export function takeLock(path: string, locked: string = dirname(dirname(resolve(path)))): () => void {
  ensureFolder(dirname(path));
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const file = openSync(path, 'wx', secretFileMode);
      writeSync(file, String(process.pid));
      closeSync(file);
      held.add(path);
      return () => {
        held.delete(path);
        rmSync(path, { force: true });
      };
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new EnrollkitError('FILE_UNWRITABLE', `${path} cannot be written.`, { cause });
      }
      const text = readTextIfExists(path) ?? '';
      // A process that was killed before it could write its number leaves an empty file.
      if (!/^\d*$/.test(text)) {
        throw new EnrollkitError('FILE_EXISTS', `${path} exists and is not a lock file of enrollkit.`, {
          next: `Move ${path} away, then run the same command again.`,
        });
      }
      const owner = Number(text);
      if (held.has(path) || isAlive(owner)) {
        throw new EnrollkitError(
          'FOLDER_IN_USE',
          `Another run of enrollkit (process ${owner}) works in ${locked}.`,
        );
      }
      rmSync(path, { force: true });
    }
  }
  throw new EnrollkitError('FOLDER_IN_USE', `Another run of enrollkit works in ${locked}.`);
}

/** Whether another process of this number runs here. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
