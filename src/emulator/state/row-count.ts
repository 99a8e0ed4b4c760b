/** How many rows a table has: SQLite would count a million of them anew each time. */
import type { StateDatabase } from './database.js';

export class RowCount {
  readonly #database: StateDatabase;
  readonly #table: string;
  /** Undefined until someone asks. */
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

  /** Whether someone has asked: until then, no change has to be told. */
  get isKnown(): boolean {
    return this.#value !== undefined;
  }

  /** Rows were inserted, or deleted. */
  change(by: number): void {
    if (this.#value !== undefined) this.#value += by;
  }
}
