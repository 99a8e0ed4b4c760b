/**
 * When each property of a twin was last updated, recorded at every level: a removal shows in the object around it.
 *
 * Source: Microsoft Learn, "Understand and use device twins in IoT Hub", device twin metadata; desired properties also
 * have `$lastUpdatedVersion`, as in "Import and export IoT Hub device identities in bulk".
 */
import { isJsonObject, type JsonObject } from '../../dps/contract/merge-patch.js';
import { wireTimestamp } from '../wire/timestamp.js';

/** An update of the properties. */
export interface TwinUpdate {
  /** As Azure writes times. */
  at: string;
  /** The new version of the desired properties; undefined for reported ones. */
  version: number | undefined;
}

/** How Azure writes that something never happened. */
export const never = '0001-01-01T00:00:00Z';

/** `$lastUpdated`, `$lastUpdatedVersion`, and the same for each property under its name. */
export type TwinMetadata = JsonObject;

/** The metadata of properties that were all set by one update. */
export function metadataOf(properties: JsonObject, update: TwinUpdate): TwinMetadata {
  return patchedMetadata({}, properties, update);
}

/**
 * The metadata of a new device's properties: those that it is born with were never updated.
 *
 * Source: recorded sessions in Azure/azure-sdk-for-net, DevicesClient_BulkCreation_DeviceWithTwin and
 * DevicesClient_TwinLifecycle.
 */
export function initialMetadata(properties: JsonObject, created: Date): TwinMetadata {
  return Object.keys(properties).length === 0
    ? { $lastUpdated: wireTimestamp(created) }
    : metadataOf(properties, { at: never, version: 1 });
}

/** The metadata after a merge patch: changed for the properties in the patch and the objects around them. */
export function patchedMetadata(metadata: TwinMetadata, patch: JsonObject, update: TwinUpdate): TwinMetadata {
  const members = new Map<string, unknown>(Object.entries(stamp(update)));
  for (const [name, value] of Object.entries(metadata)) if (!members.has(name)) members.set(name, value);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else {
      const inner = members.get(name);
      members.set(
        name,
        isJsonObject(value)
          ? patchedMetadata(isJsonObject(inner) ? inner : {}, value, update)
          : stamp(update),
      );
    }
  }
  // Unlike assignment, fromEntries treats a member named __proto__ like any other.
  return Object.fromEntries(members);
}

function stamp({ at, version }: TwinUpdate): JsonObject {
  return version === undefined ? { $lastUpdated: at } : { $lastUpdated: at, $lastUpdatedVersion: version };
}
