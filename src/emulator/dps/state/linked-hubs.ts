/**
 * The hubs linked to a provisioning service. The state has the IDs of hubs: their host names contain the port, which may
 * change from run to run. So requests are translated from names to IDs, and replies from IDs to names.
 */
import type { HubDirectory, IotHub } from '../../hub/hub-directory.js';
import type { StateDatabase } from '../../state/database.js';

export interface HubLink {
  hubId: string;
  location: string;
  /** Whether devices are assigned to it: they are, unless this is false. */
  applyAllocationPolicy?: boolean | undefined;
  /** From 1 to 1000; 1 by default. */
  allocationWeight?: number | undefined;
  /** The policy of the hub that its connection string names; undefined where the emulator linked the hub as its owner. */
  policy?: { keyName: string; key: string } | undefined;
}

export interface Hub extends HubLink {
  /** The host name for devices, with `:port` unless the port is 8883. */
  readonly hostName: string;
  readonly iotHub: IotHub;
}

interface Row {
  hub_id: string;
  location: string;
  apply_allocation_policy: number | null;
  allocation_weight: number | null;
  policy_name: string | null;
  policy_key: string | null;
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

  /** Stores the host names of the hubs in this run, so that a later run recognizes them. */
  recordNames(): void {
    const record = this.#database.prepare('INSERT OR REPLACE INTO hub_name VALUES (?, ?)');
    for (const { hostName, hubId } of this.list()) record.run(hostName.toLowerCase(), hubId);
  }

  /** In the order in which they were linked. */
  list(): readonly Hub[] {
    // A hub may have been deleted since.
    return this.#hubs.filter(({ hubId, iotHub }) => this.#directory.get(hubId) === iotHub);
  }

  get(hubId: string): Hub | undefined {
    return this.list().find((hub) => hub.hubId === hubId);
  }

  /** The linked hub with this host name, which may be from an earlier run. */
  byName(hostName: string): Hub | undefined {
    const hubId = this.idOf(hostName);
    return hubId === undefined ? undefined : this.get(hubId);
  }

  /** The host name of a hub, linked or not; its ID if there is no such hub. */
  hostNameOf(hubId: string): string {
    return this.#directory.get(hubId)?.names.mqtt ?? hubId;
  }

  /** The ID of the hub with this host name, linked or not. */
  idOf(hostName: string): string | undefined {
    const row = this.#database
      .prepare('SELECT hub_id FROM hub_name WHERE name = ?')
      .get(hostName.toLowerCase()) as { hub_id: string } | undefined;
    return row?.hub_id ?? this.#directory.byName(hostName)?.hubId;
  }

  /** Replaces all links. */
  replace(links: readonly HubLink[]): void {
    this.#database.transaction(() => {
      this.#database.exec('DELETE FROM linked_hub');
      const insert = this.#database.prepare('INSERT INTO linked_hub VALUES (?, ?, ?, ?, ?, ?, ?)');
      for (const [position, link] of links.entries()) {
        const { hubId, location, applyAllocationPolicy, allocationWeight, policy } = link;
        const applies = applyAllocationPolicy === undefined ? null : Number(applyAllocationPolicy);
        const named = [policy?.keyName ?? null, policy?.key ?? null];
        insert.run(hubId, location, applies, allocationWeight ?? null, position, ...named);
      }
    })();
    this.#hubs = this.#read();
    this.recordNames();
  }

  #read(): Hub[] {
    const rows = this.#database.prepare('SELECT * FROM linked_hub ORDER BY position, hub_id').all() as Row[];
    return rows.flatMap((row): Hub[] => {
      const iotHub = this.#directory.get(row.hub_id);
      if (!iotHub) return [];
      return [
        {
          hubId: row.hub_id,
          location: row.location,
          ...(row.apply_allocation_policy === null
            ? {}
            : { applyAllocationPolicy: row.apply_allocation_policy === 1 }),
          ...(row.allocation_weight === null ? {} : { allocationWeight: row.allocation_weight }),
          ...(row.policy_name === null || row.policy_key === null
            ? {}
            : { policy: { keyName: row.policy_name, key: row.policy_key } }),
          iotHub,
          get hostName() {
            return iotHub.names.mqtt;
          },
        },
      ];
    });
  }
}
