/** Path building and validation (RFC 5280 section 6): the only place that decides whether a chain is valid. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { type Certificate, parseCertificate, sha256Thumbprint } from '../x509/certificate.js';
import { parseRevocationLists } from '../x509/crl.js';
import { odditiesOf } from '../x509/look.js';
import { BudgetExceeded } from './budget.js';
import type { Circumstances, Purpose } from './circumstances.js';
import { budgetFailure, explain } from './explain.js';
import type { Failure } from './failure.js';
import { AuthorityReader } from './known-authorities.js';
import type { Path } from './path-checks.js';
import type { PeerName } from './peer-name.js';
import type { PolicyInputs } from './policies.js';
import { Pool } from './pool.js';
import { Revocation } from './revocation.js';
import { Search } from './search.js';

export type { Purpose } from './circumstances.js';
export type { Failure, FailureCode } from './failure.js';
export type { PeerName } from './peer-name.js';

/**
 * `lenient` checks what makes a path safe; `strict` adds the rules of RFC 5280 section 4 and the CA/Browser Forum for
 * issuers.
 */
export type Mode = 'lenient' | 'strict';

/** PEM, DER or parsed: a parsed certificate is not parsed again, nor is a signature by its key verified again. */
export type CertificateInput = string | Uint8Array | Certificate;

export interface ValidateChainRequest {
  /** One certificate. */
  leaf: CertificateInput;
  /** The other certificates that the peer sent (PEM can be a bundle), in any order; unrelated ones are ignored. */
  intermediates: readonly CertificateInput[];
  /**
   * The trusted certificates (PEM can be a bundle). An anchor need not be self-signed: enrollment groups can have an
   * intermediate.
   */
  trustAnchors: readonly CertificateInput[];
  /** The time of validation; by default now. */
  at?: Date;
  /** What the leaf is used for; `any`, the default, ignores extended key usage. */
  purpose?: Purpose;
  /** The expected peer, compared with the subject alternative names; the common name is ignored. */
  peerName?: PeerName;
  /** Maximum number of intermediates between leaf and anchor; self-issued ones do not count. */
  maxDepth?: number;
  /**
   * Revocation lists, PEM or DER. If there is any, a usable one of the leaf's issuer is required; intermediates are
   * checked if there is one of their issuer, in mode `strict` always. A list that cannot be read makes the chain
   * invalid.
   */
  crls?: readonly (string | Uint8Array)[];
  /**
   * The certificate policies that are acceptable, as dotted object identifiers (RFC 5280 section 6.1.1 (c)); by default
   * any. They matter where a policy is required: by a certificate of the path, or by `requireExplicitPolicy`.
   */
  initialPolicySet?: readonly string[];
  /** Whether the path needs a certificate policy (section 6.1.1 (e)). */
  requireExplicitPolicy?: boolean;
  /** Whether policies of one CA cannot be mapped to those of another (section 6.1.1 (d)). */
  inhibitPolicyMapping?: boolean;
  /** Whether anyPolicy stands for no policy (section 6.1.1 (f)). */
  inhibitAnyPolicy?: boolean;
  /** By default `lenient`. */
  mode?: Mode;
}

/** The public result of {@link validateChain}: certificates are named by their fingerprints. */
export interface ChainVerdict {
  valid: boolean;
  /** SHA-256 fingerprints, upper-case hexadecimal, from the leaf to the anchor; empty if no path is valid. */
  path: string[];
  /** Empty if valid; otherwise what is wrong with the best candidate path, and which certificates cannot be read. */
  failures: Failure[];
}

/** The result of {@link validatePath}, for callers inside enrollkit: the path holds the certificates themselves. */
export type PathVerdict = { valid: true; path: Path } | { valid: false; failures: Failure[] };

