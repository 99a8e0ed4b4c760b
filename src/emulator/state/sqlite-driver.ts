/** What the emulator's state needs of SQLite, whichever package it comes from: a part of better-sqlite3. */

/** Values of SQL's parameters: an array by position, an object by name, or one after the other. */
type Parameters = readonly unknown[];

export interface SqliteStatement {
  run(...parameters: Parameters): { changes: number; lastInsertRowid: number | bigint };
  /** The first row, or undefined if nothing matches. */
  get(...parameters: Parameters): unknown;
  /** Blobs may be Buffers or ArrayBuffers. */
  all(...parameters: Parameters): unknown[];
}

/** One open database, with the names and the behaviour of better-sqlite3. */
export interface SqliteDatabase {
  readonly open: boolean;
  readonly inTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  /** The rows of `PRAGMA source`. */
  pragma(source: string): unknown;
  /** `act` within a transaction, which an error undoes. */
  transaction<Result>(act: () => Result): () => Result;
  close(): void;
}

/** Opens a file. Its errors, and those of what it returns, have SQLite's `code`, such as `SQLITE_FULL`. */
export type SqliteDriver = new (path: string) => SqliteDatabase;
