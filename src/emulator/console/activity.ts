/** The latest requests and registrations, for the emulator's page. */
import { randomUUID } from 'node:crypto';
import type { RegistrationVerdict } from '../dps/registration/verdict.js';
import type { EmulatorEvent, EmulatorLog } from '../wire/events.js';

/** How many of each are kept. */
const keptEvents = 500;
const keptVerdicts = 200;

export interface Numbered<Value> {
  /** Counts from 1. */
  number: number;
  value: Value;
}

export class Activity {
  readonly #events = new Latest<EmulatorEvent>(keptEvents);
  readonly #verdicts = new Latest<RegistrationVerdict>(keptVerdicts);
  readonly #listeners = new Set<() => void>();
  #epoch = randomUUID();
  #changes = 0;

  /** Changes when the emulator is reset or restarted. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Counts the calls of {@link changed}. */
  get changes(): number {
    return this.#changes;
  }

  /** The newest first. */
  get events(): Numbered<EmulatorEvent>[] {
    return this.#events.list();
  }

  /** The newest first. */
  get verdicts(): Numbered<RegistrationVerdict>[] {
    return this.#verdicts.list();
  }

  /** A log that keeps each event and passes it to another log. */
  logTo(log: EmulatorLog | undefined): EmulatorLog {
    return (event) => {
      this.#events.add(event);
      this.changed();
      log?.(event);
    };
  }

  readonly addVerdict = (verdict: RegistrationVerdict): void => {
    this.#verdicts.add(verdict);
    this.changed();
  };

  /** Forgets everything, because the emulator was reset. */
  reset(): void {
    this.#events.clear();
    this.#verdicts.clear();
    this.#epoch = randomUUID();
  }

  /** @returns stops the calls */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Something that pages show has changed. */
  changed(): void {
    this.#changes += 1;
    for (const listener of this.#listeners) listener();
  }
}

/** The last values that were added, in a ring. */
class Latest<Value> {
  readonly #size: number;
  readonly #ring: Numbered<Value>[] = [];
  #count = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(value: Value): void {
    this.#ring[this.#count % this.#size] = { number: this.#count + 1, value };
    this.#count += 1;
  }

  clear(): void {
    this.#ring.length = 0;
    this.#count = 0;
  }

  list(): Numbered<Value>[] {
    const from = this.#count % this.#size;
    const inOrder =
      this.#count < this.#size ? this.#ring : [...this.#ring.slice(from), ...this.#ring.slice(0, from)];
    return [...inOrder].reverse();
  }
}
