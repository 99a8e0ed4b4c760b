/** How much of a validity is used. */
import type { Span } from '../../input/time-flag.js';

export type State = 'valid' | 'ends-soon' | 'expired' | 'not-yet-valid';

export interface Validity {
  notBefore: Date;
  notAfter: Date;
  state: State;
  /** From 0 to 1. */
  used: number;
}

/**
 * Both ends are inclusive, as in path validation.
 *
 * @param within how long before its end a certificate ends soon; by default the last third, as `cert needs-renewal`
 */
export function validityOf(
  { notBefore, notAfter }: { notBefore: Date; notAfter: Date },
  at: Date,
  within: Span | undefined,
): Validity {
  const [start, end, now] = [notBefore.getTime(), notAfter.getTime(), at.getTime()];
  const lifetime = end - start;
  const used = lifetime > 0 ? (now - start) / lifetime : now < start ? 0 : 1;
  return {
    notBefore,
    notAfter,
    state:
      now > end
        ? 'expired'
        : now < start
          ? 'not-yet-valid'
          : now >= end - (within?.(lifetime) ?? lifetime / 3)
            ? 'ends-soon'
            : 'valid',
    used: Math.min(1, Math.max(0, used)),
  };
}

/** 0 to 100; 100 only at the very end. */
export function percentOf({ used }: Validity): number {
  return Math.floor(used * 100);
}
