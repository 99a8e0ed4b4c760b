/** The devices that a fleet is made of. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { DeviceRequest } from './device.js';
import { type IdPattern, idAt, parsePattern } from './id-pattern.js';

/** Devices by their index in the fleet, from 0: `begin` is the first, `end` the one after the last. */
export interface IndexRange {
  begin: number;
  end: number;
}

/** Consecutive devices: numbers of a pattern, or spelled out. */
export type DeviceBatch =
  | { pattern: IdPattern; first: number; count: number }
  | { devices: readonly DeviceRequest[] };

/** Made by {@link devicesFromPattern} and by `devicesFromList`. */
export interface DeviceSource {
  /** The number of devices. */
  readonly count: number;
  /** JSON; the same for the same devices, so that an interrupted fleet can be recognized. */
  readonly identity: unknown;
  /** Names of the tags of all devices, in the order of the manifest's columns. */
  readonly tagNames: readonly string[];
  /** The devices in order, at most `size` in a batch. */
  batches(range: IndexRange, size: number): AsyncIterable<DeviceBatch>;
  devices(range: IndexRange): AsyncIterable<DeviceRequest>;
}

/**
 * Devices whose registration IDs are numbered, such as `sensor-{000001..}` or `{1..500}-gateway`: a text with one
 * `{START..}` or `{START..END}` in it. Numbers keep the leading zeros of START; longer ones are written in full.
 *
 * @param count how many devices; not needed when the pattern has an END
 * @throws EnrollkitError USAGE when the text is no pattern or does not fit `count`; INVALID_REGISTRATION_ID when an ID
 *   would not be valid
 */
export function devicesFromPattern(text: string, count?: number): DeviceSource {
  const { pattern, count: size } = parsePattern(text, count);
  return {
    count: size,
    identity: { pattern, count: size },
    tagNames: [],
    async *batches({ begin, end }, batchSize) {
      for (let first = begin; first < end; first += batchSize) {
        yield { pattern, first, count: Math.min(batchSize, end - first) };
      }
    },
    async *devices({ begin, end }) {
      for (let index = begin; index < end; index += 1) yield { registrationId: idAt(pattern, index) };
    },
  };
}

/** One of several parts of a fleet, for machines that share the work. `index` counts from 1: 1/3, 2/3, 3/3. */
export interface Shard {
  index: number;
  of: number;
}

/** Reads `i/n`. @throws EnrollkitError USAGE */
export function parseShard(text: string): Shard {
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  if (match && of >= 1 && index >= 1 && index <= of) return { index, of };
  throw new EnrollkitError('USAGE', sentences.fleet.invalidShard(JSON.stringify(text)), {
    next: sentences.fleet.shardExample,
  });
}

/** The devices of a shard: consecutive ones. The sizes of shards differ by at most one. */
export function shardRange({ index, of }: Shard, count: number): IndexRange {
  const cut = (part: number) => Number((BigInt(count) * BigInt(part)) / BigInt(of));
  return { begin: cut(index - 1), end: cut(index) };
}
