/** Patterns of IDs: `sensor-{000001..}`, `{1..}-gateway`, `device-{0001..0500}`. */

import { registrationIdProblem } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';

export interface IdPattern {
  prefix: string;
  suffix: string;
  /** Numbers are padded with zeros to this many digits. */
  width: number;
  /** The number of the first device. */
  start: number;
}

/** Far above the limit of DPS (1,000,000 devices); issuing as many takes an hour. */
export const maxFleetSize = 100_000_000;

/**
 * Parses a pattern; see {@link devicesFromPattern}.
 *
 * @param count how many devices; not needed when the pattern has an END
 * @throws EnrollkitError USAGE; INVALID_REGISTRATION_ID when an ID would not be valid
 */
export function parsePattern(text: string, count: number | undefined): { pattern: IdPattern; count: number } {
  const match = /^([^{}]*)\{(\d{1,15})\.\.(\d{1,15})?\}([^{}]*)$/.exec(text);
  if (!match) throw notAPattern(text);
  const [, prefix, first, last, suffix] = match as unknown as [string, string, string, string?, string?];
  const start = Number(first);
  const size = sizeOf(text, start, last === undefined ? undefined : Number(last), count);
  const pattern: IdPattern = { prefix, suffix: suffix ?? '', width: widthOf(first, last), start };
  // Only the number differs: if the shortest and the longest ID are valid, all are.
  for (const id of [idAt(pattern, 0), idAt(pattern, size - 1)]) {
    const problem = registrationIdProblem(id);
    if (problem) throw new EnrollkitError('INVALID_REGISTRATION_ID', `--pattern: ${problem}`);
  }
  return { pattern, count: size };
}

/** The ID of a device. @param index from 0 */
export function idAt({ prefix, suffix, width, start }: IdPattern, index: number): string {
  return prefix + String(start + index).padStart(width, '0') + suffix;
}

function sizeOf(text: string, start: number, end: number | undefined, count: number | undefined): number {
  if (end === undefined) {
    if (count !== undefined) return count;
    throw usage(sentences.fleet.countMissing, sentences.fleet.countMissingNext(withEnd(text)));
  }
  const size = end - start + 1;
  if (size < 1) throw usage(sentences.fleet.patternBackwards(text));
  if (size > maxFleetSize) {
    throw usage(sentences.fleet.patternTooLarge(text, size, maxFleetSize));
  }
  if (count === undefined || count === size) return size;
  throw usage(sentences.fleet.patternOrCount(text, size, count), sentences.fleet.patternOrCountNext);
}

/** The same pattern for a hundred devices. */
function withEnd(text: string): string {
  return text.replace(
    /(\d+)\.\.\}/,
    (_, first: string) => `${first}..${String(Number(first) + 99).padStart(first.length, '0')}}`,
  );
}

/** As in a shell, leading zeros of either number count. */
function widthOf(first: string, last: string | undefined): number {
  const isPadded = (number: string) => number.length > 1 && number.startsWith('0');
  if (!isPadded(first) && !(last !== undefined && isPadded(last))) return 0;
  return Math.max(first.length, last?.length ?? 0);
}

function notAPattern(text: string): EnrollkitError {
  const why = /[{}]/.test(text)
    ? sentences.fleet.invalidPattern(JSON.stringify(text))
    : sentences.fleet.patternWithoutNumber(JSON.stringify(text));
  return usage(why, sentences.fleet.patternExample);
}

function usage(message: string, next?: string): EnrollkitError {
  return new EnrollkitError('USAGE', message, next === undefined ? {} : { next });
}
