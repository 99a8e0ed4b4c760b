/** What is handed out and not settled yet: nobody else gets it meanwhile. */
import { randomUUID } from 'node:crypto';

interface Lock<Held> {
  held: Held;
  timer: NodeJS.Timeout | undefined;
}

export class Locks<Held> {
  readonly #locks = new Map<string, Lock<Held>>();

  /**
   * @param milliseconds after which the lock ends by itself; for ever when not given
   * @param ended told when it has ended by itself
   * @returns a token, by which it is settled
   */
  take(held: Held, milliseconds: number | undefined, ended: (held: Held) => void): string {
    const token = randomUUID();
    const end = () => {
      this.#locks.delete(token);
      ended(held);
    };
    const timer = milliseconds === undefined ? undefined : setTimeout(end, milliseconds).unref();
    this.#locks.set(token, { held, timer });
    return token;
  }

  /** Ends a lock, when it is still held and `mayEnd` says so. @returns what it held */
  end(token: string, mayEnd: (held: Held) => boolean = () => true): Held | undefined {
    const lock = this.#locks.get(token);
    if (lock === undefined || !mayEnd(lock.held)) return undefined;
    clearTimeout(lock.timer);
    this.#locks.delete(token);
    return lock.held;
  }

  /** All that is locked. */
  held(): Held[] {
    return [...this.#locks.values()].map(({ held }) => held);
  }
}
