/** The device twins of the hub stand-in. */
import type Database from 'libsql';
import { DeviceListeners } from './listeners.js';
import { isJsonObject, type JsonObject, mergePatch, replacementPatch } from './merge-patch.js';

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
  /** ISO 8601, UTC. */
  updated: string;
}

/** What the service changes; what is undefined stays. */
export interface TwinChange {
  tags?: JsonObject | undefined;
  desired?: JsonObject | undefined;
}

/** Microsoft Learn, "Understand and use device twins in IoT Hub": 8 KB of tags, 32 KB of properties, nested 10 deep. */
const maxTagsBytes = 8 * 1024;
const maxPropertiesBytes = 32 * 1024;
const maxDepth = 10;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the rule forbids
const illegalName = /[\u0000-\u001f\u007f-\u009f.$ ]/;

interface TwinRow {
  tags: string;
  tags_version: number;
  desired: string;
  desired_version: number;
  desired_updated: string;
  reported: string;
  reported_version: number;
  reported_updated: string;
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
      `SELECT tags, tags_version, desired, desired_version, desired_updated, reported, reported_version, reported_updated
       FROM hub_device WHERE device_id = ?`,
    );
    this.#report = database.prepare(
      'UPDATE hub_device SET reported = ?, reported_version = ?, reported_updated = ? WHERE device_id = ?',
    );
    this.#change = database.prepare(
      `UPDATE hub_device SET tags = ?, tags_version = ?, desired = ?, desired_version = ?, desired_updated = ?
       WHERE device_id = ?`,
    );
  }

  get(deviceId: string): HubTwin | undefined {
    const row = this.#get.get([deviceId]) as TwinRow | undefined;
    if (row === undefined) return undefined;
    return {
      tags: JSON.parse(row.tags) as JsonObject,
      tagsVersion: row.tags_version,
      desired: section(row.desired, row.desired_version, row.desired_updated),
      reported: section(row.reported, row.reported_version, row.reported_updated),
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
    checkNames(patch, 1);
    const reported = text(
      mergePatch(twin.reported.properties, patch),
      'reported properties',
      maxPropertiesBytes,
    );
    const version = twin.reported.version + 1;
    this.#report.run([reported, version, this.#now().toISOString(), deviceId]);
    return version;
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
      checkNames(change, 1);
      return mergePatch(how === 'merge' ? before : {}, change);
    };
    const newTags = result(twin.tags, tags);
    const newDesired = result(twin.desired.properties, desired);
    const version = twin.desired.version + (desired === undefined ? 0 : 1);
    this.#change.run([
      text(newTags, 'tags', maxTagsBytes),
      twin.tagsVersion + (tags === undefined ? 0 : 1),
      text(newDesired, 'desired properties', maxPropertiesBytes),
      version,
      desired === undefined ? twin.desired.updated : this.#now().toISOString(),
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

/** A patch that the hub answers with 400. */
export class TwinPatchError extends Error {}

/**
 * The body of a request that changes a twin, over MQTT and AMQP.
 *
 * @param body JSON, UTF-8
 * @throws TwinPatchError when it is not JSON
 */
export function parseTwinPatch(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new TwinPatchError('The body is not JSON.');
  }
}

function section(properties: string, version: number, updated: string): TwinSection {
  return { properties: JSON.parse(properties) as JsonObject, version, updated };
}

/** @throws TwinPatchError when it is too large */
function text(object: JsonObject, what: string, maxBytes: number): string {
  const json = JSON.stringify(object);
  if (Buffer.byteLength(json) > maxBytes) {
    throw new TwinPatchError(`The ${what} would be larger than ${maxBytes} bytes.`);
  }
  return json;
}

function checkNames(object: JsonObject, depth: number): void {
  if (depth > maxDepth) throw new TwinPatchError(`Properties are nested more than ${maxDepth} deep.`);
  for (const [name, value] of Object.entries(object)) {
    if (illegalName.test(name)) {
      throw new TwinPatchError(
        `The property name ${JSON.stringify(name)} has a dot, a dollar sign, a space or a control character.`,
      );
    }
    if (isJsonObject(value)) checkNames(value, depth + 1);
  }
}
