/** A copy of the state's files, taken before something that may be refused. */

import { copyFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { ensureFolder, lookAt } from '../../workspace/files.js';
import type { StateDatabases } from './databases.js';
import { hasSnapshot, snapshotFolders, stateFilePattern } from './files.js';
import { readSetting } from './identity.js';

export interface StateSnapshot {
  /** Puts the files back; the databases must be closed. */
  restore(): void;
  discard(): void;
}

/**
 * Copies the files of a state; a state that is still empty has none to copy.
 *
 * @throws EnrollkitError FILE_UNWRITABLE
 */
export function takeSnapshot(databases: StateDatabases, folder: string): StateSnapshot {
  const [copies, unfinished] = snapshotFolders(folder);
  discardSnapshot(folder);
  ensureFolder(unfinished);
  try {
    if (readSetting(databases.main, 'armToken') !== undefined) {
      // Copies what is still in the log of each file into the file.
      for (const database of databases.all()) database.exec('PRAGMA wal_checkpoint(TRUNCATE);');
      const names = stateFiles(folder).filter((name) => name.endsWith('.db'));
      for (const name of names) copyFileSync(join(folder, name), join(unfinished, name));
    }
    renameSync(unfinished, copies);
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    throw new EnrollkitError('FILE_UNWRITABLE', sentences.emulator.stateNotCopied(copies), { cause });
  }
  return { restore: () => restoreSnapshot(folder), discard: () => discardSnapshot(folder) };
}

/** Puts the files of a snapshot back, if there is one: also that of a process that was killed before it was done. */
export function restoreSnapshot(folder: string): void {
  const [copies] = snapshotFolders(folder);
  if (hasSnapshot(folder)) {
    // A file with the log of another would be damaged.
    for (const name of stateFiles(folder)) rmSync(join(folder, name));
    for (const name of readdirSync(copies)) copyFileSync(join(copies, name), join(folder, name));
  }
  discardSnapshot(folder);
}

/** In one step: a part of a snapshot is never restored. */
function discardSnapshot(folder: string): void {
  const [copies, unfinished] = snapshotFolders(folder);
  rmSync(unfinished, { recursive: true, force: true });
  if (!lookAt(copies)) return;
  renameSync(copies, unfinished);
  rmSync(unfinished, { recursive: true });
}

function stateFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => stateFilePattern.test(name));
}
