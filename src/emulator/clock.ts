/**
 * The emulator's clock: that of the computer, until a test sets it. It goes on from where it was set, and is that of the
 * computer again after a restart.
 */

/** What JSON and certificates can write with four digits for the year. */
const earliest = Date.UTC(1970, 0, 1);
const latest = Date.UTC(9999, 11, 31);

export class EmulatorClock {
  readonly #base: () => Date;
  #offsetMs = 0;

  /** @param base the clock that this one follows */
  constructor(base: () => Date = () => new Date()) {
    this.#base = base;
  }

  /** The time by which certificates, tokens and etags are judged, and records are dated. */
  readonly now = (): Date => new Date(this.#base().getTime() + this.#offsetMs);

  /** Milliseconds that it is ahead of the clock that it follows; negative when it is behind. */
  get offset(): number {
    return this.#offsetMs;
  }

  /**
   * Makes it this time now.
   *
   * @throws RangeError when it is no time of the years 1970 to 9999
   */
  set(at: Date): void {
    const time = at.getTime();
    if (!(time >= earliest && time <= latest)) {
      throw new RangeError('The clock can be set to a time of the years 1970 to 9999.');
    }
    this.#offsetMs = time - this.#base().getTime();
  }

  /**
   * Moves it on, or back by a negative number.
   *
   * @throws RangeError as {@link set}
   */
  advance(milliseconds: number): void {
    this.set(new Date(this.now().getTime() + milliseconds));
  }

  /** Makes it follow again, without any difference. */
  reset(): void {
    this.#offsetMs = 0;
  }
}
