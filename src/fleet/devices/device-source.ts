/** Where the devices of a fleet come from. */
import type { DeviceRequest } from '../issue/device.js';
import type { DeviceBatch } from '../issue/worker-messages.js';
import { type IdPattern, idAt } from './id-pattern.js';

/** Which devices of a source, by their number from 0; `end` is the first that does not belong to it. */
export interface Range {
  begin: number;
  end: number;
}

export interface DeviceSource {
  /** How many devices there are in all. */
  readonly count: number;
  /** What must be the same for the fleet to be the same. */
  readonly identity: unknown;
  /** Of all devices, in the order of the manifest's columns. */
  readonly tagNames: readonly string[];
  /** The devices in their order, so many at once. */
  batches(range: Range, size: number): AsyncIterable<DeviceBatch>;
  devices(range: Range): AsyncIterable<DeviceRequest>;
}

/** Devices that a pattern names. */
export function patternSource(pattern: IdPattern, count: number): DeviceSource {
  return {
    count,
    identity: { pattern, count },
    tagNames: [],
    async *batches({ begin, end }, size) {
      for (let first = begin; first < end; first += size) {
        yield { pattern, first, count: Math.min(size, end - first) };
      }
    },
    async *devices({ begin, end }) {
      for (let index = begin; index < end; index += 1) yield { registrationId: idAt(pattern, index) };
    },
  };
}
