/**
 * Assigns a device to a hub, and moves it there from its previous hub.
 *
 * Source: Microsoft Learn, "IoT Hub device reprovisioning concepts".
 */
import type { RegistrationState } from '../../../dps/contract/schemas.js';
import type { NewHubDevice } from '../../hub/devices.js';
import type { IotHub } from '../../hub/hub-directory.js';

export interface DeviceMove {
  /** The previous assignment; undefined for the first one. */
  from: { hub: IotHub; deviceId: string } | undefined;
  to: IotHub;
  device: NewHubDevice;
  /** Whether its twin moves to another hub with it; otherwise it gets the initial twin there. */
  migratesTwin: boolean;
}

/** Creates the device in its hub, or updates its credential there; deletes it from the hub that it leaves. */
export function moveDevice({
  from,
  to,
  device,
  migratesTwin,
}: DeviceMove): NonNullable<RegistrationState['substatus']> {
  const { devices, twins } = to.hub;
  if (from === undefined || from.hub.hubId === to.hubId) {
    // Also a device that the hub knew before its first registration (recorded by Azure/azure-sdk-for-python).
    const isKnown = from !== undefined || devices.get(device.deviceId) !== undefined;
    devices.ensure(device);
    return isKnown ? 'reprovisionedToInitialAssignment' : 'initialAssignment';
  }
  const twin = migratesTwin ? from.hub.hub.twins.get(from.deviceId) : undefined;
  // A device of this ID may be left from an earlier time: its twin is replaced by the one that moves, or the initial one.
  devices.delete(device.deviceId);
  if (twin === undefined) {
    devices.ensure(device);
  } else {
    const initialTwin = { tags: twin.tags, properties: { desired: twin.desired.properties } };
    devices.ensure({ ...device, initialTwin });
    twins.patchReported(device.deviceId, twin.reported.properties);
  }
  from.hub.hub.devices.delete(from.deviceId);
  return twin === undefined ? 'deviceDataReset' : 'deviceDataMigrated';
}
