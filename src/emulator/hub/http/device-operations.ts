/** Device identities over HTTPS: one, all, and how many there are. */

import { isJsonObject } from '../../../dps/contract/merge-patch.js';
import type { HttpReply } from '../../wire/http/operation.js';
import { describeDevice, describeNewDevice, presenceOf } from '../describe.js';
import { assertDeviceId, parseDeviceSettings } from '../device-request.js';
import type { HubDevice } from '../devices.js';
import { requestedEtag } from '../etags.js';
import type { Hub } from '../hub.js';
import { invalidArgument } from '../hub-error.js';
import { hubOperations } from './hub-operation.js';

/** Microsoft Learn, IoT Hub service REST API, Devices - Get Devices. */
const maxListed = 1000;

export const deviceOperations = hubOperations({
  getDevice: {
    caller: 'RegistryRead',
    handle: ({ parameters }, hub) => replyWith(describe(hub, hub.identities.find(parameters.deviceId!))),
  },
  putDevice: {
    caller: 'RegistryWrite',
    async handle(request, hub) {
      const deviceId = request.parameters.deviceId!;
      assertDeviceId(deviceId);
      const body = await request.json();
      if (!isJsonObject(body) || (body.deviceId ?? deviceId) !== deviceId) {
        throw invalidArgument('The body must be a device whose deviceId is that of the path.');
      }
      const settings = parseDeviceSettings(body);
      const requested = requestedEtag(request.header('if-match'));
      if (requested !== undefined) {
        return replyWith(describe(hub, hub.identities.update(deviceId, settings, requested)));
      }
      const device = hub.identities.create(deviceId, settings);
      return replyWith(describeNewDevice(device, presenceOf(hub, deviceId)));
    },
  },
  deleteDevice: {
    caller: 'RegistryWrite',
    handle(request, hub) {
      hub.identities.delete(request.parameters.deviceId!, requestedEtag(request.header('if-match')));
      return { status: 204 };
    },
  },
  listDevices: {
    caller: 'RegistryRead',
    handle(request, hub) {
      const top = request.query('top') ?? String(maxListed);
      if (!/^\d{1,9}$/.test(top) || Number(top) === 0) {
        throw invalidArgument('top must be a number from 1 on.');
      }
      const devices = hub.identities.page('', Math.min(Number(top), maxListed));
      return { status: 200, body: devices.map((device) => describe(hub, device)) };
    },
  },
  getStatistics: {
    caller: 'RegistryRead',
    handle: (_, hub) => ({ status: 200, body: hub.identities.statistics() }),
  },
  getServiceStatistics: {
    caller: 'RegistryRead',
    handle: (_, hub) => ({ status: 200, body: { connectedDeviceCount: hub.devices.connections.size } }),
  },
});

function describe(hub: Hub, device: HubDevice): Record<string, unknown> {
  return describeDevice(device, presenceOf(hub, device.deviceId));
}

function replyWith(body: Record<string, unknown>): HttpReply {
  return { status: 200, body, headers: { etag: `"${body.etag}"` } };
}
