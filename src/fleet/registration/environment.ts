/** Errors of the environment rather than of one device. */
import type { EnrollkitError, ErrorCode } from '../../errors.js';

const environmental: ReadonlySet<ErrorCode> = new Set([
  'NETWORK',
  'TIMEOUT',
  'SERVER_NOT_TRUSTED',
  'CLOCK_SKEW',
]);

/** Whether all devices would fail like this one: until one has succeeded, such an error ends a run. */
export function isEnvironmental({ code }: Pick<EnrollkitError, 'code'>): boolean {
  return environmental.has(code);
}
