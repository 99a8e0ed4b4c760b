/**
 * When each property of a twin was last updated: kept at every level, so that it shows where something was removed.
 *
 * Source: Microsoft Learn, "Understand and use device twins in IoT Hub", device twin metadata; desired properties have
 * `$lastUpdatedVersion` beside it, as in "Import and export IoT Hub device identities in bulk".
 */
import { isJsonObject, type JsonObject } from '../../dps/contract/merge-patch.js';

/** What an update leaves behind: `version` is that of the desired properties, undefined for reported ones. */
export interface TwinUpdate {
  /** ISO 8601, UTC. */
  at: string;
  version: number | undefined;
}

/** `$lastUpdated`, `$lastUpdatedVersion`, and the same for each property by its name. */
export type TwinMetadata = JsonObject;

/** The metadata of properties that were all set by one update. */
export function metadataOf(properties: JsonObject, update: TwinUpdate): TwinMetadata {
  return merged({}, properties, update);
}

/** Metadata of properties that nobody has set yet. */
export function metadataOfNothing(created: string): TwinMetadata {
  return { $lastUpdated: created };
}

/** The metadata after a merge patch: of what it names, and of the objects around that. */
export function patchedMetadata(metadata: TwinMetadata, patch: JsonObject, update: TwinUpdate): TwinMetadata {
  return merged(metadata, patch, update);
}

function merged(before: JsonObject, patch: JsonObject, update: TwinUpdate): JsonObject {
  const members = new Map<string, unknown>(Object.entries(stamp(update)));
  for (const [name, value] of Object.entries(before)) if (!members.has(name)) members.set(name, value);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else {
      const inner = members.get(name);
      members.set(
        name,
        isJsonObject(value) ? merged(isJsonObject(inner) ? inner : {}, value, update) : stamp(update),
      );
    }
  }
  // Unlike assignment, fromEntries takes a member named __proto__ as any other.
  return Object.fromEntries(members);
}

function stamp({ at, version }: TwinUpdate): JsonObject {
  return version === undefined ? { $lastUpdated: at } : { $lastUpdated: at, $lastUpdatedVersion: version };
}
