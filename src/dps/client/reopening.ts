/** Requests over a connection that is opened again when it is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from './http/retry.js';
import { isLostConnection } from './transport-failure.js';

/** How often a connection is opened again for one request. */
const maxReopenings = 3;

interface Closable {
  close(): Promise<void>;
}

export class ReopeningConnection<Connection extends Closable> {
  readonly #open: () => Promise<Connection>;
  readonly #signal: AbortSignal;
  #current: Promise<Connection> | undefined;

  constructor(open: () => Promise<Connection>, signal: AbortSignal) {
    this.#open = open;
    this.#signal = signal;
  }

  /** The open connection. Without one, it is opened; when it is lost meanwhile, it is opened again. */
  connection(): Promise<Connection> {
    return this.#repeat(async (connection) => connection);
  }

  /**
   * Sends a request that can be sent twice: when the connection is lost, it is sent again over a new one.
   *
   * @throws what `request` throws; the signal's reason when it was aborted
   */
  send<Reply>(request: (over: Connection) => Promise<Reply>): Promise<Reply> {
    return this.#repeat(request);
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await (await current?.catch(() => undefined))?.close();
  }

  async #repeat<Reply>(request: (over: Connection) => Promise<Reply>): Promise<Reply> {
    for (let losses = 0; ; losses += 1) {
      this.#current ??= this.#open();
      const used = this.#current;
      try {
        return await request(await used);
      } catch (error) {
        if (losses === maxReopenings || !isLostConnection(error)) throw error;
        // Another request may have opened it again already.
        if (this.#current === used) await this.close();
        await sleep(backoffMs(losses), undefined, { signal: this.#signal }).catch(() => {
          throw this.#signal.reason;
        });
      }
    }
  }
}
