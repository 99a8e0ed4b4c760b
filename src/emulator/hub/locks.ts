/** Locks on messages that were handed out and are not settled yet: meanwhile, no other receiver gets them. */
import { randomUUID } from 'node:crypto';
import { unattended } from '../wire/unattended.js';

interface Lock<Held> {
  held: Held;
  timer: NodeJS.Timeout | undefined;
}

export class Locks<Held> {
  readonly #locks = new Map<string, Lock<Held>>();

  /**
   * @param milliseconds after which the lock expires; undefined for never
   * @param expired called when it expires
   * @returns the token to settle it with
   */
  take(held: Held, milliseconds: number | undefined, expired: (held: Held) => void): string {
    const token = randomUUID();
    const expire = () => {
      this.#locks.delete(token);
      expired(held);
    };
    const timer =
      milliseconds === undefined ? undefined : setTimeout(unattended(expire), milliseconds).unref();
    this.#locks.set(token, { held, timer });
    return token;
  }

  /**
   * Releases a lock.
   *
   * @param mayRelease whether the caller may settle it; anyone may by default
   * @returns what it held; undefined if there is no such lock, or the caller may not settle it
   */
  release(token: string, mayRelease: (held: Held) => boolean = () => true): Held | undefined {
    const lock = this.#locks.get(token);
    if (lock === undefined || !mayRelease(lock.held)) return undefined;
    clearTimeout(lock.timer);
    this.#locks.delete(token);
    return lock.held;
  }

  /** Everything that is locked. */
  held(): Held[] {
    return [...this.#locks.values()].map(({ held }) => held);
  }
}
