/** Device identities over HTTPS: one, all, and how many. */

import { isJsonObject } from '../../../dps/contract/merge-patch.js';
import { routes } from '../../../dps/contract/routes.js';
import { describeDevice, presenceOf } from '../describe.js';
import { assertDeviceId, parseDeviceSettings } from '../device-request.js';
import type { HubDevice } from '../devices.js';
import type { Hub } from '../hub.js';
import { HubError } from '../hub-error.js';
import { bulkOperation } from './bulk-devices.js';
import type { HubOperation, HubReply } from './hub-operation.js';

/** Microsoft Learn, IoT Hub service REST API, Devices - Get Devices. */
const maxListed = 1000;

export function deviceOperations(hub: Hub): HubOperation[] {
  const describe = (device: HubDevice) => describeDevice(device, presenceOf(hub, device.deviceId));
  const answer = (device: HubDevice): HubReply => {
    const body = describe(device);
    return { status: 200, body, headers: { etag: `"${body.etag}"` } };
  };
  return [
    {
      name: 'getDevice',
      route: routes.hub.getDevice,
      caller: 'RegistryRead',
      handle: ({ parameters }) => answer(hub.identities.find(parameters.deviceId!)),
    },
    {
      name: 'putDevice',
      route: routes.hub.putDevice,
      caller: 'RegistryWrite',
      async handle(request) {
        const deviceId = request.parameters.deviceId!;
        assertDeviceId(deviceId);
        const body = await request.json();
        if (!isJsonObject(body) || (body.deviceId ?? deviceId) !== deviceId) {
          throw new HubError('ArgumentInvalid', {
            message: 'The body must be a device whose deviceId is that of the path.',
          });
        }
        const settings = parseDeviceSettings(body);
        const ifMatch = request.header('if-match');
        return answer(
          ifMatch === undefined
            ? hub.identities.create(deviceId, settings)
            : hub.identities.update(deviceId, settings, ifMatch),
        );
      },
    },
    {
      name: 'deleteDevice',
      route: routes.hub.deleteDevice,
      caller: 'RegistryWrite',
      handle({ parameters, header }) {
        hub.identities.delete(parameters.deviceId!, header('if-match') ?? '*');
        return { status: 204 };
      },
    },
    {
      name: 'listDevices',
      route: routes.hub.listDevices,
      caller: 'RegistryRead',
      handle({ query }) {
        const top = query('top') ?? String(maxListed);
        if (!/^\d{1,9}$/.test(top) || Number(top) === 0) {
          throw new HubError('ArgumentInvalid', { message: 'top must be a number from 1 on.' });
        }
        const devices = hub.identities.page('', Math.min(Number(top), maxListed));
        return { status: 200, body: devices.map(describe) };
      },
    },
    bulkOperation(hub),
    {
      name: 'getStatistics',
      route: routes.hub.getStatistics,
      caller: 'RegistryRead',
      handle: () => ({ status: 200, body: hub.identities.statistics() }),
    },
    {
      name: 'getServiceStatistics',
      route: routes.hub.getServiceStatistics,
      caller: 'RegistryRead',
      handle: () => ({ status: 200, body: { connectedDeviceCount: hub.devices.connections.size } }),
    },
  ];
}
