/**
 * Devices and twins as the service side of the hub shows them.
 *
 * Source: Microsoft Learn, IoT Hub service REST API 2021-04-12, Devices - Get Identity and Devices - Get Twin.
 */
import type { ActivityTimes } from './activity.js';
import type { CloudToDeviceMessages } from './cloud-to-device.js';
import type { DeviceCredential, HubDevice, HubDevices } from './devices.js';
import { deviceEtag, twinEtag } from './etags.js';
import type { HubTwin, TwinSection } from './twins.js';

const never = '0001-01-01T00:00:00Z';

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
    connectionStateUpdatedTime: times.connectionStateUpdated ?? never,
    statusUpdatedTime: times.statusUpdated ?? never,
    lastActivityTime: times.lastActivity ?? never,
    cloudToDeviceMessageCount: waiting,
    capabilities: { iotEdge: device.iotEdge },
    authentication: {
      symmetricKey: { primaryKey, secondaryKey },
      x509Thumbprint: thumbprintsOf(credential),
      type: credential.type,
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
    authenticationType: device.credential.type,
    x509Thumbprint: thumbprintsOf(device.credential),
    modelId: '',
    version: twin.tagsVersion + twin.desired.version + twin.reported.version,
    tags: twin.tags,
    properties: { desired: toCollection(twin.desired), reported: toCollection(twin.reported) },
    capabilities: { iotEdge: device.iotEdge },
  };
}

function thumbprintsOf(credential: DeviceCredential) {
  const { primaryThumbprint = null, secondaryThumbprint = null } =
    credential.type === 'selfSigned' ? credential : {};
  return { primaryThumbprint, secondaryThumbprint };
}

function toCollection({ properties, version, metadata }: TwinSection): Record<string, unknown> {
  return { ...properties, $metadata: metadata, $version: version };
}