/**
 * Builds paths from the leaf to a trust anchor, backtracking over every possible issuer, and returns the first valid
 * one. Checks signatures, dates (inclusive, but half a second later is too late), CA flags, key usage, path lengths,
 * extended key usage and name constraints along the path, critical extensions, and certificate policies as far as
 * constraints require them; on request also the peer's name, the depth and revocation.
 *
 * Constraints in a trust anchor apply, too, and so do its dates. A self-signed leaf is valid if it is a trust anchor.
 *
 * @returns the verdict; bad certificates never throw, and the work is limited for any input. `ChainFailureCode` lists
 *   the codes
 * @throws EnrollkitError USAGE when `at` is not a date, `maxDepth` not a count, a policy not an
 *   object identifier, or another option has an unknown value
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
  const [leaf] = readAll([request.leaf], 'leaf', unreadable, (input) => [
    isParsed(input) ? strictly(input) : parseCertificate(input),
  ]);
  if (!leaf) return refused(unreadable);
  const unreadableLists: Failure[] = [];
  const circumstances = circumstancesOf(request, unreadableLists);
  if (unreadableLists.length > 0) return refused(unreadableLists);
  const authorities = new AuthorityReader();
  const certificatesOf = (input: CertificateInput) =>
    isParsed(input) ? [strictly(input)] : authorities.read(input);
  const pool = new Pool(
    readAll(request.trustAnchors, 'trusted', unreadable, certificatesOf),
    readAll(request.intermediates, 'intermediate', unreadable, certificatesOf),
  );
  const search = new Search(leaf, pool, circumstances);
  try {
    const path = search.find();
    if (path) {
      authorities.remember(path);
      return { valid: true, path };
    }
  } catch (error) {
    if (error instanceof BudgetExceeded) return refused([budgetFailure(error), ...unreadable]);
    throw error;
  }
  return refused([...explain(search), ...unreadable]);
}

function circumstancesOf(request: ValidateChainRequest, unreadable: Failure[]): Circumstances {
  const { purpose = 'any', peerName, maxDepth, crls = [], mode } = request;
  const at = request.at ?? new Date();
  const isStrict = mode === 'strict';
  const lists = readAll(crls, 'revocationList', unreadable, parseRevocationLists);
  return {
    at,
    purpose,
    isStrict,
    ...(peerName ? { peerName } : {}),
    ...(maxDepth === undefined ? {} : { maxDepth }),
    policyInputs: policyInputsOf(request),
    ...(lists.length > 0 ? { revocation: new Revocation(lists, at, isStrict) } : {}),
  };
}

function policyInputsOf(request: ValidateChainRequest): PolicyInputs {
  const { initialPolicySet, requireExplicitPolicy, inhibitPolicyMapping, inhibitAnyPolicy } = request;
  return {
    ...(initialPolicySet ? { initialPolicySet: new Set(initialPolicySet) } : {}),
    requireExplicitPolicy: requireExplicitPolicy === true,
    inhibitPolicyMapping: inhibitPolicyMapping === true,
    inhibitAnyPolicy: inhibitAnyPolicy === true,
  };
}

/** A misspelled option would skip a check and give a wrong verdict. */
function assertOptions({
  at,
  purpose,
  peerName,
  maxDepth,
  mode,
  initialPolicySet = [],
}: ValidateChainRequest): void {
  const usage = (message: string) => new EnrollkitError('USAGE', message);
  if (at !== undefined && Number.isNaN(at.getTime())) throw usage(sentences.pkiPath.invalidDate);
  if (purpose !== undefined && !['clientAuth', 'serverAuth', 'any'].includes(purpose))
    throw usage(sentences.pkiPath.invalidPurpose);
  if (mode !== undefined && !['lenient', 'strict'].includes(mode)) throw usage(sentences.pkiPath.invalidMode);
  if (maxDepth !== undefined && !(Number.isInteger(maxDepth) && maxDepth >= 0))
    throw usage(sentences.pkiPath.invalidDepth);
  const noPolicy = initialPolicySet.find((policy) => !/^[0-2](\.(0|[1-9]\d*))+$/.test(policy));
  if (noPolicy !== undefined) throw usage(sentences.pkiPath.invalidPolicy(JSON.stringify(noPolicy)));
  if (peerName !== undefined && !['DNS', 'IP', 'RFC822'].includes(peerName.kind))
    throw usage(sentences.pkiPath.invalidPeerName);
}

function refused(failures: Failure[]): PathVerdict {
  return { valid: false, failures };
}

function isParsed(input: CertificateInput): input is Certificate {
  return typeof input !== 'string' && !(input instanceof Uint8Array);
}

/** An odd certificate was read for looking only. @throws EnrollkitError INVALID_CERTIFICATE */
function strictly(certificate: Certificate): Certificate {
  return odditiesOf(certificate).length > 0 ? parseCertificate(certificate.der) : certificate;
}

/** Reads inputs; those that cannot be read become failures. */
function readAll<Input, Read>(
  inputs: readonly Input[],
  what: 'leaf' | 'trusted' | 'intermediate' | 'revocationList',
  failures: Failure[],
  read: (input: Input) => readonly Read[],
): Read[] {
  return inputs.flatMap((input, index) => {
    try {
      return read(input);
    } catch (error) {
      if (!(error instanceof EnrollkitError)) throw error;
      failures.push({
        code: 'MALFORMED',
        message: sentences.pkiPath.unreadable(
          what,
          inputs.length === 1 ? undefined : index + 1,
          error.message,
        ),
        certificate: null,
      });
      return [];
    }
  });
}
