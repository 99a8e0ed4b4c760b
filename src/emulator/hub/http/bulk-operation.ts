/**
 * Up to a hundred device identities in one request. Each succeeds or fails on its own; the reply names those that failed.
 *
 * Source: Microsoft Learn, IoT Hub service REST API 2021-04-12, Bulk Registry - Update Registry.
 */
import { isJsonObject, type JsonObject } from '../../../dps/contract/merge-patch.js';
import { assertDeviceId, parseDeviceSettings } from '../device-request.js';
import { assertTwinEtag, requestedEtag } from '../etags.js';
import type { Hub } from '../hub.js';
import { HubError, invalidArgument } from '../hub-error.js';
import { TwinPatchError } from '../twin-limits.js';
import { parseTwinChange } from '../twin-request.js';
import { hubOperations } from './hub-operation.js';

const maxDevices = 100;

export const bulkOperation = hubOperations({
  bulkDevices: {
    caller: 'RegistryWrite',
    async handle(request, hub) {
      const body = await request.json();
      if (!Array.isArray(body) || body.length === 0 || !body.every(isJsonObject)) {
        throw invalidArgument('The body must be an array of devices.');
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
  },
});

/** @throws HubError, TwinPatchError */
function apply({ identities, twins }: Hub, device: JsonObject): void {
  const { id: deviceId } = device;
  const importMode = typeof device.importMode === 'string' ? device.importMode.toLowerCase() : '';
  const [eTag, twinETag] = [memberOf(device, 'etag'), memberOf(device, 'twinetag')];
  assertDeviceId(deviceId);
  if (typeof eTag !== 'string' || typeof twinETag !== 'string') {
    throw invalidArgument('eTag and twinETag must be text.');
  }
  switch (importMode) {
    case 'create': {
      identities.create(deviceId, parseDeviceSettings(device), parseTwinChange(device));
      return;
    }
    case 'update':
      identities.update(deviceId, parseDeviceSettings(device));
      return;
    case 'updateifmatchetag':
      identities.update(deviceId, parseDeviceSettings(device), requestedEtag(eTag) ?? 'none');
      return;
    case 'delete':
      identities.delete(deviceId);
      return;
    case 'deleteifmatchetag':
      // Recorded: without an etag, it deletes.
      identities.delete(deviceId, requestedEtag(eTag));
      return;
    case 'updatetwin':
    case 'updatetwinifmatchetag': {
      identities.find(deviceId);
      if (importMode === 'updatetwinifmatchetag') {
        assertTwinEtag(deviceId, twins.get(deviceId)!, requestedEtag(twinETag) ?? 'none');
      }
      twins.change(deviceId, parseTwinChange(device), 'replace');
      return;
    }
    default:
      throw invalidArgument(
        'importMode must be create, update, updateIfMatchETag, delete, deleteIfMatchETag, updateTwin or updateTwinIfMatchETag.',
      );
  }
}

/** A member by its name, whatever its case: the SDK for Node.js writes `etag`, the documentation `eTag`. */
function memberOf(device: JsonObject, lowerCaseName: string): unknown {
  const [, value] = Object.entries(device).find(([name]) => name.toLowerCase() === lowerCaseName) ?? [];
  return value ?? '';
}
