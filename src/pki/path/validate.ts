/** Path building and validation (RFC 5280 section 6): the one place that decides whether a chain is good. */
import { EnrollkitError } from '../../errors.js';
import {
  type Certificate,
  parseCertificate,
  parseCertificates,
  sha256Thumbprint,
} from '../x509/certificate.js';
import { parseRevocationLists } from '../x509/crl.js';
import { BudgetExceeded } from './budget.js';
import type { Circumstances, Purpose } from './circumstances.js';
import { explain, tooMuch } from './explain.js';
import type { Failure } from './failure.js';
import type { Path } from './path-checks.js';
import type { PeerName } from './peer-name.js';
import { Pool } from './pool.js';
import { Revocation } from './revocation.js';
import { Search } from './search.js';

export type { Purpose } from './circumstances.js';
export type { Failure, FailureCode } from './failure.js';
export type { PeerName } from './peer-name.js';

/** `lenient` is what a path needs to be safe; `strict` adds what RFC 5280 section 4 and the CA/Browser Forum ask of issuers. */
export type Mode = 'lenient' | 'strict';

/** PEM, DER or parsed: a parsed certificate is not parsed again, nor is a signature by its key verified again. */
export type CertificateInput = string | Uint8Array | Certificate;

export interface ValidateChainRequest {
  /** One certificate, PEM or DER or already parsed. */
  leaf: CertificateInput;
  /** What was presented besides, likewise (PEM may be a bundle), in any order; what does not belong to the chain does no harm. */
  intermediates: readonly CertificateInput[];
  /** What is trusted, likewise. An anchor need not be self-signed: an enrollment group may hold an intermediate. */
  trustAnchors: readonly CertificateInput[];
  /** When; now if left out. */
  at?: Date;
  /** What the leaf is used for; `any`, the default, does not look at extended key usage. */
  purpose?: Purpose;
  /** Whose the leaf must be, by its subject alternative names; a common name does not count. */
  peerName?: PeerName;
  /** The most intermediates between leaf and anchor; self-issued ones are not counted. */
  maxDepth?: number;
  /**
   * Revocation lists, PEM or DER. Once there is any, a usable one of the leaf's issuer is needed; an intermediate is
   * looked up when there is any of its issuer, in mode `strict` always. A list that cannot be read refuses the chain.
   */
  crls?: readonly (string | Uint8Array)[];
  /** `lenient` when left out. */
  mode?: Mode;
}

/** The public result of {@link validateChain}: certificates are named by their fingerprints. */
export interface ChainVerdict {
  valid: boolean;
  /** SHA-256 fingerprints, upper-case hexadecimal, from the leaf to the anchor; empty when no path is valid. */
  path: string[];
  /** Empty when valid; otherwise what is wrong with the best candidate path, and which certificates cannot be read. */
  failures: Failure[];
}

/** The result of {@link validatePath}, for callers inside enrollkit: the path holds the certificates themselves. */
export type PathVerdict = { valid: true; path: Path } | { valid: false; failures: Failure[] };

/**
 * Builds paths from the leaf to a trust anchor, backtracking over every possible issuer, and returns the first valid
 * one. Checks signatures, dates (inclusive; they are instants, so half a second later is too late), CA flags, key usage,
 * path lengths, extended key usage and name constraints along the path, critical extensions, certificate policies as far
 * as they are constrained; and, on request, the peer's name, the depth and revocation.
 *
 * The constraints in a trust anchor apply to it as well, including its dates. A self-signed leaf is valid when it is a
 * trust anchor.
 *
 * @returns a verdict; bad certificates make it negative and never throw, and the work is bounded whatever the input.
 *   `FailureCode` lists the codes
 * @throws EnrollkitError USAGE when `at` is not a date, `maxDepth` not a count, or another option has an unknown value
 */
export async function validateChain(request: ValidateChainRequest): Promise<ChainVerdict> {
  return toChainVerdict(validatePath(request));
}

