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
  readonly #hubs: Hub[];
  readonly #idsByName = new Map<string, string>();

  /** @param hostName the name of the hub in this run; it goes to those that the hub answers to */
  constructor(database: StateDatabase, hubId: string, hostName: string) {
    database.prepare('INSERT OR IGNORE INTO hub_name VALUES (?, ?)').run(hostName.toLowerCase(), hubId);
    const rows = database.prepare('SELECT * FROM hub ORDER BY hub_id').all() as {
      hub_id: string;
      location: string;
      apply_allocation_policy: number;
      allocation_weight: number;
    }[];
    this.#hubs = rows.map((row) => ({
      hubId: row.hub_id,
      hostName,
      location: row.location,
      applyAllocationPolicy: row.apply_allocation_policy === 1,
      allocationWeight: row.allocation_weight,
    }));
    const names = database.prepare('SELECT name, hub_id FROM hub_name').all() as {
      name: string;
      hub_id: string;
    }[];
    for (const { name, hub_id } of names) this.#idsByName.set(name, hub_id);
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
