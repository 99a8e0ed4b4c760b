/** The SQLite of Node.js (`node:sqlite`), without a flag since 22.13, behind the interface of the emulator's state. */

import type { SqliteDatabase, SqliteDriver, SqliteStatement } from './sqlite-driver.js';

/** What is used of `node:sqlite`. Source: Node.js documentation, "SQLite". */
interface NodeSqlite {
  DatabaseSync: new (path: string) => NodeDatabase;
}

interface NodeDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
  /** Since Node.js 22.16. */
  isTransaction?: boolean;
}

type Row = Record<string, unknown>;

/** The names that better-sqlite3 and libsql give result codes. Source: SQLite, "Result and Error Codes". */
const codes: Readonly<Record<number, string>> = {
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  26: 'SQLITE_NOTADB',
};

/** Undefined on versions of Node.js without it. */
export function nodeSqlite(): SqliteDriver | undefined {
  const sqlite = withoutWarning(() => process.getBuiltinModule?.('node:sqlite')) as NodeSqlite | undefined;
  return sqlite && driver(sqlite);
}

function driver({ DatabaseSync }: NodeSqlite): SqliteDriver {
  return class implements SqliteDatabase {
    readonly #database: NodeDatabase;
    open = true;

    constructor(path: string) {
      this.#database = coded(() => new DatabaseSync(path));
    }

    get inTransaction(): boolean {
      return this.#database.isTransaction ?? true;
    }

    exec(sql: string): void {
      coded(() => this.#database.exec(sql));
    }

    prepare(sql: string): SqliteStatement {
      const statement = coded(() => this.#database.prepare(sql));
      return {
        run: (...parameters) => coded(() => statement.run(...inOrder(parameters))),
        get: (...parameters) => {
          const row = coded(() => statement.get(...inOrder(parameters)));
          return row === undefined ? undefined : withBuffers(row as Row);
        },
        all: (...parameters) =>
          (coded(() => statement.all(...inOrder(parameters))) as Row[]).map(withBuffers),
      };
    }

    pragma(source: string): unknown {
      return this.prepare(`PRAGMA ${source}`).all();
    }

    transaction<Result>(act: () => Result): () => Result {
      return () => {
        this.exec('BEGIN');
        try {
          const result = act();
          this.exec('COMMIT');
          return result;
        } catch (error) {
          this.exec('ROLLBACK');
          throw error;
        }
      };
    }

    close(): void {
      this.#database.close();
      this.open = false;
    }
  };
}

/** An array binds by position there only if it is spread. */
function inOrder(parameters: readonly unknown[]): unknown[] {
  return parameters.flat();
}

function withBuffers(row: Row): Row {
  for (const [name, value] of Object.entries(row)) {
    if (value instanceof Uint8Array) {
      row[name] = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
  }
  return row;
}

/** Gives errors the name of their code; `errcode` is the extended one, whose low octet is the primary. */
function coded<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    const { errcode } = error as { errcode?: number };
    const code = errcode === undefined ? undefined : codes[errcode & 0xff];
    throw code === undefined ? error : Object.assign(error as Error, { code });
  }
}

/** Node.js warns that `node:sqlite` is experimental, which is nothing that a user of enrollkit can act upon. */
function withoutWarning<Result>(load: () => Result): Result {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
