/**
 * The files of the state: `state.db` has the first provisioning service and the first hub, and lists the others; each of
 * those has its own file.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { closeState, openState, type StateDatabase, type StateErrorListener } from './database.js';
import { mainStateFile, stateFilePattern } from './files.js';

export type StateKind = 'service' | 'hub';

/** Where the main file lists those that have a file. */
const listOf: Record<StateKind, string> = { service: 'provisioning_service', hub: 'iot_hub' };

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
    if (folder !== ':memory:') assertHasList(folder);
    this.main = this.#open();
    if (folder !== ':memory:') this.#removeUnlisted();
  }

  /**
   * Deletes the files of services and hubs that a process was creating or deleting when it was killed: the next one of
   * that number would have what they contain.
   */
  #removeUnlisted(): void {
    const isListed = (kind: StateKind, number: number) =>
      number === 1 ||
      this.main.prepare(`SELECT 1 FROM ${listOf[kind]} WHERE number = ?`).get(number) !== undefined;
    for (const name of readdirSync(this.#folder)) {
      const [, , kind, number] = stateFilePattern.exec(name) ?? [];
      const isOther = kind === 'service' || kind === 'hub';
      if (isOther && !isListed(kind, Number(number))) rmSync(join(this.#folder, name), { force: true });
    }
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

/** @throws EnrollkitError EMULATOR_STATE_UNREADABLE when the main file is missing, and others are not */
function assertHasList(folder: string): void {
  const names = readdirSync(folder).filter((name) => name.endsWith('.db') && stateFilePattern.test(name));
  if (names.length === 0 || names.includes(mainStateFile)) return;
  const message = sentences.emulator.stateListMissing(join(folder, mainStateFile));
  throw new EnrollkitError('EMULATOR_STATE_UNREADABLE', message, {
    next: sentences.emulator.restoreOrEmpty(folder),
  });
}

function fileName(kind: StateKind, number: number): string {
  return `state-${kind}-${number}.db`;
}
