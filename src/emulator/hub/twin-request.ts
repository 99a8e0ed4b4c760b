/**
 * Reads the change of a twin that the service requests, from JSON.
 *
 * Source: Microsoft Learn, IoT Hub service REST API 2021-04-12, Devices - Update Twin and Devices - Replace Twin.
 */
import { isJsonObject, type JsonObject } from '../../dps/contract/merge-patch.js';
import { HubError } from './hub-error.js';
import type { TwinChange } from './twins.js';

/**
 * Reads tags and desired properties. The service cannot change the rest, which is ignored, so that a twin can be sent back
 * as it was read.
 *
 * @throws HubError ArgumentInvalid
 */
export function parseTwinChange(body: unknown): TwinChange {
  if (!isJsonObject(body)) throw new HubError('ArgumentInvalid', { message: 'The body must be a twin.' });
  const properties = optionalObject(body.properties, 'properties');
  const desired = optionalObject(properties?.desired, 'properties.desired');
  return { tags: optionalObject(body.tags, 'tags'), desired: desired && withoutMetadata(desired) };
}

function optionalObject(value: unknown, name: string): JsonObject | undefined {
  if (value === undefined || value === null) return undefined;
  if (isJsonObject(value)) return value;
  throw new HubError('ArgumentInvalid', { message: `${name} must be an object.` });
}

function withoutMetadata(section: JsonObject): JsonObject {
  const names = ['$metadata', '$version'];
  return Object.fromEntries(Object.entries(section).filter(([name]) => !names.includes(name)));
}
