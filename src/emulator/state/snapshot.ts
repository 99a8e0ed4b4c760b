/** A copy of the state's files, taken before something that may be refused. */

import { copyFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { ensureFolder } from '../../workspace/files.js';
import { emulatorSnapshotFolder } from '../../workspace/layout.js';
import { type StateDatabases, stateFilePattern } from './databases.js';
import { readSetting } from './identity.js';

/** In the state folder. */

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
  const copies = join(folder, emulatorSnapshotFolder);
  const discard = () => discardSnapshot(folder);
  discard();
  ensureFolder(copies);
  if (readSetting(databases.main, 'armToken') !== undefined) {
    // Copies what is still in the log of each file into the file.
    for (const database of databases.all()) database.exec('PRAGMA wal_checkpoint(TRUNCATE);');
    const names = stateFiles(folder).filter((name) => name.endsWith('.db'));
    try {
      for (const name of names) copyFileSync(join(folder, name), join(copies, name));
    } catch (cause) {
      discard();
      throw new EnrollkitError('FILE_UNWRITABLE', sentences.emulator.stateNotCopied(copies), {
        cause,
      });
    }
  }
  return {
    restore() {
      for (const name of stateFiles(folder)) rmSync(join(folder, name));
      for (const name of readdirSync(copies)) renameSync(join(copies, name), join(folder, name));
      discard();
    },
    discard,
  };
}

/** Removes the snapshot of a process that was killed. */
export function discardSnapshot(folder: string): void {
  rmSync(join(folder, emulatorSnapshotFolder), { recursive: true, force: true });
}

function stateFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => stateFilePattern.test(name));
}
