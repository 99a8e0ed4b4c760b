/**
 * What the service asks of a twin, read from JSON.
 *
 * Source: Microsoft Learn, IoT Hub service REST API 2021-04-12, Devices - Update Twin and Devices - Replace Twin.
 */
import { isJsonObject, type JsonObject } from '../../dps/contract/merge-patch.js';
import { HubError } from './hub-error.js';
import type { TwinChange } from './twins.js';

/**
 * Tags and desired properties; what else a twin has is not the service's to change, and is passed over, so that a twin
 * that was read can be sent back.
 *
 * @throws HubError ArgumentInvalid
 */
export function parseTwinChange(body: unknown): TwinChange {
  if (!isJsonObject(body)) throw new HubError('ArgumentInvalid', { message: 'The body must be a twin.' });
  const properties = objectOrNothing(body.properties, 'properties');
  const desired = objectOrNothing(properties?.desired, 'properties.desired');
  return { tags: objectOrNothing(body.tags, 'tags'), desired: desired && withoutMetadata(desired) };
}

function objectOrNothing(value: unknown, name: string): JsonObject | undefined {
  if (value === undefined || value === null) return undefined;
  if (isJsonObject(value)) return value;
  throw new HubError('ArgumentInvalid', { message: `${name} must be an object.` });
}

function withoutMetadata(section: JsonObject): JsonObject {
  const names = ['$metadata', '$version'];
  return Object.fromEntries(Object.entries(section).filter(([name]) => !names.includes(name)));
}
