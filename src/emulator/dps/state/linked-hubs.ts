/**
 * The hubs linked to a provisioning service. What the state keeps is a hub's ID: its host name carries the port, and
 * that may change from run to run. So names are put in when answering, and taken out when reading.
 */
import type { HubDirectory, IotHub } from '../../hub/hub-directory.js';
import type { StateDatabase } from '../../state/database.js';

export interface HubLink {
  hubId: string;
  location: string;
  applyAllocationPolicy: boolean;
  allocationWeight: number;
}

export interface Hub extends HubLink {
  /** Host name for devices, with `:port` unless the port is 8883. */
  readonly hostName: string;
  readonly iotHub: IotHub;
}

interface Row {
  hub_id: string;
  location: string;
  apply_allocation_policy: number;
  allocation_weight: number;
}

export class LinkedHubs {
  readonly #database: StateDatabase;
  readonly #directory: HubDirectory;
  #hubs: Hub[];

  constructor(database: StateDatabase, directory: HubDirectory) {
    this.#database = database;
    this.#directory = directory;
    this.#hubs = this.#read();
  }

  /** Notes what the hubs are called in this run, so that a later one understands it. */
  noteNames(): void {
    const note = this.#database.prepare('INSERT OR REPLACE INTO hub_name VALUES (?, ?)');
    for (const { hostName, hubId } of this.#hubs) note.run(hostName.toLowerCase(), hubId);
  }

  /** In the order in which they were linked. */
  list(): readonly Hub[] {
    return this.#hubs;
  }

  get(hubId: string): Hub | undefined {
    return this.#hubs.find((hub) => hub.hubId === hubId);
  }

  /** The linked hub of a host name, which may be one of an earlier run. */
  byName(hostName: string): Hub | undefined {
    const hubId = this.idOf(hostName);
    return hubId === undefined ? undefined : this.get(hubId);
  }

  /** The host name of a hub, linked or not; its ID when there is no such hub. */
  hostNameOf(hubId: string): string {
    return this.#directory.get(hubId)?.names.mqtt ?? hubId;
  }

  /** The ID of the hub of a host name, linked or not. */
  idOf(hostName: string): string | undefined {
    const named = this.#database
      .prepare('SELECT hub_id FROM hub_name WHERE name = ?')
      .get(hostName.toLowerCase()) as { hub_id: string } | undefined;
    return named?.hub_id ?? this.#directory.byName(hostName)?.hubId;
  }

  /** Links these hubs and no others. */
  replace(links: readonly HubLink[]): void {
    this.#database.transaction(() => {
      this.#database.exec('DELETE FROM hub');
      const insert = this.#database.prepare('INSERT INTO hub VALUES (?, ?, ?, ?, ?)');
      for (const [position, link] of links.entries()) {
        const { hubId, location, applyAllocationPolicy, allocationWeight } = link;
        insert.run(hubId, location, applyAllocationPolicy ? 1 : 0, allocationWeight, position);
      }
    })();
    this.#hubs = this.#read();
    this.noteNames();
  }

  #read(): Hub[] {
    const rows = this.#database.prepare('SELECT * FROM hub ORDER BY position, hub_id').all() as Row[];
    return rows.flatMap((row): Hub[] => {
      const iotHub = this.#directory.get(row.hub_id);
      if (!iotHub) return [];
      return [
        {
          hubId: row.hub_id,
          location: row.location,
          applyAllocationPolicy: row.apply_allocation_policy === 1,
          allocationWeight: row.allocation_weight,
          iotHub,
          get hostName() {
            return iotHub.names.mqtt;
          },
        },
      ];
    });
  }
}
