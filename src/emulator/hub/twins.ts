/** The device twins of the hub stand-in. */
import type Database from 'libsql';
import {
  isJsonObject,
  type JsonObject,
  mergePatch,
  replacementPatch,
} from '../../dps/contract/merge-patch.js';
import { parseJsonText } from '../wire/json-text.js';
import { DeviceListeners } from './listeners.js';
import { assertTwinValues, maxTwinSize, TwinPatchError, twinSize } from './twin-limits.js';
import {
  metadataOf,
  metadataOfNothing,
  patchedMetadata,
  type TwinMetadata,
  type TwinUpdate,
} from './twin-metadata.js';

export interface HubTwin {
  /** For the service side only: a device never sees its tags. */
  tags: JsonObject;
  /** Grows by one with each change of the tags. */
  tagsVersion: number;
  desired: TwinSection;
  reported: TwinSection;
}

export interface TwinSection {
  properties: JsonObject;
  /** Starts at 1 and grows by one with each change. */
  version: number;
  metadata: TwinMetadata;
}

/** What the service changes; what is undefined stays. */
export interface TwinChange {
  tags?: JsonObject | undefined;
  desired?: JsonObject | undefined;
}

interface TwinRow {
  tags: string;
  tags_version: number;
  desired: string;
  desired_version: number;
  desired_updated: string;
  desired_metadata: string;
  reported: string;
  reported_version: number;
  reported_updated: string;
  reported_metadata: string;
}

export class HubTwins {
  readonly #now: () => Date;
  readonly #get: Database.Statement;
  readonly #report: Database.Statement;
  readonly #change: Database.Statement;
  readonly #desiredChanged = new DeviceListeners<[patch: JsonObject, version: number]>();

  /** @param database with the tables of hub/schema.ts */
  constructor(database: Database.Database, now: () => Date) {
    this.#now = now;
    this.#get = database.prepare(
      `SELECT tags, tags_version, desired, desired_version, desired_updated, desired_metadata,
         reported, reported_version, reported_updated, reported_metadata
       FROM hub_device WHERE device_id = ?`,
    );
    this.#report = database.prepare(
      `UPDATE hub_device SET reported = ?, reported_version = ?, reported_updated = ?, reported_metadata = ?
       WHERE device_id = ?`,
    );
    this.#change = database.prepare(
      `UPDATE hub_device SET tags = ?, tags_version = ?, desired = ?, desired_version = ?,
         desired_updated = coalesce(?, desired_updated),
         desired_metadata = ? WHERE device_id = ?`,
    );
  }

  get(deviceId: string): HubTwin | undefined {
    const row = this.#get.get([deviceId]) as TwinRow | undefined;
    if (row === undefined) return undefined;
    return {
      tags: JSON.parse(row.tags) as JsonObject,
      tagsVersion: row.tags_version,
      desired: section(row.desired, row.desired_version, row.desired_metadata, {
        at: row.desired_updated,
        version: row.desired_version,
      }),
      reported: section(row.reported, row.reported_version, row.reported_metadata, {
        at: row.reported_updated,
        version: undefined,
      }),
    };
  }

  /**
   * Merges a patch into the reported properties: null deletes.
   * @returns the new version, or undefined when there is no such device
   * @throws TwinPatchError when the hub does not take such a patch
   */
  patchReported(deviceId: string, patch: unknown): number | undefined {
    const twin = this.get(deviceId);
    if (twin === undefined) return undefined;
    if (!isJsonObject(patch)) throw new TwinPatchError('The reported properties are not a JSON object.');
    assertTwinValues(patch);
    const { properties, metadata, version } = twin.reported;
    const reported = text(mergePatch(properties, patch), 'reported properties', maxTwinSize.properties);
    const at = this.#now().toISOString();
    const newMetadata = patchedMetadata(metadata, patch, { at, version: undefined });
    this.#report.run([reported, version + 1, at, JSON.stringify(newMetadata), deviceId]);
    return version + 1;
  }

  /**
   * Merges a change into tags and desired properties, or puts it in their place; the device is told of its desired
   * properties. A change that is refused changes nothing.
   *
   * @returns the twin as it is then, or undefined when there is no such device
   * @throws TwinPatchError
   */
  change(deviceId: string, { tags, desired }: TwinChange, how: 'merge' | 'replace'): HubTwin | undefined {
    const twin = this.get(deviceId);
    if (twin === undefined) return undefined;
    const result = (before: JsonObject, change: JsonObject | undefined) => {
      if (change === undefined) return before;
      assertTwinValues(change);
      return mergePatch(how === 'merge' ? before : {}, change);
    };
    const newTags = result(twin.tags, tags);
    const newDesired = result(twin.desired.properties, desired);
    const version = twin.desired.version + (desired === undefined ? 0 : 1);
    const update = { at: this.#now().toISOString(), version };
    this.#change.run([
      text(newTags, 'tags', maxTwinSize.tags),
      twin.tagsVersion + (tags === undefined ? 0 : 1),
      text(newDesired, 'desired properties', maxTwinSize.properties),
      version,
      desired === undefined ? null : update.at,
      JSON.stringify(
        desired === undefined
          ? twin.desired.metadata
          : how === 'merge'
            ? patchedMetadata(twin.desired.metadata, desired, update)
            : metadataOf(newDesired, update),
      ),
      deviceId,
    ]);
    if (desired !== undefined) {
      const patch = how === 'merge' ? desired : replacementPatch(twin.desired.properties, newDesired);
      this.#desiredChanged.notify(deviceId, patch, version);
    }
    return this.get(deviceId);
  }

  /**
   * Tells what the service changes in the desired properties: a merge patch, and the version that it leads to.
   * @returns to be called when the listener is no longer interested
   */
  onDesiredChange(deviceId: string, listener: (patch: JsonObject, version: number) => void): () => void {
    return this.#desiredChanged.add(deviceId, listener);
  }
}

/**
 * The body of a request that changes a twin, over MQTT and AMQP.
 *
 * @param body JSON, UTF-8
 * @throws TwinPatchError when it is not JSON
 */
export function parseTwinPatch(body: Buffer): unknown {
  try {
    return parseJsonText(body);
  } catch {
    throw new TwinPatchError('The body is not JSON.');
  }
}

/** Properties that were never patched have no metadata of their own yet: those of a new device, or of an older state. */
function section(json: string, version: number, metadata: string, update: TwinUpdate): TwinSection {
  const properties = JSON.parse(json) as JsonObject;
  if (metadata !== '') return { properties, version, metadata: JSON.parse(metadata) as TwinMetadata };
  const isNew = Object.keys(properties).length === 0;
  return {
    properties,
    version,
    metadata: isNew ? metadataOfNothing(update.at) : metadataOf(properties, update),
  };
}

/** @throws TwinPatchError when it is too large */
function text(object: JsonObject, what: string, maxSize: number): string {
  if (twinSize(object) > maxSize) {
    throw new TwinPatchError(`The ${what} would be larger than ${maxSize} bytes.`);
  }
  return JSON.stringify(object);
}
