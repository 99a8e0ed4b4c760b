/**
 * SQLite (libsql), loaded when the first database is opened: libsql is native code that some platforms have no build of,
 * and everything in enrollkit except the emulator works there.
 */

import { createRequire } from 'node:module';
import type Database from 'libsql';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';

export type SqliteDatabase = Database.Database;
export type SqliteStatement = Database.Statement;

/** The platforms of libsql's optional dependencies, as `process.platform` and `process.arch` name them. */
const platforms = ['darwin-arm64', 'darwin-x64', 'linux-arm', 'linux-arm64', 'linux-x64', 'win32-x64'];

let loaded: typeof Database | undefined;

/**
 * Opens a database file, which is created if it does not exist, or `:memory:`.
 *
 * @param asThrown what is thrown in place of an error of libsql, whose `code` is SQLite's: here, and by every statement
 * @throws EnrollkitError EMULATOR_UNSUPPORTED; what `asThrown` returns
 */
export function openSqlite(path: string, asThrown: (error: unknown) => unknown): SqliteDatabase {
  const Sqlite = loadSqlite();
  const guard = <Arguments extends unknown[], Result>(act: (...args: Arguments) => Result) => {
    return (...args: Arguments): Result => {
      try {
        return act(...args);
      } catch (error) {
        throw asThrown(error);
      }
    };
  };
  const database = guard(() => new Sqlite(path))();
  const exec = guard(database.exec.bind(database));
  const prepare = guard(database.prepare.bind(database));
  return Object.assign(database, {
    // SQLite has rolled back already when a disk is full (sqlite.org, "Response To Errors Within A Transaction"), and
    // libsql would throw for that instead.
    exec: (sql: string) => (sql === 'ROLLBACK' && !database.inTransaction ? database : exec(sql)),
    pragma: guard(database.pragma.bind(database)),
    prepare(sql: string) {
      const statement = prepare(sql);
      return Object.assign(statement, {
        run: guard(statement.run.bind(statement)),
        get: guard(statement.get.bind(statement)),
        all: guard(statement.all.bind(statement)),
      });
    },
  });
}

/** @throws EnrollkitError EMULATOR_UNSUPPORTED when libsql cannot be loaded */
export function loadSqlite(): typeof Database {
  try {
    loaded ??= createRequire(import.meta.url)('libsql') as typeof Database;
    return loaded;
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`;
    throw platforms.includes(platform)
      ? new EnrollkitError('EMULATOR_UNSUPPORTED', sentences.emulator.databaseMissing(platform), {
          next: sentences.emulator.installAgain,
          cause,
        })
      : new EnrollkitError('EMULATOR_UNSUPPORTED', sentences.emulator.platformUnsupported(platform), {
          cause,
        });
  }
}
