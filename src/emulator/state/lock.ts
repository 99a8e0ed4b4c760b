/** The lock on an emulator's folder: one emulator at a time. */

import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { type LockHolder, lockHolder, tryLock } from '../../workspace/lock.js';

/** The lock of an emulator's folder. */
export const lockOf = (folder: string): string => join(folder, 'lock');

/**
 * Whether an emulator has this folder, in this process or another; nothing is made.
 *
 * @throws EnrollkitError FILE_UNREADABLE
 */
export function isFolderLocked(folder: string): boolean {
  return lockHolder(lockOf(folder)) !== undefined;
}

/**
 * @returns a function that releases the lock
 * @throws EnrollkitError EMULATOR_STATE_IN_USE, naming the process and the time; FILE_EXISTS, FILE_UNWRITABLE
 */
export function lockFolder(folder: string): () => void {
  const release = tryLock(lockOf(folder));
  if (typeof release === 'function') return release;
  throw stateInUse(folder, release);
}

/** EMULATOR_STATE_IN_USE, naming the process and the time. */
export function stateInUse(folder: string, { pid, since }: LockHolder): EnrollkitError {
  return new EnrollkitError(
    'EMULATOR_STATE_IN_USE',
    sentences.emulator.stateInUse(folder, pid, since.toISOString()),
    { context: { pid, since: since.toISOString() } },
  );
}
