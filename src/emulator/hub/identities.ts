/** Device identities as the service creates, changes and lists them. */
import { randomBytes } from 'node:crypto';
import type { JsonObject } from '../../dps/contract/merge-patch.js';
import type { DeviceCredential, HubDevice, HubDevices } from './devices.js';
import { assertDeviceEtag } from './etags.js';
import { deviceAlreadyExists, deviceNotFound, invalidArgument } from './hub-error.js';
import { initialTwinProblem } from './twin-limits.js';

/** What the service can set. */
export interface DeviceSettings {
  credential: RequestedCredential;
  status: HubDevice['status'];
  statusReason: string | undefined;
  iotEdge: boolean;
}

export type RequestedCredential =
  /** Without keys, the hub keeps those of the device, or generates them. */
  | { type: 'sas'; symmetricKeys: [primary: string, secondary: string] | undefined }
  /** Upper-case hexadecimal, SHA-1 or SHA-256. */
  | { type: 'selfSigned'; primaryThumbprint: string | undefined; secondaryThumbprint: string | undefined }
  | { type: 'certificateAuthority' };

export interface RegistryStatistics {
  totalDeviceCount: number;
  enabledDeviceCount: number;
  disabledDeviceCount: number;
}

export class DeviceIdentities {
  readonly #devices: HubDevices;

  constructor(devices: HubDevices) {
    this.#devices = devices;
  }

  /** @throws HubError ArgumentInvalid when no twin can begin like this, DeviceAlreadyExists */
  create(
    deviceId: string,
    { credential, ...settings }: DeviceSettings,
    twin: { tags?: JsonObject | undefined; desired?: JsonObject | undefined } = {},
  ): HubDevice {
    const initialTwin = { tags: twin.tags, properties: { desired: twin.desired } };
    const problem = initialTwinProblem(initialTwin);
    if (problem !== undefined) throw invalidArgument(problem);
    const created = this.#devices.insert({
      deviceId,
      credential: credentialOf(credential, undefined),
      ...settings,
      initialTwin,
    });
    if (!created) throw deviceAlreadyExists(deviceId);
    return this.#devices.get(deviceId)!;
  }

  /**
   * Changes a device. If it could not connect again as it is connected now, its connection ends.
   *
   * @param requested the etag that the caller has; undefined or `*` for any
   * @throws HubError DeviceNotFound, PreconditionFailed
   */
  update(deviceId: string, { credential, ...settings }: DeviceSettings, requested?: string): HubDevice {
    const before = this.find(deviceId, requested);
    this.#devices.update({ ...before, ...settings, credential: credentialOf(credential, before.credential) });
    const after = this.#devices.get(deviceId)!;
    if (after.status === 'disabled' || !sameSecrets(before.credential, after.credential))
      this.#devices.connections.end(deviceId, 'no longer let in');
    return after;
  }

  /**
   * @param requested the etag that the caller has; undefined or `*` for any
   * @throws HubError DeviceNotFound, PreconditionFailed
   */
  delete(deviceId: string, requested?: string): void {
    this.find(deviceId, requested);
    this.#devices.delete(deviceId);
  }

  /**
   * @param requested the etag that the caller has; undefined or `*` for any
   * @throws HubError DeviceNotFound, PreconditionFailed
   */
  find(deviceId: string, requested?: string): HubDevice {
    const device = this.#devices.get(deviceId);
    if (device === undefined) throw deviceNotFound(deviceId);
    assertDeviceEtag(device, requested);
    return device;
  }

  /** Up to `limit` devices after an ID, sorted by ID. */
  page(after: string, limit: number): HubDevice[] {
    return this.#devices.page(after, limit);
  }

  statistics(): RegistryStatistics {
    const { total, disabled } = this.#devices.count();
    return { totalDeviceCount: total, enabledDeviceCount: total - disabled, disabledDeviceCount: disabled };
  }
}

/** The credential to be stored, completed from the previous one. */
function credentialOf(
  requested: RequestedCredential,
  before: DeviceCredential | undefined,
): DeviceCredential {
  switch (requested.type) {
    case 'sas': {
      const previousKeys = before?.type === 'sas' ? before.symmetricKeys : [];
      const keptKeys = previousKeys.length === 2 ? previousKeys : [randomKey(), randomKey()];
      return { type: 'sas', symmetricKeys: requested.symmetricKeys ?? keptKeys };
    }
    case 'selfSigned': {
      // A device that registered keeps its CAs as long as it has the certificate that it registered with.
      const isSame =
        before?.type === 'selfSigned' && before.primaryThumbprint === requested.primaryThumbprint;
      return { ...requested, issuerThumbprints: isSame ? before.issuerThumbprints : [] };
    }
    default:
      return requested;
  }
}

function randomKey(): string {
  return randomBytes(32).toString('base64');
}

/** Whether the same keys or certificates open the hub, leaving aside certificates of the same CA. */
function sameSecrets(one: DeviceCredential, other: DeviceCredential): boolean {
  const secretsOf = (credential: DeviceCredential) =>
    credential.type === 'selfSigned'
      ? [credential.type, credential.primaryThumbprint, credential.secondaryThumbprint]
      : [credential.type, ...(credential.type === 'sas' ? credential.symmetricKeys : [])];
  return JSON.stringify(secretsOf(one)) === JSON.stringify(secretsOf(other));
}
