/**
 * Devices and twins as the hub's service side shows them.
 *
 * Source: Microsoft Learn, IoT Hub service REST API 2021-04-12, Devices - Get Identity and Devices - Get Twin.
 */
import { createHash } from 'node:crypto';
import type { ActivityTimes } from './activity.js';
import type { HubDevice } from './devices.js';
import type { Hub } from './hub.js';
import type { HubTwin, TwinSection } from './twins.js';

const never = '0001-01-01T00:00:00Z';

/** What of a device is not kept with its identity. */
export interface DevicePresence {
  connected: boolean;
  /** How many messages wait for it. */
  waiting: number;
  times: ActivityTimes;
}

export function presenceOf({ devices, cloudToDevice }: Hub, deviceId: string): DevicePresence {
  return {
    connected: devices.connections.has(deviceId),
    waiting: cloudToDevice.count(deviceId),
    times: devices.activity.of(deviceId),
  };
}

export function describeDevice(
  device: HubDevice,
  { connected, waiting, times }: DevicePresence,
): Record<string, unknown> {
  return {
    deviceId: device.deviceId,
    generationId: device.generationId,
    etag: deviceEtag(device),
    connectionState: connected ? 'Connected' : 'Disconnected',
    status: device.status,
    statusReason: device.statusReason ?? null,
    connectionStateUpdatedTime: times.connectionStateUpdated ?? never,
    statusUpdatedTime: times.statusUpdated ?? never,
    lastActivityTime: times.lastActivity ?? never,
    cloudToDeviceMessageCount: waiting,
    capabilities: { iotEdge: device.iotEdge },
    authentication: {
      symmetricKey: {
        primaryKey: device.symmetricKeys[0] ?? null,
        secondaryKey: device.symmetricKeys[1] ?? null,
      },
      x509Thumbprint: thumbprintsOf(device),
      type: device.authentication,
    },
  };
}

export function describeTwin(
  device: HubDevice,
  twin: HubTwin,
  { connected, waiting, times }: DevicePresence,
): Record<string, unknown> {
  return {
    deviceId: device.deviceId,
    etag: twinEtag(twin),
    deviceEtag: deviceEtag(device),
    status: device.status,
    statusReason: device.statusReason ?? null,
    statusUpdateTime: times.statusUpdated ?? never,
    connectionState: connected ? 'Connected' : 'Disconnected',
    lastActivityTime: times.lastActivity ?? never,
    cloudToDeviceMessageCount: waiting,
    authenticationType: device.authentication,
    x509Thumbprint: thumbprintsOf(device),
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

function thumbprintsOf({ leafThumbprint, secondaryThumbprint }: HubDevice) {
  return { primaryThumbprint: leafThumbprint ?? null, secondaryThumbprint: secondaryThumbprint ?? null };
}

function collection({ properties, version, metadata }: TwinSection): Record<string, unknown> {
  return { ...properties, $metadata: metadata, $version: version };
}

/** Base64, like the hub's own; the same as long as what it stands for is. */
function etagOf(content: string): string {
  return createHash('sha256').update(content).digest().subarray(0, 9).toString('base64');
}
