/** The device identities of the hub stand-in, which of them are connected, and when they were last seen. */
import { randomInt } from 'node:crypto';
import type Database from 'libsql';
import type { InitialTwin } from '../../dps/contract/schemas.js';
import { DeviceActivity } from './activity.js';
import { DeviceConnections } from './connections.js';

export interface NewHubDevice {
  deviceId: string;
  /** SHA-256 of the certificate that registered, upper-case hexadecimal; undefined when the device has keys instead. */
  leafThumbprint?: string;
  /** SHA-256 of the CAs under which a later certificate of the device counts too, upper-case hexadecimal. */
  issuerThumbprints: string[];
  /** Base64; any of them signs the device's tokens. */
  symmetricKeys?: string[];
  iotEdge: boolean;
  /** Counts only when the device is new. */
  initialTwin?: InitialTwin | null | undefined;
}

/** How a device proves who it is; Azure's words. */
export type HubAuthentication = 'sas' | 'selfSigned' | 'certificateAuthority';

export interface HubDevice {
  deviceId: string;
  /** Tells a device from an earlier one of the same name. */
  generationId: string;
  /** ISO 8601, UTC. */
  created: string;
  authentication: HubAuthentication;
  /** Of the certificate that registered (SHA-256), or as the service gave it (SHA-1 or SHA-256); upper-case hexadecimal. */
  leafThumbprint: string | undefined;
  /** Counts as much as the first. */
  secondaryThumbprint: string | undefined;
  issuerThumbprints: string[];
  /** Base64; empty when the device has a certificate instead. */
  symmetricKeys: string[];
  /** A device that is disabled is not let in. */
  status: 'enabled' | 'disabled';
  statusReason: string | undefined;
  iotEdge: boolean;
}

export interface DeviceRow {
  device_id: string;
  generation_id: string;
  created: string;
  authentication: string;
  leaf_thumbprint: string;
  secondary_thumbprint: string;
  issuer_thumbprints: string;
  symmetric_keys: string;
  status: string;
  status_reason: string | null;
  iot_edge: number;
}

/** What {@link toDevice} reads. */
export const deviceColumns =
  'device_id, generation_id, created, authentication, leaf_thumbprint, secondary_thumbprint, issuer_thumbprints, symmetric_keys, status, status_reason, iot_edge';

export class HubDevices {
  readonly activity: DeviceActivity;
  readonly connections: DeviceConnections;
  readonly #now: () => Date;
  readonly #ensure: Database.Statement;
  readonly #get: Database.Statement;
  readonly #delete: Database.Statement;

  /** @param database with the tables of hub/schema.ts */
  constructor(database: Database.Database, now: () => Date) {
    this.#now = now;
    this.activity = new DeviceActivity(database, now);
    this.connections = new DeviceConnections(now, (deviceId) => this.activity.connectionChanged(deviceId));
    this.#ensure = database.prepare(
      `INSERT INTO hub_device (device_id, generation_id, created, iot_edge, leaf_thumbprint, issuer_thumbprints,
         tags, desired, desired_version, desired_updated, reported, reported_version, reported_updated,
         symmetric_keys)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?3, '{}', 1, ?3, ?9)
       ON CONFLICT (device_id) DO UPDATE SET iot_edge = ?4, leaf_thumbprint = ?5, issuer_thumbprints = ?6,
         symmetric_keys = ?9, secondary_thumbprint = '', authentication = ''`,
    );
    this.#get = database.prepare(`SELECT ${deviceColumns} FROM hub_device WHERE device_id = ?`);
    this.#delete = database.prepare('DELETE FROM hub_device WHERE device_id = ?');
  }

  /** Makes the device with its twin, or gives a device that exists its new certificate. One statement. */
  ensure(device: NewHubDevice): void {
    this.#ensure.run([
      device.deviceId,
      String(randomInt(2 ** 47)),
      this.#now().toISOString(),
      device.iotEdge ? 1 : 0,
      device.leafThumbprint ?? '',
      JSON.stringify(device.issuerThumbprints),
      JSON.stringify(device.initialTwin?.tags ?? {}),
      JSON.stringify(device.initialTwin?.properties?.desired ?? {}),
      JSON.stringify(device.symmetricKeys ?? []),
    ]);
  }

  get(deviceId: string): HubDevice | undefined {
    const row = this.#get.get([deviceId]) as DeviceRow | undefined;
    return row === undefined ? undefined : toDevice(row);
  }

  /** Deletes the device with its twin and messages, and ends its connection; false when there was none. */
  delete(deviceId: string): boolean {
    const deleted = this.#delete.run([deviceId]).changes > 0;
    this.connections.end(deviceId, 'deleted');
    return deleted;
  }
}

export function toDevice(row: DeviceRow): HubDevice {
  const symmetricKeys = JSON.parse(row.symmetric_keys) as string[];
  return {
    deviceId: row.device_id,
    generationId: row.generation_id,
    created: row.created,
    // Empty for a device that the provisioning service made: what it registered with says it.
    authentication:
      (row.authentication as HubAuthentication | '') || (symmetricKeys.length > 0 ? 'sas' : 'selfSigned'),
    leafThumbprint: row.leaf_thumbprint || undefined,
    secondaryThumbprint: row.secondary_thumbprint || undefined,
    issuerThumbprints: JSON.parse(row.issuer_thumbprints) as string[],
    symmetricKeys,
    status: row.status === 'disabled' ? 'disabled' : 'enabled',
    statusReason: row.status_reason ?? undefined,
    iotEdge: row.iot_edge !== 0,
  };
}
