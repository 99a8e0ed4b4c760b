/** Device identities as the service makes, changes and lists them. */
import { randomBytes, randomInt } from 'node:crypto';
import type Database from 'libsql';
import type { JsonObject } from '../../dps/contract/merge-patch.js';
import { etagMatches } from '../state/etag.js';
import { deviceEtag } from './describe.js';
import {
  type DeviceRow,
  deviceColumns,
  type HubAuthentication,
  type HubDevice,
  type HubDevices,
  toDevice,
} from './devices.js';
import { HubError } from './hub-error.js';

/** What the service may set. */
export interface DeviceSettings {
  authentication: HubAuthentication;
  /** Upper-case hexadecimal, SHA-1 or SHA-256; for `selfSigned` only. */
  thumbprints: { primary: string | undefined; secondary: string | undefined };
  /** Base64; for `sas` only. Undefined when the hub is to make them, or to keep those that there are. */
  symmetricKeys: [primary: string, secondary: string] | undefined;
  status: 'enabled' | 'disabled';
  statusReason: string | undefined;
  iotEdge: boolean;
}

export interface RegistryStatistics {
  totalDeviceCount: number;
  enabledDeviceCount: number;
  disabledDeviceCount: number;
}

export class DeviceIdentities {
  readonly #devices: HubDevices;
  readonly #now: () => Date;
  readonly #insert: Database.Statement;
  readonly #update: Database.Statement;
  readonly #page: Database.Statement;
  readonly #statistics: Database.Statement;

  /** @param database with the tables of hub/schema.ts */
  constructor(database: Database.Database, devices: HubDevices, now: () => Date) {
    this.#devices = devices;
    this.#now = now;
    this.#insert = database.prepare(
      `INSERT INTO hub_device (device_id, generation_id, created, iot_edge, leaf_thumbprint, issuer_thumbprints,
         tags, desired, desired_version, desired_updated, reported, reported_version, reported_updated,
         symmetric_keys, authentication, secondary_thumbprint, status, status_reason)
       VALUES (?1, ?2, ?3, ?4, ?5, '[]', ?6, ?7, 1, ?3, '{}', 1, ?3, ?8, ?9, ?10, ?11, ?12)
       ON CONFLICT (device_id) DO NOTHING`,
    );
    this.#update = database.prepare(
      `UPDATE hub_device SET iot_edge = ?1, leaf_thumbprint = ?2, issuer_thumbprints = ?3, symmetric_keys = ?4,
         authentication = ?5, secondary_thumbprint = ?6, status = ?7, status_reason = ?8,
         status_updated = CASE WHEN status = ?7 THEN status_updated ELSE ?10 END
       WHERE device_id = ?9`,
    );
    this.#page = database.prepare(
      `SELECT ${deviceColumns} FROM hub_device WHERE device_id > ? ORDER BY device_id LIMIT ?`,
    );
    this.#statistics = database.prepare(
      "SELECT count(*) AS total, count(*) FILTER (WHERE status = 'disabled') AS disabled FROM hub_device",
    );
  }

  /** @throws HubError DeviceAlreadyExists */
  create(
    deviceId: string,
    settings: DeviceSettings,
    twin: { tags?: JsonObject | undefined; desired?: JsonObject | undefined } = {},
  ): HubDevice {
    const { authentication, thumbprints, status, statusReason, iotEdge } = settings;
    const keys = authentication === 'sas' ? (settings.symmetricKeys ?? newKeys()) : [];
    const { changes } = this.#insert.run([
      deviceId,
      String(randomInt(2 ** 47)),
      this.#now().toISOString(),
      iotEdge ? 1 : 0,
      thumbprints.primary ?? '',
      JSON.stringify(twin.tags ?? {}),
      JSON.stringify(twin.desired ?? {}),
      JSON.stringify(keys),
      authentication,
      thumbprints.secondary ?? '',
      status,
      statusReason ?? null,
    ]);
    if (changes === 0) throw new HubError('DeviceAlreadyExists');
    return this.#devices.get(deviceId)!;
  }

  /**
   * A device that may not go on as it is connected now loses its connection.
   *
   * @param ifMatch the etag that the caller knows, or `*`
   * @throws HubError DeviceNotFound, PreconditionFailed
   */
  update(deviceId: string, settings: DeviceSettings, ifMatch: string): HubDevice {
    const before = this.find(deviceId, ifMatch);
    const { authentication, thumbprints, status, statusReason, iotEdge } = settings;
    const keptKeys = before.symmetricKeys.length === 2 ? before.symmetricKeys : newKeys();
    const keys = authentication === 'sas' ? (settings.symmetricKeys ?? keptKeys) : [];
    // A device of the provisioning service keeps its CAs for as long as it is the same certificate that it came with.
    const sameCertificate =
      authentication === before.authentication && thumbprints.primary === before.leafThumbprint;
    this.#update.run([
      iotEdge ? 1 : 0,
      thumbprints.primary ?? '',
      JSON.stringify(sameCertificate ? before.issuerThumbprints : []),
      JSON.stringify(keys),
      authentication,
      thumbprints.secondary ?? '',
      status,
      statusReason ?? null,
      deviceId,
      this.#now().toISOString(),
    ]);
    const after = this.#devices.get(deviceId)!;
    if (status === 'disabled' || proofOf(before) !== proofOf(after))
      this.#devices.connections.end(deviceId, 'no longer let in');
    return after;
  }

  /** @throws HubError DeviceNotFound, PreconditionFailed */
  delete(deviceId: string, ifMatch: string): void {
    this.find(deviceId, ifMatch);
    this.#devices.delete(deviceId);
  }

  /**
   * @param ifMatch the etag that the caller knows; `*`, the default, for any
   * @throws HubError DeviceNotFound, PreconditionFailed
   */
  find(deviceId: string, ifMatch = '*'): HubDevice {
    const device = this.#devices.get(deviceId);
    if (device === undefined) throw new HubError('DeviceNotFound');
    if (!etagMatches(unquoted(ifMatch), deviceEtag(device))) throw new HubError('PreconditionFailed');
    return device;
  }

  /** The devices after an ID, in the order of their IDs, at most so many. */
  page(after: string, limit: number): HubDevice[] {
    return (this.#page.all([after, limit]) as DeviceRow[]).map(toDevice);
  }

  statistics(): RegistryStatistics {
    const { total, disabled } = this.#statistics.get([]) as { total: number; disabled: number };
    return { totalDeviceCount: total, enabledDeviceCount: total - disabled, disabledDeviceCount: disabled };
  }
}

/** SDKs put quotes around the star, too. */
export function unquoted(etag: string): string {
  return etag.trim().replace(/^"(.*)"$/, '$1');
}

function newKeys(): [string, string] {
  return [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
}

function proofOf({ authentication, leafThumbprint, secondaryThumbprint, symmetricKeys }: HubDevice): string {
  return JSON.stringify([authentication, leafThumbprint, secondaryThumbprint, symmetricKeys]);
}
