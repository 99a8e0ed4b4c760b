/** Empties the state of an emulator that is not running. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeDeadClaims } from '../../workspace/lock.js';
import { issuingRootFileName } from '../dps/state/issuing-authorities.js';
import { emulatorFolder } from '../endpoints.js';
import { StateDatabases } from '../state/databases.js';
import { emptyState } from '../state/empty.js';
import { mainStateFile, stateFilePattern } from '../state/files.js';
import { clockStoreOf } from '../state/identity.js';
import { lockFolder, lockOf } from '../state/lock.js';
import { restoreSnapshot } from '../state/snapshot.js';
import { hasState } from './running.js';

export interface ResetOptions {
  /** Also deletes names, ID scope, keys and the TLS root: the next start makes new ones. */
  newIdentity: boolean;
}

/** Beside the files of the state. */
export const identityFiles: readonly string[] = [
  'tls-root.pem',
  'tls-root.key.pem',
  'tls-server.pem',
  'tls-server.key.pem',
  issuingRootFileName,
];

/**
 * @returns whether there was a state
 * @throws EnrollkitError EMULATOR_STATE_IN_USE, EMULATOR_STATE_UNREADABLE, FILE_UNWRITABLE
 */
export function resetStoppedEmulator(directory: string, { newIdentity }: ResetOptions): boolean {
  const folder = emulatorFolder(directory);
  if (!hasState(directory)) {
    // A reset that was killed at its end.
    removeDeadClaims(lockOf(folder));
    return false;
  }
  const release = lockFolder(folder);
  try {
    restoreSnapshot(folder);
    if (newIdentity) {
      // The main file goes last: while it exists, a reset that was killed can be repeated.
      const stateFiles = readdirSync(folder).filter(
        (name) => stateFilePattern.test(name) && name !== mainStateFile,
      );
      for (const name of [...identityFiles, ...stateFiles, mainStateFile])
        rmSync(join(folder, name), { force: true });
      return true;
    }
    const databases = new StateDatabases(folder);
    try {
      for (const database of databases.all()) emptyState(database);
      clockStoreOf(databases.main).write(0);
    } finally {
      databases.close();
    }
    return true;
  } finally {
    release();
  }
}
