/**
 * Devices and twins as the service side of the hub shows them.
 *
 * Source: Microsoft Learn, IoT Hub service REST API 2021-04-12, Devices - Get Identity and Devices - Get Twin; recorded
 * sessions in Azure/azure-sdk-for-net, DevicesClient_TwinLifecycle, which have no member that is empty.
 */
import { wireTimestamp } from '../wire/timestamp.js';
import type { ActivityTimes } from './activity.js';
import type { CloudToDeviceMessages } from './cloud-to-device.js';
import type { DeviceCredential, HubDevice, HubDevices } from './devices.js';
import { deviceEtag, twinEtag } from './etags.js';
import { never } from './twin-metadata.js';
import type { HubTwin, TwinSection } from './twins.js';

/** What is not stored with the identity of a device. */
export interface DevicePresence {
  connected: boolean;
  /** The number of messages queued for it. */
  waiting: number;
  times: ActivityTimes;
}

export function presenceOf(
  { devices, cloudToDevice }: { devices: HubDevices; cloudToDevice: CloudToDeviceMessages },
  deviceId: string,
): DevicePresence {
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
  const { credential } = device;
  const [primaryKey = null, secondaryKey = null] = credential.type === 'sas' ? credential.symmetricKeys : [];
  return {
    deviceId: device.deviceId,
    generationId: device.generationId,
    etag: deviceEtag(device),
    connectionState: connected ? 'Connected' : 'Disconnected',
    status: device.status,
    statusReason: device.statusReason ?? null,
    connectionStateUpdatedTime: timeOf(times.connectionStateUpdated),
    statusUpdatedTime: timeOf(times.statusUpdated),
    lastActivityTime: timeOf(times.lastActivity),
    cloudToDeviceMessageCount: waiting,
    capabilities: { iotEdge: device.iotEdge },
    authentication: {
      symmetricKey: { primaryKey, secondaryKey },
      x509Thumbprint: thumbprintsOf(credential),
      type: credential.type,
    },
  };
}

/** The reply to the creation of a device, whose times lack the Z of all others. */
export function describeNewDevice(device: HubDevice, presence: DevicePresence): Record<string, unknown> {
  const isoWithoutZone = never.replace('Z', '');
  return Object.fromEntries(
    Object.entries(describeDevice(device, presence)).map(([name, value]) => [
      name,
      value === never ? isoWithoutZone : value,
    ]),
  );
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
    ...(device.statusReason === undefined ? {} : { statusReason: device.statusReason }),
    statusUpdateTime: timeOf(times.statusUpdated),
    connectionState: connected ? 'Connected' : 'Disconnected',
    lastActivityTime: timeOf(times.lastActivity),
    cloudToDeviceMessageCount: waiting,
    authenticationType: device.credential.type,
    x509Thumbprint: thumbprintsOf(device.credential),
    version: 1 + twin.changes + twin.reported.version,
    ...(Object.keys(twin.tags).length === 0 ? {} : { tags: twin.tags }),
    properties: { desired: toCollection(twin.desired), reported: toCollection(twin.reported) },
    capabilities: { iotEdge: device.iotEdge },
  };
}

/** @param time ISO 8601, UTC; undefined when it never happened */
function timeOf(time: string | undefined): string {
  return time === undefined ? never : wireTimestamp(new Date(time));
}

function thumbprintsOf(credential: DeviceCredential) {
  const { primaryThumbprint = null, secondaryThumbprint = null } =
    credential.type === 'selfSigned' ? credential : {};
  return { primaryThumbprint, secondaryThumbprint };
}

function toCollection({ properties, version, metadata }: TwinSection): Record<string, unknown> {
  return { ...properties, $metadata: metadata, $version: version };
}
