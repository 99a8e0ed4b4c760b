/** A certificate folder that a command changes: locked, with its journal, and rid of what a killed process left. */
import { join } from 'node:path';
import { lookAt, removeIfEmpty } from './files.js';
import { Journal } from './journal.js';
import { assertStateInFolder, type Layout } from './layout.js';
import { removeDeadClaims, takeLock } from './lock.js';
import { OwnFiles } from './own-files.js';
import type { Completed } from './transaction.js';

export interface OpenFolder {
  journal: Journal;
  files: OwnFiles;
  /** The change that an interrupted command had begun, if it was completed now. */
  completed: Completed | undefined;
  /** Releases the lock. */
  close(): void;
}

/**
 * @param now for the journal's records
 * @param patienceMs how long to wait for another process that has the lock
 * @throws EnrollkitError FOLDER_IN_USE; JOURNAL_UNREADABLE; FILE_EXISTS, FILE_UNWRITABLE
 */
export function openFolder(layout: Layout, now: () => Date, patienceMs = 0): OpenFolder {
  assertStateInFolder(layout);
  const unlock = takeLock(layout.lock, { locked: layout.folder, patienceMs });
  const close = () => {
    unlock();
    // A folder of state with nothing in it would look as if runs had been here.
    removeIfEmpty(layout.state);
  };
  try {
    // An emulator that was killed, and is not started again.
    removeDeadClaims(join(layout.emulator, 'lock'));
    const journal = Journal.open(layout.journal, now);
    journal.removeCutOff();
    const files = new OwnFiles(layout, journal);
    return { journal, files, completed: files.finishInterrupted(), close };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Removes what killed processes left in a certificate folder: locks and temporary files. A change of which all files
 * were written is completed.
 *
 * @throws EnrollkitError FOLDER_IN_USE while another process works in the folder; as {@link openFolder}
 */
export function removeLeftovers(layout: Layout, now: () => Date): void {
  if (lookAt(layout.state)) openFolder(layout, now).close();
}
