/** The number of rows in a table, kept because SQLite would count a million of them each time. */
import type { StateDatabase } from './database.js';

export class RowCount {
  readonly #database: StateDatabase;
  readonly #table: string;
  /** Undefined until it is first asked for. */
  #value: number | undefined;

  constructor(database: StateDatabase, table: string) {
    this.#database = database;
    this.#table = table;
  }

  get value(): number {
    this.#value ??= (
      this.#database.prepare(`SELECT count(*) AS count FROM ${this.#table}`).get() as { count: number }
    ).count;
    return this.#value;
  }

  /** Whether it has been asked for: until then, changes need not be reported. */
  get isKnown(): boolean {
    return this.#value !== undefined;
  }

  /** Reports rows that were inserted, or deleted (a negative number). */
  change(by: number): void {
    if (this.#value !== undefined) this.#value += by;
  }
}
