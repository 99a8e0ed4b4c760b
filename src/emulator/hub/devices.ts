/** The devices of the hub: their identities as stored, their connections, and when each was last seen. */
import { randomInt } from 'node:crypto';
import { mergePatch } from '../../dps/contract/merge-patch.js';
import type { InitialTwin } from '../../dps/contract/schemas.js';
import type { StateDatabase, StateStatement } from '../state/database.js';
import { DeviceActivity } from './activity.js';
import { DeviceConnections } from './connections.js';
import type { Candidates, TwinColumn } from './query/candidates.js';
import { initialMetadata } from './twin-metadata.js';

/** How a device authenticates. `type` is in Azure's words. */
export type DeviceCredential =
  | {
      type: 'sas';
      /** Base64; any of them signs the device's tokens. */
      symmetricKeys: string[];
    }
  | {
      type: 'selfSigned';
      /** SHA-1 or SHA-256, upper-case hexadecimal; either of the two certificates is accepted. */
      primaryThumbprint?: string | undefined;
      secondaryThumbprint?: string | undefined;
      /** SHA-256, upper-case hexadecimal: of the certificate that a renewal replaces, until the new one is used. */
      retiringThumbprint?: string | undefined;
      /**
       * SHA-256 of the CAs under which another certificate of the device is accepted as well, upper-case hexadecimal;
       * only for a device that registered through the provisioning service.
       */
      issuerThumbprints: string[];
    }
  | { type: 'certificateAuthority' };

export interface NewHubDevice {
  deviceId: string;
  credential: DeviceCredential;
  iotEdge: boolean;
  /** `enabled` by default. */
  status?: HubDevice['status'];
  statusReason?: string | undefined;
  initialTwin?: InitialTwin | null | undefined;
}

export interface HubDevice {
  deviceId: string;
  /** Distinguishes a device from an earlier one with the same ID. */
  generationId: string;
  /** ISO 8601, UTC. */
  created: string;
  credential: DeviceCredential;
  /** A disabled device cannot connect. */
  status: 'enabled' | 'disabled';
  statusReason: string | undefined;
  iotEdge: boolean;
  /** Rises by one with each change of the identity. */
  changeNumber: number;
}

interface DeviceRow {
  device_id: string;
  generation_id: string;
  created: string;
  credential: string;
  status: HubDevice['status'];
  status_reason: string | null;
  iot_edge: number;
  change_number: number;
}

const columns =
  'device_id, generation_id, created, credential, status, status_reason, iot_edge, change_number';

/** How many devices SQLite looks at for a value before other requests get their turn. */
const searchedAtOnce = 2000;
/** Comes after every device ID. */
const afterAll = '\u{10ffff}';

export class HubDevices {
  readonly activity: DeviceActivity;
  readonly connections: DeviceConnections;
  readonly #now: () => Date;
  readonly #ensure: StateStatement;
  readonly #insert: StateStatement;
  readonly #update: StateStatement;
  readonly #get: StateStatement;
  readonly #page: StateStatement;
  /** For values in twins: where a search pauses, and what it finds until there. */
  readonly #searches: Record<TwinColumn, { end: StateStatement; find: StateStatement }>;
  readonly #count: StateStatement;
  readonly #delete: StateStatement;

