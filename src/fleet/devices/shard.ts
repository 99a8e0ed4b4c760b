/** A part of a fleet: the same devices always, whoever asks, so that machines can share the work. */
import { EnrollkitError } from '../../errors.js';
import type { Range } from './device-source.js';

/** `index` counts from 1, as in test runners: 1/3, 2/3, 3/3. */
export interface Shard {
  index: number;
  of: number;
}

/** Reads `i/n`. @throws EnrollkitError USAGE */
export function parseShard(text: string): Shard {
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  if (match && of >= 1 && index >= 1 && index <= of) return { index, of };
  throw new EnrollkitError('USAGE', `--shard takes i/n, with i from 1 to n, not ${JSON.stringify(text)}.`, {
    next: 'Give 1/3, 2/3 or 3/3, for instance.',
  });
}

/** The devices of a shard: one after the other in the fleet's order, the sizes of shards differing by one at most. */
export function rangeOf({ index, of }: Shard, count: number): Range {
  const cut = (part: number) => Number((BigInt(count) * BigInt(part)) / BigInt(of));
  return { begin: cut(index - 1), end: cut(index) };
}
