/** The lock of an emulator's folder, held by the operating system: it ends with the process, however that ends. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { openSqlite, type SqliteDatabase } from './sqlite.js';

const fileName = 'lock.db';
const looksMs = 200;

/** Whether an emulator has this folder, in this process or another; nothing is made. */
export function isFolderLocked(folder: string): boolean {
  const path = join(folder, fileName);
  if (!existsSync(path)) return false;
  const database = openSqlite(path);
  try {
    database.exec('BEGIN EXCLUSIVE; ROLLBACK;');
    return false;
  } catch (error) {
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return true;
    throw new EnrollkitError('EMULATOR_STATE_UNREADABLE', `The folder ${folder} cannot be looked at.`, {
      cause: error,
    });
  } finally {
    database.close();
  }
}

/**
 * SQLite's own file lock, which all platforms have, on a file of its own. The state itself cannot be that file: libsql
 * keeps a closed database locked for as long as a prepared statement of it is not garbage collected. So none is
 * prepared here.
 *
 * @param folder the folder of the file `lock.db`, which exists
 * @returns what gives the lock back
 * @throws EnrollkitError EMULATOR_STATE_IN_USE, EMULATOR_STATE_UNREADABLE
 */
export function lockFolder(folder: string): () => void {
  let database: SqliteDatabase | undefined;
  try {
    database = openSqlite(join(folder, fileName));
    // Whoever only looks whether it is locked, holds it for a moment.
    database.exec(`PRAGMA busy_timeout = ${looksMs}; BEGIN EXCLUSIVE;`);
    const held = database;
    return () => held.close();
  } catch (cause) {
    database?.close();
    if (cause instanceof EnrollkitError) throw cause;
    if ((cause as { code?: string }).code === 'SQLITE_BUSY') {
      throw new EnrollkitError(
        'EMULATOR_STATE_IN_USE',
        `An emulator already runs on the state in ${folder}.`,
        {
          cause,
        },
      );
    }
    throw new EnrollkitError('EMULATOR_STATE_UNREADABLE', `The folder ${folder} cannot be locked.`, {
      cause,
    });
  }
}