  constructor(database: StateDatabase, now: () => Date) {
    this.#now = now;
    this.activity = new DeviceActivity(database, now);
    this.connections = new DeviceConnections(now, (deviceId) => this.activity.connectionChanged(deviceId));
    const insert = `INSERT INTO hub_device (${columns}, tags, desired, desired_metadata, reported_metadata)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (device_id) DO`;
    this.#insert = database.prepare(`${insert} NOTHING`);
    this.#ensure = database.prepare(
      `${insert} UPDATE SET credential = ?4, iot_edge = ?7,
         change_number = change_number + (credential <> ?4 OR iot_edge <> ?7)`,
    );
    this.#update = database.prepare(
      `UPDATE hub_device SET credential = ?2, status_reason = ?4, iot_edge = ?5,
         status_updated = CASE WHEN status = ?3 THEN status_updated ELSE ?6 END, status = ?3,
         change_number = change_number + 1
       WHERE device_id = ?1`,
    );
    this.#get = database.prepare(`SELECT ${columns} FROM hub_device WHERE device_id = ?`);
    // IDs that begin with a text are consecutive.
    this.#page = database.prepare(
      `SELECT ${columns} FROM hub_device
       WHERE device_id > ?1 AND device_id >= ?2 AND device_id < ?2 || char(0x10ffff) ORDER BY device_id LIMIT ?3`,
    );
    const search = (column: TwinColumn, table = 'hub_device') => {
      const after = `FROM ${table} WHERE ${column} <> '{}' AND device_id > ?1`;
      return {
        end: database.prepare(`SELECT device_id ${after} ORDER BY device_id LIMIT 1 OFFSET ?2`),
        find: database.prepare(
          `SELECT ${columns} FROM hub_device WHERE device_id IN (
             SELECT device_id ${after} AND device_id <= ?2
               AND json_extract(${column}, ?3) IN (SELECT value FROM json_each(?4)) ORDER BY device_id LIMIT ?5
           ) ORDER BY device_id`,
        ),
      };
    };
    this.#searches = {
      tags: search('tags', 'hub_device INDEXED BY hub_device_tags'),
      desired: search('desired', 'hub_device INDEXED BY hub_device_desired'),
      // Devices report often, and an index would make that slower.
      reported: search('reported'),
    };
    this.#count = database.prepare(
      "SELECT count(*) AS total, count(*) FILTER (WHERE status = 'disabled') AS disabled FROM hub_device",
    );
    this.#delete = database.prepare('DELETE FROM hub_device WHERE device_id = ?');
  }

  /**
   * Creates the device with its twin, or gives an existing device its new credential; its status and twin stay. One
   * statement.
   */
  ensure(device: NewHubDevice): void {
    this.#ensure.run(this.#row(device));
  }

  /** Creates the device with its twin. Returns false, and changes nothing, if it exists already. */
  insert(device: NewHubDevice): boolean {
    return this.#insert.run(this.#row(device)).changes > 0;
  }

  /** Changes an existing device; its twin stays. */
  update({ deviceId, credential, status, statusReason, iotEdge }: HubDevice): void {
    this.#update.run([
      deviceId,
      JSON.stringify(credential),
      status,
      statusReason ?? null,
      iotEdge ? 1 : 0,
      this.#now().toISOString(),
    ]);
  }

  get(deviceId: string): HubDevice | undefined {
    const row = this.#get.get([deviceId]) as DeviceRow | undefined;
    return row && toDevice(row);
  }

  /** Up to `limit` devices after an ID, sorted by ID, whose IDs begin with a text. */
  page(after: string, limit: number, prefix = ''): HubDevice[] {
    return (this.#page.all([after, prefix, limit]) as DeviceRow[]).map(toDevice);
  }

  /**
   * The next of the devices that a query can select, sorted by ID.
   *
   * @param candidates undefined for all devices
   * @param limit the maximum number of devices to return
   * @returns also the ID after which the search goes on; undefined at the end
   */
  candidates(
    candidates: Candidates | undefined,
    after: string,
    limit: number,
  ): { devices: HubDevice[]; last: string | undefined } {
    if (candidates === undefined) {
      const devices = this.page(after, limit);
      return { devices, last: devices.length < limit ? undefined : devices.at(-1)!.deviceId };
    }
    if ('deviceIds' in candidates) {
      const ids = [...new Set(candidates.deviceIds)].filter((deviceId) => deviceId > after).sort();
      const next = ids.slice(0, limit);
      const devices = next.map((deviceId) => this.get(deviceId)).filter((device) => device !== undefined);
      return { devices, last: ids.length > limit ? next.at(-1) : undefined };
    }
    const { section, path, values } = candidates;
    const search = this.#searches[section];
    const end = (search.end.get([after, searchedAtOnce]) as Pick<DeviceRow, 'device_id'> | undefined)
      ?.device_id;
    const rows = search.find.all([
      after,
      end ?? afterAll,
      path,
      JSON.stringify(values),
      limit,
    ]) as DeviceRow[];
    const devices = rows.map(toDevice);
    return { devices, last: devices.length < limit ? end : devices.at(-1)!.deviceId };
  }

  count(): { total: number; disabled: number } {
    return this.#count.get([]) as { total: number; disabled: number };
  }

  /** Deletes the device with its twin and messages, and ends its connection. Returns false if it did not exist. */
  delete(deviceId: string): boolean {
    const deleted = this.#delete.run([deviceId]).changes > 0;
    this.connections.end(deviceId, 'deleted');
    return deleted;
  }

  /** Deletes every device: see {@link delete}. */
  deleteAll(): void {
    for (let page = this.page('', 1000); page.length > 0; page = this.page('', 1000))
      for (const { deviceId } of page) this.delete(deviceId);
  }

  /** The parameters of an insertion. */
  #row({ deviceId, credential, iotEdge, status, statusReason, initialTwin }: NewHubDevice) {
    const created = this.#now().toISOString();
    // Members that are null are dropped, as by a merge.
    const tags = mergePatch({}, initialTwin?.tags ?? {});
    const desired = mergePatch({}, initialTwin?.properties?.desired ?? {});
    return [
      deviceId,
      newGenerationId(this.#now()),
      created,
      JSON.stringify(credential),
      status ?? 'enabled',
      statusReason ?? null,
      iotEdge ? 1 : 0,
      // Azure's begin anywhere.
      randomInt(1e8, 1e9),
      JSON.stringify(tags),
      JSON.stringify(desired),
      JSON.stringify(initialMetadata(desired, this.#now())),
      JSON.stringify(initialMetadata({}, this.#now())),
    ];
  }
}

/** Eighteen digits, as in Azure: the ticks of .NET, which are a ten-thousandth of a millisecond. */
function newGenerationId(now: Date): string {
  const unixEpoch = 62_135_596_800_000;
  return `${now.getTime() + unixEpoch}${String(randomInt(10_000)).padStart(4, '0')}`;
}

function toDevice(row: DeviceRow): HubDevice {
  return {
    deviceId: row.device_id,
    generationId: row.generation_id,
    created: row.created,
    credential: JSON.parse(row.credential) as DeviceCredential,
    status: row.status,
    statusReason: row.status_reason ?? undefined,
    iotEdge: row.iot_edge !== 0,
    changeNumber: row.change_number,
  };
}
