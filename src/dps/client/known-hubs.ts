/** Clients of the hubs whose connection strings a target has. */
import type { ConnectionString } from '../contract/connection-string.js';
import { HubService } from './hub-service.js';
import { hubConnectionStringFor, type Target } from './target.js';

export class KnownHubs {
  readonly #target: Target;
  readonly #open = new Map<ConnectionString, HubService>();

  constructor(target: Target) {
    this.#target = target;
  }

  /**
   * Undefined when the connection string of this hub is not known.
   *
   * @param host of the hub, with or without a port
   */
  of(host: string): HubService | undefined {
    const connectionString = hubConnectionStringFor(this.#target, host);
    if (connectionString === undefined) return undefined;
    const hub = this.#open.get(connectionString) ?? new HubService(connectionString, this.#target);
    this.#open.set(connectionString, hub);
    return hub;
  }

  /** Closes idle connections. */
  close(): void {
    for (const hub of this.#open.values()) hub.close();
  }
}
