/** The device twins of the hub stand-in. */
import type Database from 'libsql';
import { isJsonObject, type JsonObject, mergePatch } from './merge-patch.js';

export interface HubTwin {
  /** For the service side only: a device never sees its tags. */
  tags: JsonObject;
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

/** Microsoft Learn, "Understand and use device twins in IoT Hub": reported properties hold 32 KB, nested 10 deep. */
const maxReportedBytes = 32 * 1024;
const maxDepth = 10;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the rule forbids
const illegalName = /[\u0000-\u001f\u007f-\u009f.$ ]/;

interface TwinRow {
  tags: string;
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

  /** @param database with the tables of hub/schema.ts */
  constructor(database: Database.Database, now: () => Date) {
    this.#now = now;
    this.#get = database.prepare(
      `SELECT tags, desired, desired_version, desired_updated, reported, reported_version, reported_updated
       FROM hub_device WHERE device_id = ?`,
    );
    this.#report = database.prepare(
      'UPDATE hub_device SET reported = ?, reported_version = ?, reported_updated = ? WHERE device_id = ?',
    );
  }

  get(deviceId: string): HubTwin | undefined {
    const row = this.#get.get([deviceId]) as TwinRow | undefined;
    if (row === undefined) return undefined;
    return {
      tags: JSON.parse(row.tags) as JsonObject,
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
    const reported = JSON.stringify(mergePatch(twin.reported.properties, patch));
    if (Buffer.byteLength(reported) > maxReportedBytes) {
      throw new TwinPatchError(`The reported properties would be larger than ${maxReportedBytes} bytes.`);
    }
    const version = twin.reported.version + 1;
    this.#report.run([reported, version, this.#now().toISOString(), deviceId]);
    return version;
  }
}

/** A patch that the hub answers with 400. */
export class TwinPatchError extends Error {}

function section(properties: string, version: number, updated: string): TwinSection {
  return { properties: JSON.parse(properties) as JsonObject, version, updated };
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
