/**
 * The files of the state: `state.db` has the first provisioning service and the first hub, and lists the others; each of
 * those has its own file.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { closeState, openState, type StateDatabase, type StateErrorListener } from './database.js';

export type StateKind = 'service' | 'hub';

/** Matches the files that SQLite puts beside each as well. */
export const stateFilePattern = /^state(-(service|hub)-\d+)?\.db(-wal|-shm|-journal)?$/;

export class StateDatabases {
  readonly main: StateDatabase;
  readonly #folder: string;
  readonly #onError: StateErrorListener | undefined;
  readonly #others = new Map<string, StateDatabase>();

  /**
   * @param folder an existing folder, or `:memory:`
   * @throws EnrollkitError EMULATOR_STATE_UNREADABLE, FILE_UNWRITABLE, EMULATOR_UNSUPPORTED
   */
  constructor(folder: string, onError?: StateErrorListener) {
    this.#folder = folder;
    this.#onError = onError;
    this.main = this.#open();
  }

  /** The state of a service or a hub, created if it does not exist; number 1 is in the main file. */
  of(kind: StateKind, number: number): StateDatabase {
    if (number === 1) return this.main;
    const name = fileName(kind, number);
    let database = this.#others.get(name);
    if (!database) {
      database = this.#open(name);
      this.#others.set(name, database);
    }
    return database;
  }

  #open(name?: string): StateDatabase {
    return openState(this.#folder, name, undefined, this.#onError);
  }

  /** Deletes the state of a service or a hub other than the first. */
  remove(kind: StateKind, number: number): void {
    const name = fileName(kind, number);
    const database = this.#others.get(name);
    this.#others.delete(name);
    if (database) closeState(database);
    if (this.#folder === ':memory:') return;
    for (const suffix of ['', '-wal', '-shm', '-journal'])
      rmSync(join(this.#folder, `${name}${suffix}`), { force: true });
  }

  /** All databases, including those in the folder that have not been opened yet. */
  all(): StateDatabase[] {
    if (this.#folder !== ':memory:') {
      for (const file of readdirSync(this.#folder)) {
        const [, kind, number] = /^state-(service|hub)-(\d+)\.db$/.exec(file) ?? [];
        if (kind === 'service' || kind === 'hub') this.of(kind, Number(number));
      }
    }
    return [this.main, ...this.#others.values()];
  }

  close(): void {
    for (const database of this.#others.values()) closeState(database);
    this.#others.clear();
    closeState(this.main);
  }
}

function fileName(kind: StateKind, number: number): string {
  return `state-${kind}-${number}.db`;
}
