/**
 * The emulator's state: SQLite files, or memory. What a statement wrote survives `kill -9` (WAL, synchronous=NORMAL), but
 * not a power cut.
 */

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { fileFault, secretFileMode } from '../../workspace/files.js';
import { assertUndamaged } from './damage.js';
import { mainStateFile } from './files.js';
import { applicationId, migrations } from './schema.js';
import { openSqlite } from './sqlite.js';
import type { SqliteDatabase } from './sqlite-driver.js';

export type { SqliteStatement as StateStatement } from './sqlite-driver.js';
export type StateDatabase = SqliteDatabase;

/** Copying the log into the file waits for the disk: every 16 MB, instead of every 4. */
const pragmas = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;';

/** Told of every statement that fails because of the disk or a damaged file; the error says which. */
export type StateErrorListener = (error: EnrollkitError) => void;

/**
 * Refuses a state that another version of enrollkit wrote, or that was cut off, without changing anything.
 *
 * @param folder of the state; it need not exist
 * @throws EnrollkitError EMULATOR_STATE_UNREADABLE
 */
export function assertReadableState(folder: string): void {
  assertReadable(join(folder, mainStateFile));
}

/**
 * Opens one database of the state, created if it does not exist.
 *
 * @param folder the folder of the file, which exists; or `:memory:`
 * @param steps what makes the tables, version by version; tests add their own
 * @throws EnrollkitError EMULATOR_STATE_UNREADABLE, FILE_UNWRITABLE, EMULATOR_UNSUPPORTED
 */
export function openState(
  folder: string,
  name = mainStateFile,
  steps = migrations,
  onError: StateErrorListener = () => {},
): StateDatabase {
  const path = folder === ':memory:' ? folder : join(folder, name);
  let database: StateDatabase | undefined;
  try {
    if (path !== ':memory:') {
      assertReadable(path, steps.length);
      // The state holds keys: only its owner may read the file. SQLite gives the files beside it the same mode.
      closeSync(openSync(path, 'a', secretFileMode));
    }
    database = openSqlite(path, (thrown) => {
      const error = stateError(path, thrown);
      if (error) onError(error);
      return error ?? thrown;
    });
    migrate(database, path, steps);
    database.exec(pragmas);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof EnrollkitError) throw cause;
    throw (
      fileFault(cause) ??
      stateError(path, cause) ??
      new EnrollkitError('EMULATOR_STATE_UNREADABLE', sentences.emulator.stateUnreadable(path), {
        cause,
      })
    );
  }
}

/**
 * An error of SQLite that is the disk's or the file's, in words; undefined for one that is about the statement.
 *
 * Source: SQLite, "Result and Error Codes".
 */
function stateError(path: string, cause: unknown): EnrollkitError | undefined {
  const { code = '', message = '' } = cause as { code?: string; message?: string };
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return new EnrollkitError('EMULATOR_STATE_UNREADABLE', sentences.emulator.stateDamaged(path, message), {
      next: sentences.emulator.restoreOrEmpty(dirname(path)),
      cause,
    });
  }
  // A file of the log that cannot grow is an error of the disk, also where the disk is full.
  const why = Object.entries({
    SQLITE_FULL: 'full',
    SQLITE_IOERR: 'io',
    SQLITE_READONLY: 'read-only',
    SQLITE_CANTOPEN: 'open',
  } as const).find(([start]) => code.startsWith(start))?.[1];
  return why === undefined
    ? undefined
    : new EnrollkitError('FILE_UNWRITABLE', sentences.emulator.stateNotWritten(path, why), { cause });
}

/**
 * Closes a database with everything in its file: libsql does not copy the log beside it into the file on its own, because
 * prepared statements keep the connection open.
 */
export function closeState(database: StateDatabase): void {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE);');
  } catch (error) {
    // On a full disk, the log stays where it is: nothing is lost.
    if (!(error instanceof EnrollkitError) || error.code !== 'FILE_UNWRITABLE') throw error;
  } finally {
    database.close();
  }
}

/**
 * Reads the version of a file from its header, since opening it would already write to it. The header is never behind:
 * {@link migrate} writes it to the file itself, not to the log.
 *
 * Source: SQLite, "Database File Format", section 1.3: `user_version` at offset 60, `application_id` at 68.
 *
 * @throws EnrollkitError EMULATOR_STATE_UNREADABLE
 */
function assertReadable(path: string, newest = migrations.length): void {
  assertUndamaged(path);
  const header = readHeader(path);
  // Anything that is not a database is reported when it is opened.
  if (header?.toString('latin1', 0, 15) !== 'SQLite format 3') return;
  assertVersion(path, { application: header.readUInt32BE(68), version: header.readUInt32BE(60), newest });
}

/** @returns undefined for a new, an unreadable or an unfinished file */
function readHeader(path: string): Buffer | undefined {
  const header = Buffer.alloc(72);
  let file: number | undefined;
  try {
    // A rollback journal is left if the first start was killed: SQLite undoes its changes when it opens the file.
    if (statSync(`${path}-journal`, { throwIfNoEntry: false })?.size) return undefined;
    file = openSync(path, 'r');
    return readSync(file, header, 0, header.length, 0) === header.length ? header : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** @throws EnrollkitError EMULATOR_STATE_UNREADABLE when another version of enrollkit wrote the file */
function assertVersion(
  path: string,
  { application, version, newest }: { application: number; version: number; newest: number },
): void {
  if (application !== applicationId) {
    throw new EnrollkitError('EMULATOR_STATE_UNREADABLE', sentences.emulator.olderState(path), {
      next: sentences.emulator.olderStateNext,
    });
  }
  if (version > newest) {
    throw new EnrollkitError(
      'EMULATOR_STATE_UNREADABLE',
      sentences.emulator.newerState(path, version, newest),
      { next: sentences.emulator.newerStateNext },
    );
  }
}

/** Brings the tables to the newest version. */
function migrate(database: StateDatabase, path: string, steps: readonly string[]): void {
  const [{ user_version: version }] = database.pragma('user_version') as [{ user_version: number }];
  const [{ application_id: application }] = database.pragma('application_id') as [{ application_id: number }];
  const isNew = database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (!isNew) assertVersion(path, { application, version, newest: steps.length });
  const missing = steps.slice(isNew ? 0 : version);
  if (missing.length === 0) return;
  const identity = `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length};`;
  // Not waiting for the disk: what a power cut would take is a state that has nothing yet.
  if (isNew) database.exec('PRAGMA synchronous = OFF;');
  database.exec(`BEGIN; ${missing.join('')} ${identity} COMMIT; PRAGMA wal_checkpoint(TRUNCATE);`);
}
