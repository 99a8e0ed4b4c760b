/** How fast a service is asked: how much at once, how much a minute, and not at all for as long as it says so. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export interface PaceOptions {
  /** At once. */
  concurrency: number;
  /** Operations begun in any minute; no limit when left out. */
  perMinute?: number | undefined;
  signal: AbortSignal;
}

const lateMs = 50;

export class Pace {
  readonly #concurrency: number;
  readonly #intervalMs: number;
  readonly #signal: AbortSignal;
  #nextAt = 0;
  #pausedUntil = 0;

  constructor({ concurrency, perMinute, signal }: PaceOptions) {
    this.#concurrency = concurrency;
    this.#intervalMs = perMinute === undefined ? 0 : 60_000 / perMinute;
    this.#signal = signal;
    // Each thing under way listens for it.
    setMaxListeners(0, signal);
  }

  /** Nothing is begun for so long: a service that throttles one throttles all. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + ms);
  }

  /**
   * Does something for each item, as the pace allows. Items are taken as they are needed. The first thing thrown ends
   * it: nothing more is begun, what is under way is waited for.
   *
   * @param operationsOf how many operations an item counts for
   * @throws what `act` throws; the signal's reason when it was aborted
   */
  async forEach<Item>(
    items: AsyncIterable<Item> | Iterable<Item>,
    act: (item: Item) => Promise<void>,
    operationsOf: (item: Item) => number = () => 1,
  ): Promise<void> {
    const underWay = new Set<Promise<void>>();
    const thrown: unknown[] = [];
    try {
      for await (const item of items) {
        while (underWay.size >= this.#concurrency) await Promise.race(underWay);
        if (thrown.length === 0) await this.turn(operationsOf(item));
        if (thrown.length > 0) break;
        const one: Promise<void> = act(item)
          .catch((error: unknown) => {
            thrown.push(error);
          })
          .finally(() => underWay.delete(one));
        underWay.add(one);
      }
    } finally {
      await Promise.all(underWay);
    }
    if (thrown.length > 0) throw thrown[0];
    this.#signal.throwIfAborted();
  }

  /**
   * Waits until so many operations may begin: evenly spaced, since a burst would count against a quota at once.
   *
   * @throws the signal's reason when it was aborted
   */
  async turn(operations = 1): Promise<void> {
    this.#signal.throwIfAborted();
    for (;;) {
      const now = performance.now();
      const at = Math.max(this.#nextAt, this.#pausedUntil);
      if (at <= now) break;
      try {
        await sleep(at - now, undefined, { signal: this.#signal });
      } catch {
        throw this.#signal.reason;
      }
    }
    // A timer that fires late is made up for, a long pause is not.
    this.#nextAt = Math.max(this.#nextAt, performance.now() - lateMs) + this.#intervalMs * operations;
  }
}
