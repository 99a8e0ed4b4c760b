import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';

/**
 * A flag's value as a time: a date, or a date and time, in ISO 8601; UTC unless it has a time zone.
 *
 * @throws EnrollkitError USAGE
 */
export function parseTime(text: string, flag: string): Date {
  const hasZone = /(Z|[+-]\d\d:\d\d)$/.test(text);
  const time = new Date(text.includes('T') && !hasZone ? `${text}Z` : text);
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d.*)?$/.test(text) && !Number.isNaN(time.getTime());
  if (isTime && isOnCalendar(text.slice(0, 10))) return time;
  throw new EnrollkitError('USAGE', sentences.cliInput.notATime(flag, text));
}

/** JavaScript takes February 30 for March 2. */
function isOnCalendar(date: string): boolean {
  return new Date(date).toISOString().startsWith(date);
}

/** A duration in milliseconds, given the lifetime that percentages refer to. */
export type Span = (lifetimeMs: number) => number;

const hourMs = 3_600_000;
const units: Readonly<Record<string, (count: number) => Span>> = {
  '': (days) => () => days * 24 * hourMs,
  d: (days) => () => days * 24 * hourMs,
  h: (hours) => () => hours * hourMs,
  '%': (percent) => (lifetimeMs) => (lifetimeMs * percent) / 100,
};

/**
 * A flag's value as a span: days (`30`, `30d`), hours (`36h`) or a part of a lifetime (`25%`).
 *
 * @throws EnrollkitError USAGE
 */
export function parseSpan(text: string, flag: string): Span {
  const [, digits, unit] = /^(\d{1,6})([dh%]?)$/.exec(text) ?? [];
  const count = Number(digits);
  if (digits !== undefined && (unit !== '%' || count <= 100)) return units[unit!]!(count);
  throw new EnrollkitError('USAGE', sentences.cliInput.notASpan(flag, text));
}

const durationUnitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: hourMs,
  d: 24 * hourMs,
};
const minDurationMs = 100;
const maxDurationMs = 100 * 24 * hourMs;

/**
 * A flag's value as a time that passes: `500ms`, `30s`, `10m`, `2h` or `7d`.
 *
 * @returns milliseconds
 * @throws EnrollkitError USAGE
 */
export function parseDuration(text: string, flag: string): number {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = Number(digits) * (durationUnitMs[unit ?? ''] ?? Number.NaN);
  if (ms >= minDurationMs && ms <= maxDurationMs) return ms;
  throw new EnrollkitError('USAGE', sentences.cliInput.notADuration(flag, text));
}
