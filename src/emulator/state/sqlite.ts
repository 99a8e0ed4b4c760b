/**
 * SQLite for the emulator's state, loaded when the first database is opened: libsql, or the SQLite of Node.js where
 * libsql has no build or is not installed. Everything in enrollkit except the emulator works without either.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { nodeSqlite } from './node-sqlite.js';
import type { SqliteDatabase, SqliteDriver } from './sqlite-driver.js';

/** The platforms of libsql's optional dependencies, as `process.platform` and `process.arch` name them. */
const platforms = ['darwin-arm64', 'darwin-x64', 'linux-arm', 'linux-arm64', 'linux-x64', 'win32-x64'];

let loaded: SqliteDriver | undefined;

/**
 * Opens a database file, which is created if it does not exist, or `:memory:`.
 *
 * @param asThrown what is thrown in place of an error of SQLite: here, and by every statement
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
    exec(sql: string) {
      // SQLite has rolled back already when a disk is full (sqlite.org, "Response To Errors Within A Transaction"), and
      // would throw for that instead.
      if (sql !== 'ROLLBACK' || database.inTransaction) exec(sql);
    },
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

/** @throws EnrollkitError EMULATOR_UNSUPPORTED when neither libsql nor the SQLite of Node.js can be loaded */
export function loadSqlite(): SqliteDriver {
  try {
    loaded ??= loadLibsql();
  } catch (cause) {
    loaded = nodeSqlite();
    if (loaded === undefined) throw unsupported(cause);
  }
  return loaded;
}

/** @throws when it is not installed, or cannot be loaded */
function loadLibsql(): SqliteDriver {
  const require = createRequire(import.meta.url);
  if (process.platform === 'linux') assertWholeLibrary(createRequire(require.resolve('libsql')));
  return require('libsql') as SqliteDriver;
}

/** A library that is cut off ends a process on Linux without a word, by SIGBUS, while it is loaded. */
function assertWholeLibrary(require: NodeJS.Require): void {
  const suffixes = process.arch === 'arm' ? ['gnueabihf', 'musleabihf'] : ['gnu', 'musl'];
  for (const suffix of suffixes) {
    let path: string;
    try {
      path = require.resolve(`@libsql/linux-${process.arch}-${suffix}`);
    } catch {
      continue; // Only that of this computer's C library is installed.
    }
    if (isCutOff(path)) throw new Error(`${path} is cut off`);
  }
}

/** Whether a file in the Executable and Linkable Format lacks its end, where its table of sections is. */
function isCutOff(path: string): boolean {
  const header = Buffer.alloc(64);
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (readSync(file, header) < header.length) return true;
    const has64Bits = header[4] === 2;
    const begin = has64Bits ? Number(header.readBigUInt64LE(40)) : header.readUInt32LE(32);
    const entries = has64Bits ? 58 : 46;
    return begin + header.readUInt16LE(entries) * header.readUInt16LE(entries + 2) > size;
  } finally {
    closeSync(file);
  }
}

function unsupported(cause: unknown): EnrollkitError {
  const platform = `${process.platform}-${process.arch}`;
  const { databaseMissing, installAgain, platformUnsupported } = sentences.emulator;
  return platforms.includes(platform)
    ? new EnrollkitError('EMULATOR_UNSUPPORTED', databaseMissing(platform), { next: installAgain, cause })
    : new EnrollkitError('EMULATOR_UNSUPPORTED', platformUnsupported(platform), { cause });
}
