/** The operations of one connection that are not complete yet: each has a time limit, and all fail with the connection. */

import { EnrollkitError } from '../../errors.js';

/** The official SDKs wait as long for a connection or a reply. */
export const operationTimeoutSeconds = 30;

interface Pending<Reply> {
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

/** @typeParam Reply what a request is answered with */
export class PendingOperations<Reply> {
  readonly #requests = new Map<string, Pending<Reply>>();
  readonly #failures = new Set<(error: unknown) => void>();
  #reason: (() => unknown) | undefined;
  #error: unknown;

  /** Why the connection ended; undefined while it is open. */
  get ended(): unknown {
    this.#error ??= this.#reason?.();
    return this.#error;
  }

  /**
   * Waits until an operation completes.
   *
   * @param timeoutMessage of the error TIMEOUT
   * @param start begins the operation, and calls one of its two functions when it completes or fails
   * @throws the reason of {@link end} when the connection ended before or meanwhile; EnrollkitError TIMEOUT after
   *   {@link operationTimeoutSeconds}; what `failed` was called with
   */
  async complete<Result>(
    timeoutMessage: string,
    start: (done: (result: Result) => void, failed: (error: unknown) => void) => void,
  ): Promise<Result> {
    if (this.#reason) throw this.ended;
    let timer: NodeJS.Timeout | undefined;
    let fail: ((error: unknown) => void) | undefined;
    try {
      return await new Promise<Result>((resolve, reject) => {
        fail = reject;
        this.#failures.add(reject);
        timer = setTimeout(
          () => reject(new EnrollkitError('TIMEOUT', timeoutMessage)),
          operationTimeoutSeconds * 1000,
        );
        start(resolve, reject);
      });
    } finally {
      clearTimeout(timer);
      if (fail) this.#failures.delete(fail);
    }
  }

  /** Like {@link complete}, for a request whose reply {@link answer} delivers. */
  async reply(
    requestId: string,
    timeoutMessage: string,
    send: (pending: Pending<Reply>) => void,
  ): Promise<Reply> {
    try {
      return await this.complete<Reply>(timeoutMessage, (resolve, reject) => {
        const pending = { resolve, reject };
        this.#requests.set(requestId, pending);
        send(pending);
      });
    } finally {
      this.#requests.delete(requestId);
    }
  }

  /** Completes a request. @returns false for a reply that nothing waits for */
  answer(requestId: string, reply: Reply): boolean {
    const pending = this.#requests.get(requestId);
    pending?.resolve(reply);
    return pending !== undefined;
  }

  /** Completes all requests with the same reply. */
  answerAll(reply: Reply): void {
    for (const { resolve } of this.#requests.values()) resolve(reply);
  }

  /**
   * Fails all pending operations and any later one.
   *
   * @param reason makes the error; only called when an operation fails with it
   * @returns whether it is the first end
   */
  end(reason: () => unknown): boolean {
    if (this.#reason) return false;
    this.#reason = reason;
    for (const fail of [...this.#failures]) fail(this.ended);
    return true;
  }
}
