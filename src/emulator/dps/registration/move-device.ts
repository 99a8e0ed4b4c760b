/**
 * A device that is assigned to a hub, and what becomes of it in the one that it had before.
 *
 * Source: Microsoft Learn, "IoT Hub device reprovisioning concepts".
 */
import type { RegistrationState } from '../../../dps/contract/schemas.js';
import type { NewHubDevice } from '../../hub/devices.js';
import type { IotHub } from '../../hub/hub-directory.js';

export interface DeviceMove {
  /** Where the device was; undefined at its first assignment. */
  from: { hub: IotHub; deviceId: string } | undefined;
  to: IotHub;
  device: NewHubDevice;
  /** Whether its twin comes along to another hub; it begins anew otherwise. */
  migrates: boolean;
}

/** Makes the device in its hub, or gives it its new credential there; in the hub that it leaves, it is deleted. */
export function moveDevice({
  from,
  to,
  device,
  migrates,
}: DeviceMove): NonNullable<RegistrationState['substatus']> {
  const { devices, twins } = to.hub;
  if (from === undefined || from.hub.hubId === to.hubId) {
    devices.ensure(device);
    return from === undefined ? 'initialAssignment' : 'reprovisionedToInitialAssignment';
  }
  const twin = migrates ? from.hub.hub.twins.get(from.deviceId) : undefined;
  // One of that name may be there from an earlier time: what counts is the twin that comes along, or the initial one.
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
