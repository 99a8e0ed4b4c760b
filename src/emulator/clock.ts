/**
 * The emulator's clock: the computer's, until a test sets it. It runs on from the time that was set, also after a restart,
 * until it is reset.
 */

/** The times that JSON and certificates write with four digits for the year. */
const earliest = Date.UTC(1970, 0, 1);
const latest = Date.UTC(9999, 11, 31);

/** Where a clock keeps how far it is ahead, in milliseconds. */
export interface ClockStore {
  read(): number;
  write(offsetMs: number): void;
}

export class EmulatorClock {
  readonly #base: () => Date;
  #store: ClockStore | undefined;
  #offsetMs = 0;

  /** @param base the clock that this one follows */
  constructor(base: () => Date = () => new Date()) {
    this.#base = base;
  }

  /** Continues with the offset that a store has, and keeps each further one there. */
  keepIn(store: ClockStore): void {
    this.#offsetMs = store.read();
    this.#store = store;
  }

  #keep(offsetMs: number): void {
    this.#store?.write(offsetMs);
    this.#offsetMs = offsetMs;
  }

  /** The time by which certificates and tokens are judged and records are dated. */
  readonly now = (): Date => new Date(this.#base().getTime() + this.#offsetMs);

  /** Milliseconds that it is ahead of the clock that it follows; negative when behind. */
  get offset(): number {
    return this.#offsetMs;
  }

  /**
   * Sets the current time.
   *
   * @throws RangeError when the time is not in the years 1970 to 9999
   */
  set(at: Date): void {
    const time = at.getTime();
    if (!(time >= earliest && time <= latest)) {
      throw new RangeError('The clock can be set to a time of the years 1970 to 9999.');
    }
    this.#keep(time - this.#base().getTime());
  }

  /**
   * Moves the clock forward, or back by a negative number.
   *
   * @throws RangeError as {@link set}
   */
  advance(milliseconds: number): void {
    this.set(new Date(this.now().getTime() + milliseconds));
  }

  /** Makes it the same as the clock that it follows. */
  reset(): void {
    this.#keep(0);
  }
}
