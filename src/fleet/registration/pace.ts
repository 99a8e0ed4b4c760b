/** Limits the requests to a service: how many at a time and per minute, and none while the service says so. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export interface PaceOptions {
  /** Items at a time. */
  concurrency: number;
  /** Operations per minute; unlimited when left out. */
  perMinute?: number | undefined;
  signal: AbortSignal;
}

/** A registration waits for seconds while DPS assigns; the quota is 1,000 a minute. */
export const registrationPace = { concurrency: 128, perMinute: 900 };
/** Many connections on one computer only wait for each other. */
export const emulatorConcurrency = 16;

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
    // Each item in progress listens for it.
    setMaxListeners(0, signal);
  }

  /** Starts nothing for some time: a service that throttles one request throttles all. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + ms);
  }

  /**
   * Does something for each item, as fast as allowed. Items are taken as they are needed. After the first error nothing
   * more is started; items in progress are awaited.
   *
   * @param operationsOf how many operations an item counts as
   * @throws what `act` throws; the signal's reason when it was aborted
   */
  async forEach<Item>(
    items: AsyncIterable<Item> | Iterable<Item>,
    act: (item: Item) => Promise<void>,
    operationsOf: (item: Item) => number = () => 1,
  ): Promise<void> {
    const inProgress = new Set<Promise<void>>();
    const errors: unknown[] = [];
    try {
      for await (const item of items) {
        while (inProgress.size >= this.#concurrency) await Promise.race(inProgress);
        if (errors.length === 0) await this.turn(operationsOf(item));
        if (errors.length > 0) break;
        const one: Promise<void> = act(item)
          .catch((error: unknown) => {
            errors.push(error);
          })
          .finally(() => inProgress.delete(one));
        inProgress.add(one);
      }
    } finally {
      await Promise.all(inProgress);
    }
    if (errors.length > 0) throw errors[0];
    this.#signal.throwIfAborted();
  }

  /**
   * Waits until some operations may start. They are evenly spaced, since a burst would use up a quota at once.
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
    // Makes up for timers that fire late, but not for a long pause.
    this.#nextAt = Math.max(this.#nextAt, performance.now() - lateMs) + this.#intervalMs * operations;
  }
}
