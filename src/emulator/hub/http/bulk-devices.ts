/**
 * Up to a hundred device identities in one request. Each is done or not for itself; the answer says which were not.
 *
 * Source: Microsoft Learn, IoT Hub service REST API 2021-04-12, Bulk Registry - Update Registry.
 */

import { isJsonObject, type JsonObject } from '../../../dps/contract/merge-patch.js';
import { routes } from '../../../dps/contract/routes.js';
import { assertDeviceId, parseDeviceSettings } from '../device-request.js';
import { twinEtag, unquoted } from '../etags.js';
import type { Hub } from '../hub.js';
import { HubError } from '../hub-error.js';
import { TwinPatchError } from '../twin-limits.js';
import { parseTwinChange } from '../twin-request.js';
import type { HubOperation } from './hub-operation.js';

const maxDevices = 100;

export function bulkOperation(hub: Hub): HubOperation {
  return {
    name: 'bulkDevices',
    route: routes.hub.bulkDevices,
    caller: 'RegistryWrite',
    async handle(request) {
      const body = await request.json();
      if (!Array.isArray(body) || body.length === 0 || !body.every(isJsonObject)) {
        throw new HubError('ArgumentInvalid', { message: 'The body must be an array of devices.' });
      }
      if (body.length > maxDevices) throw new HubError('TooManyDevices');
      const errors = body.flatMap((device) => {
        try {
          apply(hub, device);
          return [];
        } catch (error) {
          if (!(error instanceof HubError || error instanceof TwinPatchError)) throw error;
          return [
            {
              deviceId: typeof device.id === 'string' ? device.id.slice(0, 128) : '',
              errorCode: error instanceof HubError ? error.kind : 'ArgumentInvalid',
              errorStatus: error.message,
            },
          ];
        }
      });
      const isSuccessful = errors.length === 0;
      return { status: isSuccessful ? 200 : 400, body: { isSuccessful, errors, warnings: [] } };
    },
  };
}

/** @throws HubError, TwinPatchError */
function apply({ identities, twins }: Hub, device: JsonObject): void {
  const { id: deviceId, importMode } = device;
  const [eTag, twinETag] = [member(device, 'etag'), member(device, 'twinetag')];
  assertDeviceId(deviceId);
  if (typeof eTag !== 'string' || typeof twinETag !== 'string') {
    throw new HubError('ArgumentInvalid', { message: 'eTag and twinETag must be text.' });
  }
  switch (typeof importMode === 'string' ? importMode.toLowerCase() : importMode) {
    case 'create': {
      const settings = parseDeviceSettings(device);
      const change = parseTwinChange(device);
      identities.create(deviceId, settings);
      try {
        twins.change(deviceId, change, 'replace');
      } catch (error) {
        identities.delete(deviceId, '*');
        throw error;
      }
      return;
    }
    case 'update':
      identities.update(deviceId, parseDeviceSettings(device), '*');
      return;
    case 'updateifmatchetag':
      identities.update(deviceId, parseDeviceSettings(device), eTag);
      return;
    case 'delete':
      identities.delete(deviceId, '*');
      return;
    case 'deleteifmatchetag':
      identities.delete(deviceId, eTag);
      return;
    case 'updatetwin':
    case 'updatetwinifmatchetag': {
      identities.find(deviceId);
      const current = twinEtag(twins.get(deviceId)!);
      if (/ifmatchetag$/i.test(importMode as string) && unquoted(twinETag) !== current) {
        throw new HubError('PreconditionFailed');
      }
      twins.change(deviceId, parseTwinChange(device), 'replace');
      return;
    }
    default:
      throw new HubError('ArgumentInvalid', {
        message:
          'importMode must be create, update, updateIfMatchETag, delete, deleteIfMatchETag, updateTwin or updateTwinIfMatchETag.',
      });
  }
}

/** A member by its name without regard to case: the SDK for Node.js says `etag`, the documentation `eTag`. */
function member(device: JsonObject, name: string): unknown {
  const [, value] = Object.entries(device).find(([own]) => own.toLowerCase() === name) ?? [];
  return value ?? '';
}
