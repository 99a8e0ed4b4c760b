/** The device twins of the hub. */
import {
  isJsonObject,
  type JsonObject,
  mergePatch,
  replacementPatch,
} from '../../dps/contract/merge-patch.js';
import type { StateDatabase, StateStatement } from '../state/database.js';
import { parseJsonText } from '../wire/json-text.js';
import { wireTimestamp } from '../wire/timestamp.js';
import { DeviceListeners } from './listeners.js';
import { assertTwinSize, assertTwinValues, TwinPatchError } from './twin-limits.js';
import { metadataOf, patchedMetadata, type TwinMetadata } from './twin-metadata.js';

export interface HubTwin {
  /** For the service side only: a device never sees its tags. */
  tags: JsonObject;
  /** How often the service has changed tags or desired properties; a change of both counts once. */
  changes: number;
  desired: TwinSection;
  reported: TwinSection;
}

export interface TwinSection {
  properties: JsonObject;
  /** Starts at 1 and increases by one with each change. */
  version: number;
  metadata: TwinMetadata;
}

/** A change by the service; what is undefined stays. */
export interface TwinChange {
  tags?: JsonObject | undefined;
  desired?: JsonObject | undefined;
}

interface TwinRow {
  tags: string;
  twin_changes: number;
  desired: string;
  desired_version: number;
  desired_metadata: string;
  reported: string;
  reported_version: number;
  reported_metadata: string;
}

export class HubTwins {
  readonly #now: () => Date;
  readonly #get: StateStatement;
  readonly #report: StateStatement;
  readonly #change: StateStatement;
  readonly #desiredChanged = new DeviceListeners<[patch: JsonObject, version: number]>();

  constructor(database: StateDatabase, now: () => Date) {
    this.#now = now;
    this.#get = database.prepare(
      `SELECT tags, twin_changes, desired, desired_version, desired_metadata, reported, reported_version,
         reported_metadata
       FROM hub_device WHERE device_id = ?`,
    );
    this.#report = database.prepare(
      'UPDATE hub_device SET reported = ?, reported_version = ?, reported_metadata = ? WHERE device_id = ?',
    );
    this.#change = database.prepare(
      `UPDATE hub_device SET tags = ?, twin_changes = ?, desired = ?, desired_version = ?, desired_metadata = ?
       WHERE device_id = ?`,
    );
  }

  get(deviceId: string): HubTwin | undefined {
    const row = this.#get.get([deviceId]) as TwinRow | undefined;
    return (
      row && {
        tags: JSON.parse(row.tags) as JsonObject,
        changes: row.twin_changes,
        desired: toSection(row.desired, row.desired_version, row.desired_metadata),
        reported: toSection(row.reported, row.reported_version, row.reported_metadata),
      }
    );
  }

  /**
   * Merges a patch into the reported properties: null deletes.
   *
   * @returns the new version, or undefined if there is no such device
   * @throws TwinPatchError when the patch is not a valid change of reported properties
   */
  patchReported(deviceId: string, patch: unknown): number | undefined {
    const twin = this.get(deviceId);
    if (twin === undefined) return undefined;
    if (!isJsonObject(patch)) throw new TwinPatchError('The reported properties are not a JSON object.');
    assertTwinValues(patch);
    const { properties, metadata, version } = twin.reported;
    const reported = toText(mergePatch(properties, patch), 'reported properties');
    const newMetadata = patchedMetadata(metadata, patch, {
      at: wireTimestamp(this.#now()),
      version: undefined,
    });
    this.#report.run([reported, version + 1, JSON.stringify(newMetadata), deviceId]);
    return version + 1;
  }

  /**
   * Merges a change into tags and desired properties, or replaces them; the device is notified of its desired properties.
   * A change that is refused changes nothing.
   *
   * @returns the new twin, or undefined if there is no such device
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
    const update = { at: wireTimestamp(this.#now()), version };
    this.#change.run([
      toText(newTags, 'tags'),
      twin.changes + (tags === undefined && desired === undefined ? 0 : 1),
      toText(newDesired, 'desired properties'),
      version,
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
   * Calls a listener with each change of the desired properties by the service: a merge patch, and the new version.
   *
   * @returns stops the calls
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

function toSection(properties: string, version: number, metadata: string): TwinSection {
  return {
    properties: JSON.parse(properties) as JsonObject,
    version,
    metadata: JSON.parse(metadata) as TwinMetadata,
  };
}

/** @throws TwinPatchError when it is too large */
function toText(object: JsonObject, what: Parameters<typeof assertTwinSize>[1]): string {
  assertTwinSize(object, what);
  return JSON.stringify(object);
}
