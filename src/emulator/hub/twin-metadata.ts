/**
 * When each property of a twin was last updated, recorded at every level: a removal shows in the object around it.
 *
 * Source: Microsoft Learn, "Understand and use device twins in IoT Hub", device twin metadata; desired properties also
 * have `$lastUpdatedVersion`, as in "Import and export IoT Hub device identities in bulk".
 */
import { isJsonObject, type JsonObject } from '../../dps/contract/merge-patch.js';

/** An update of the properties. */
export interface TwinUpdate {
  /** ISO 8601, UTC. */
  at: string;
  /** The new version of the desired properties; undefined for reported ones. */
  version: number | undefined;
}

/** `$lastUpdated`, `$lastUpdatedVersion`, and the same for each property under its name. */
export type TwinMetadata = JsonObject;

/** The metadata of properties that were all set by one update. */
export function metadataOf(properties: JsonObject, update: TwinUpdate): TwinMetadata {
  return patchedMetadata({}, properties, update);
}

/** The metadata of a new device's properties; without any properties, nothing has set a version yet. */
export function initialMetadata(properties: JsonObject, update: TwinUpdate): TwinMetadata {
  return Object.keys(properties).length === 0 ? { $lastUpdated: update.at } : metadataOf(properties, update);
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
