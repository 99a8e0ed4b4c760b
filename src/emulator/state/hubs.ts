/**
 * The hubs linked to the provisioning service. What the state keeps is a hub's ID: its host name carries the port,
 * and that may change from run to run. So names are put in when answering, and taken out when reading.
 */
import type { StateDatabase } from './database.js';

export interface Hub {
  hubId: string;
  /** Host name for devices, with `:port` unless the port is 8883. */
  hostName: string;
  location: string;
  applyAllocationPolicy: boolean;
  allocationWeight: number;
}

export class LinkedHubs {
  readonly #database: StateDatabase;
  readonly #hubs: Hub[];
  readonly #idsByName: Map<string, string>;

  constructor(database: StateDatabase) {
    this.#database = database;
    const rows = database.prepare('SELECT * FROM hub ORDER BY hub_id').all() as {
      hub_id: string;
      location: string;
      apply_allocation_policy: number;
      allocation_weight: number;
    }[];
    this.#hubs = rows.map((row) => ({
      hubId: row.hub_id,
      hostName: '',
      location: row.location,
      applyAllocationPolicy: row.apply_allocation_policy === 1,
      allocationWeight: row.allocation_weight,
    }));
    const names = database.prepare('SELECT name, hub_id FROM hub_name').all() as {
      name: string;
      hub_id: string;
    }[];
    this.#idsByName = new Map(names.map(({ name, hub_id }) => [name, hub_id]));
  }

  /** Gives a hub the name that it has in this run; it goes to those that the hub answers to. */
  name(hubId: string, hostName: string): void {
    const hub = this.get(hubId);
    if (!hub) throw new TypeError(`there is no hub ${hubId}`);
    hub.hostName = hostName;
    this.#database
      .prepare('INSERT OR REPLACE INTO hub_name VALUES (?, ?)')
      .run(hostName.toLowerCase(), hubId);
    this.#idsByName.set(hostName.toLowerCase(), hubId);
  }

  list(): readonly Hub[] {
    return this.#hubs;
  }

  get(hubId: string): Hub | undefined {
    return this.#hubs.find((hub) => hub.hubId === hubId);
  }

  /** The hub of a host name, which may be one of an earlier run. */
  byName(hostName: string): Hub | undefined {
    const hubId = this.#idsByName.get(hostName.toLowerCase());
    return hubId === undefined ? undefined : this.get(hubId);
  }
}
