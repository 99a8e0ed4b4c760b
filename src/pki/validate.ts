/** Path building and validation (RFC 5280 section 6): the one place that decides whether a chain is good. */
import { EnrollkitError } from '../errors.js';
import { type Certificate, parseCertificate, parseCertificates, sha256Thumbprint } from './certificate.js';
import { BudgetExceeded } from './path/budget.js';
import type { Purpose } from './path/checks.js';
import { explain, tooMuch } from './path/explain.js';
import type { Failure } from './path/failure.js';
import { Pool } from './path/pool.js';
import { Search } from './path/search.js';

export type { Purpose } from './path/checks.js';
export type { Failure, FailureCode } from './path/failure.js';

type Input = string | Uint8Array;

export interface ValidateChainRequest {
  /** One certificate, PEM or DER. */
  leaf: Input;
  /** What was presented besides, PEM (a bundle too) or DER, in any order; what does not belong to the chain does no harm. */
  intermediates: readonly Input[];
  /** What is trusted, likewise. An anchor need not be self-signed: an enrollment group may hold an intermediate. */
  trustAnchors: readonly Input[];
  /** When; now if left out. */
  at?: Date;
  /** What the leaf is used for; `any`, the default, does not look at extended key usage. */
  purpose?: Purpose;
}

export interface ChainVerdict {
  valid: boolean;
  /** SHA-256 fingerprints, upper-case hexadecimal, from the leaf to the anchor; empty when no path holds. */
  path: string[];
  /** Empty when valid; else what is wrong with the path that came nearest, and which certificates cannot be read. */
  failures: Failure[];
}

/**
 * Builds paths from the leaf to a trust anchor, backtracking over every certificate that could be an issuer, and gives
 * the first that holds: signatures, dates (inclusive), CA flags, key usage, path lengths, extended key usage and name
 * constraints along the path, critical extensions.
 *
 * A trust anchor is held to what it says of itself, its dates too. A leaf that signed itself is valid when it is a
 * trust anchor.
 *
 * @returns a verdict; bad certificates make it negative and never throw, and however the input is made, the work is
 *   bounded. `FailureCode` lists the codes
 * @throws EnrollkitError USAGE when `at` is no date
 */
export async function validateChain(request: ValidateChainRequest): Promise<ChainVerdict> {
  const { purpose = 'any', at = new Date() } = request;
  if (Number.isNaN(at.getTime())) throw new EnrollkitError('USAGE', 'The time to validate at is not a date.');
  const unreadable: Failure[] = [];
  const [leaf] = readAll([request.leaf], 'leaf certificate', unreadable, (input) => [
    parseCertificate(input),
  ]);
  if (!leaf) return refused(unreadable);
  const pool = new Pool(
    readAll(request.trustAnchors, 'trusted certificate', unreadable),
    readAll(request.intermediates, 'intermediate certificate', unreadable),
  );
  const search = new Search(leaf, pool, { at: wholeSeconds(at), purpose });
  try {
    const path = search.find();
    if (path) return { valid: true, path: path.map(sha256Thumbprint), failures: [] };
  } catch (error) {
    if (error instanceof BudgetExceeded) return refused([tooMuch(error), ...unreadable]);
    throw error;
  }
  return refused([...explain(search), ...unreadable]);
}

function refused(failures: Failure[]): ChainVerdict {
  return { valid: false, path: [], failures };
}

/** Certificates that cannot be read become failures and are left out. */
function readAll(
  inputs: readonly Input[],
  what: string,
  failures: Failure[],
  read: (input: Input) => Certificate[] = parseCertificates,
): Certificate[] {
  return inputs.flatMap((input, index) => {
    try {
      return read(input);
    } catch (error) {
      if (!(error instanceof EnrollkitError)) throw error;
      const which = inputs.length === 1 ? `The ${what}` : `The ${what} number ${index + 1}`;
      failures.push({
        code: 'MALFORMED',
        message: `${which} cannot be read. ${error.message}`,
        certificate: null,
      });
      return [];
    }
  });
}

/** The dates in certificates have no fractions, and the last second is valid to its end. */
function wholeSeconds(at: Date): Date {
  return new Date(Math.floor(at.getTime() / 1000) * 1000);
}
