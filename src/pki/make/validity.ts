/** The validity of certificates (RFC 5280 section 4.1.2.5). */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';

/** The earliest date that can be encoded: the two-digit years of UTCTime begin at 1950. */
const earliest = Date.UTC(1950, 0, 1);

/** As notAfter it means no well-defined expiration date; no later date can be encoded. */
export const noExpiration = Date.UTC(9999, 11, 31, 23, 59, 59);

export const dayMs = 86_400_000;

/** All in milliseconds since 1970. */
interface RequestedValidity {
  /** Now. */
  at: number;
  /** How long before `at` the certificate begins. */
  backdate: number;
  end: number;
  /** Limits the validity. */
  issuer: { notBefore: Date; notAfter: Date } | undefined;
}

/**
 * The dates of a new certificate, in whole seconds: as requested, within the issuer's and within those that can be
 * encoded.
 *
 * @throws EnrollkitError INVALID_VALIDITY when that leaves none
 */
export function validityOf({ at, backdate, end, issuer }: RequestedValidity): {
  notBefore: Date;
  notAfter: Date;
} {
  const begins = Math.max(at - backdate, issuer?.notBefore.getTime() ?? earliest, earliest);
  const ends = Math.min(end, issuer?.notAfter.getTime() ?? noExpiration, noExpiration);
  const isPossible = at >= earliest && at <= noExpiration && begins <= ends;
  if (isPossible) return { notBefore: wholeSeconds(begins), notAfter: wholeSeconds(ends) };
  throw new EnrollkitError('INVALID_VALIDITY', sentences.pkiMake.validityImpossible(text(at), text(end)));
}

function wholeSeconds(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}

function text(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? sentences.pkiMake.invalidTime : date.toISOString();
}