/** The public form of a verdict. */
export function toChainVerdict(verdict: PathVerdict): ChainVerdict {
  return verdict.valid
    ? { valid: true, path: verdict.path.map(sha256Thumbprint), failures: [] }
    : { valid: false, path: [], failures: verdict.failures };
}

/**
 * Like {@link validateChain}, but synchronous, and the path consists of certificates. Those that the caller passed parsed
 * are returned as the same objects, unless an equal one came earlier in the request (trust anchors before intermediates).
 *
 * @throws EnrollkitError USAGE as {@link validateChain}
 */
export function validatePath(request: ValidateChainRequest): PathVerdict {
  assertOptions(request);
  const unreadable: Failure[] = [];
  const [leaf] = readAll([request.leaf], 'leaf certificate', unreadable, (input) => [
    isParsed(input) ? input : parseCertificate(input),
  ]);
  if (!leaf) return refused(unreadable);
  const unreadableLists: Failure[] = [];
  const circumstances = circumstancesOf(request, unreadableLists);
  if (unreadableLists.length > 0) return refused(unreadableLists);
  const pool = new Pool(
    readAll(request.trustAnchors, 'trusted certificate', unreadable, certificatesOf),
    readAll(request.intermediates, 'intermediate certificate', unreadable, certificatesOf),
  );
  const search = new Search(leaf, pool, circumstances);
  try {
    const path = search.find();
    if (path) return { valid: true, path };
  } catch (error) {
    if (error instanceof BudgetExceeded) return refused([tooMuch(error), ...unreadable]);
    throw error;
  }
  return refused([...explain(search), ...unreadable]);
}

function circumstancesOf(request: ValidateChainRequest, unreadable: Failure[]): Circumstances {
  const { purpose = 'any', peerName, maxDepth, crls = [], mode } = request;
  const at = request.at ?? new Date();
  const isStrict = mode === 'strict';
  const lists = readAll(crls, 'revocation list', unreadable, parseRevocationLists);
  return {
    at,
    purpose,
    isStrict,
    ...(peerName ? { peerName } : {}),
    ...(maxDepth === undefined ? {} : { maxDepth }),
    ...(lists.length > 0 ? { revocation: new Revocation(lists, at, isStrict) } : {}),
  };
}

/** A misspelled option would be a check left out, and a wrong verdict. */
function assertOptions({ at, purpose, peerName, maxDepth, mode }: ValidateChainRequest): void {
  const usage = (message: string) => new EnrollkitError('USAGE', message);
  if (at !== undefined && Number.isNaN(at.getTime())) throw usage('The time to validate at is not a date.');
  if (purpose !== undefined && !['clientAuth', 'serverAuth', 'any'].includes(purpose))
    throw usage('The purpose is none of clientAuth, serverAuth and any.');
  if (mode !== undefined && !['lenient', 'strict'].includes(mode))
    throw usage('The mode of validation is neither lenient nor strict.');
  if (maxDepth !== undefined && !(Number.isInteger(maxDepth) && maxDepth >= 0))
    throw usage('The maximum depth is not a number of certificates.');
  if (peerName !== undefined && !['DNS', 'IP', 'RFC822'].includes(peerName.kind))
    throw usage('The kind of the peer name is none of DNS, IP and RFC822.');
}

function refused(failures: Failure[]): PathVerdict {
  return { valid: false, failures };
}

function isParsed(input: CertificateInput): input is Certificate {
  return typeof input !== 'string' && !(input instanceof Uint8Array);
}

function certificatesOf(input: CertificateInput): Certificate[] {
  return isParsed(input) ? [input] : parseCertificates(input);
}

/** Inputs that cannot be read become failures and are left out. */
function readAll<Input, Read>(
  inputs: readonly Input[],
  what: string,
  failures: Failure[],
  read: (input: Input) => Read[],
): Read[] {
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
