/**
 * The emulator's state: one SQLite file, or memory. What a statement wrote survives `kill -9` (WAL,
 * synchronous=NORMAL), though not a power cut.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'libsql';
import { EnrollkitError } from '../../errors.js';
import { secretFileMode } from '../../workspace/files.js';
import { migrations } from './schema.js';

export type StateDatabase = Database.Database;

/** Moving the log into the file waits for the disk: 16 MB at a time, not the usual 4. */
const pragmas = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;';

/**
 * @param folder the folder of the file, which exists; or `:memory:`
 * @throws EnrollkitError EMULATOR_STATE_UNREADABLE
 */
export function openState(folder: string, name = 'state.db'): StateDatabase {
  const path = folder === ':memory:' ? folder : join(folder, name);
  let database: StateDatabase | undefined;
  try {
    if (path !== ':memory:') makeSecret(path);
    database = new Database(path);
    database.exec(pragmas);
    prepareSchema(database, path);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof EnrollkitError) throw cause;
    if (isUnwritable(cause)) {
      const why = 'the disk is full or does not take it';
      throw new EnrollkitError('FILE_UNWRITABLE', `The emulator's state ${path} cannot be written: ${why}.`, {
        cause,
      });
    }
    throw new EnrollkitError('EMULATOR_STATE_UNREADABLE', `The emulator's state ${path} cannot be read.`, {
      cause,
    });
  }
}

/** SQLite's word, or the system's, that writing fails; anything else that goes wrong is the file itself. */
function isUnwritable(cause: unknown): boolean {
  const { code = '', message = '' } = cause as { code?: string; message?: string };
  return (
    /^(SQLITE_(FULL|IOERR|READONLY|CANTOPEN)|ENOSPC|EACCES|EROFS)/.test(code) ||
    /disk (is full|I\/O error)/.test(message)
  );
}

/**
 * Closes the state, all of it in the file `state.db`: libsql does not move over by itself what stands in the log beside
 * it, since prepared statements keep it from closing.
 */
export function closeState(database: StateDatabase): void {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE);');
  } finally {
    database.close();
  }
}

/** The state holds keys: its file is made for its owner alone. SQLite gives the files beside it the same mode. */
function makeSecret(path: string): void {
  closeSync(openSync(path, 'a', secretFileMode));
}

function prepareSchema(database: StateDatabase, path: string): void {
  const [row] = database.pragma('user_version') as [{ user_version: number }];
  if (row.user_version === migrations.length) return;
  if (row.user_version > migrations.length) {
    throw new EnrollkitError(
      'EMULATOR_STATE_UNREADABLE',
      `The emulator's state ${path} was written by a newer enrollkit (version ${row.user_version} of its tables, here ${migrations.length}).`,
      { next: 'Update enrollkit, or move that folder away; the emulator makes a new one.' },
    );
  }
  const steps = migrations.slice(row.user_version).join('');
  database.exec(`BEGIN; ${steps} PRAGMA user_version = ${migrations.length}; COMMIT;`);
}
