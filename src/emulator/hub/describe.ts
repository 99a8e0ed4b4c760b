/**
 * Devices and twins as the hub's service side shows them.
 *
 * Source: Microsoft Learn, IoT Hub service REST API 2021-04-12, Devices - Get Identity and Devices - Get Twin.
 */
import { createHash } from 'node:crypto';
import type { HubDevice } from './devices.js';
import type { HubTwin, TwinSection } from './twins.js';

const never = '0001-01-01T00:00:00Z';

export function describeDevice(device: HubDevice, connected: boolean): Record<string, unknown> {
  return {
    deviceId: device.deviceId,
    generationId: device.generationId,
    etag: deviceEtag(device),
    connectionState: connected ? 'Connected' : 'Disconnected',
    status: 'enabled',
    statusReason: null,
    connectionStateUpdatedTime: never,
    statusUpdatedTime: never,
    lastActivityTime: never,
    cloudToDeviceMessageCount: 0,
    capabilities: { iotEdge: device.iotEdge },
    authentication: {
      symmetricKey: {
        primaryKey: device.symmetricKeys[0] ?? null,
        secondaryKey: device.symmetricKeys[1] ?? null,
      },
      x509Thumbprint: { primaryThumbprint: device.leafThumbprint ?? null, secondaryThumbprint: null },
      type: authenticationTypeOf(device),
    },
  };
}

export function describeTwin(device: HubDevice, twin: HubTwin, connected: boolean): Record<string, unknown> {
  return {
    deviceId: device.deviceId,
    etag: twinEtag(twin),
    deviceEtag: deviceEtag(device),
    status: 'enabled',
    statusUpdateTime: never,
    connectionState: connected ? 'Connected' : 'Disconnected',
    lastActivityTime: never,
    cloudToDeviceMessageCount: 0,
    authenticationType: authenticationTypeOf(device),
    x509Thumbprint: { primaryThumbprint: device.leafThumbprint ?? null, secondaryThumbprint: null },
    modelId: '',
    version: twin.tagsVersion + twin.desired.version + twin.reported.version,
    tags: twin.tags,
    properties: { desired: collection(twin.desired), reported: collection(twin.reported) },
    capabilities: { iotEdge: device.iotEdge },
  };
}

/** Changes with the identity. */
export function deviceEtag(device: HubDevice): string {
  return etagOf(JSON.stringify(device));
}

/** Changes with what the service writes; what the device reports is not its concern. */
export function twinEtag({ tags, tagsVersion, desired }: HubTwin): string {
  return etagOf(JSON.stringify([tags, tagsVersion, desired]));
}

function authenticationTypeOf({ symmetricKeys }: HubDevice): string {
  return symmetricKeys.length > 0 ? 'sas' : 'selfSigned';
}

function collection({ properties, version, updated }: TwinSection): Record<string, unknown> {
  return { ...properties, $metadata: { $lastUpdated: updated }, $version: version };
}

/** Base64, like the hub's own; the same as long as what it stands for is. */
function etagOf(content: string): string {
  return createHash('sha256').update(content).digest().subarray(0, 9).toString('base64');
}
