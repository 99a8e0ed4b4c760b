/** Explains why no path is valid: with the failures of the best candidate. */
import { sentences } from '../../languages/language.js';
import type { Certificate } from '../x509/certificate.js';
import { isSupportedSignature, signatureAlgorithmName } from '../x509/signature.js';
import { BudgetExceeded, maxPathCertificates } from './budget.js';
import { certificateLabel, type Failure, failureOf, shortened } from './failure.js';
import { isSelfIssued, type Path } from './path-checks.js';
import type { Search } from './search.js';

interface Attempt {
  reachesAnchor: boolean;
  length: number;
  failures: readonly Failure[];
}

/** More attempts do not improve the explanation. */
const maxAttempts = 200;

/** Searches again without stopping at failures, and returns those of the best candidate path. */
export function explain(search: Search): Failure[] {
  search.renewBudget();
  const attempts: Attempt[] = [];
  const leafFailures = search.leafFailures();
  try {
    if (search.isTrustedLeaf()) return leafFailures;
    // Its own signature cannot be checked for one of these reasons.
    if (isSelfIssued(search.leaf) && search.pool.isAnchor(search.leaf) && leafFailures.length > 0)
      return leafFailures;
    explore(search, [search.leaf], leafFailures, attempts);
  } catch (error) {
    if (!(error instanceof BudgetExceeded)) throw error;
    if (attempts.length === 0)
      attempts.push(attemptOf([search.leaf], false, [...leafFailures, budgetFailure(error)]));
  }
  return [...attempts.reduce(betterAttempt).failures];
}

/** The failure for an exceeded budget. */
export function budgetFailure(error: BudgetExceeded): Failure {
  return {
    code: 'BUDGET_EXCEEDED',
    message: sentences.pkiPath.noDecision(error.message),
    certificate: null,
  };
}

/** @throws BudgetExceeded */
function explore(search: Search, path: Path, failures: readonly Failure[], attempts: Attempt[]): void {
  const top = path.at(-1)!;
  const candidates = search.candidates(path);
  const issuers = candidates.filter((candidate) => search.isSigned(top, candidate));
  if (issuers.length === 0 || path.length >= maxPathCertificates) {
    attempts.push(attemptOf(path, false, [...failures, endOfPathFailure(search, path, candidates)]));
    return;
  }
  for (const issuer of issuers) {
    if (attempts.length >= maxAttempts) return;
    const longer = [...path, issuer];
    const failuresSoFar = [...failures, ...search.issuerFailures(issuer)];
    if (search.pool.distance(issuer) === 0) {
      attempts.push(attemptOf(longer, true, [...failuresSoFar, ...search.pathFailures(longer)]));
    } else explore(search, longer, failuresSoFar, attempts);
  }
}

function attemptOf(path: Path, reachesAnchor: boolean, failures: readonly Failure[]): Attempt {
  return { reachesAnchor, length: path.length, failures };
}

/** Prefers a path that reaches an anchor with the fewest failures, else the longest. */
function betterAttempt(one: Attempt, other: Attempt): Attempt {
  if (one.reachesAnchor !== other.reachesAnchor) return one.reachesAnchor ? one : other;
  const longer = one.reachesAnchor ? 0 : other.length - one.length;
  return longer > 0 || (longer === 0 && other.failures.length < one.failures.length) ? other : one;
}

/** Why the last certificate of a path has no issuer. */
function endOfPathFailure(search: Search, path: Path, candidates: readonly Certificate[]): Failure {
  const top = path.at(-1)!;
  const name = certificateLabel(top);
  const issuer = shortened(top.issuer.text);
  const ends = (message: string) => failureOf('ISSUER_NOT_FOUND', top, message);
  if (path.length >= maxPathCertificates) {
    return budgetFailure(new BudgetExceeded(sentences.pkiPath.budgetLength(maxPathCertificates)));
  }
  if (isSelfIssued(top) && search.isSigned(top, top)) {
    return ends(sentences.pkiPath.endsWithItself(name));
  }
  if (isSelfIssued(top) && candidates.length === 0) {
    if (!isSupportedSignature(top)) return signatureFailure(top, [top]);
    return ends(sentences.pkiPath.namesItself(name));
  }
  if (!search.pool.hasAnchors) return ends(sentences.pkiPath.nothingTrusted(name));
  if (candidates.length > 0) return signatureFailure(top, candidates);
  if (top.issuer.isEmpty) return ends(sentences.pkiPath.withoutIssuer(name));
  if (search.pool.issuersOf(top).length > 0) {
    return ends(sentences.pkiPath.circle(name, issuer));
  }
  return ends(sentences.pkiPath.missingIssuer(issuer, certificateLabel(top)));
}

function signatureFailure(top: Certificate, candidates: readonly Certificate[]): Failure {
  const name = certificateLabel(top);
  if (!isSupportedSignature(top)) {
    const algorithm = signatureAlgorithmName(top.signatureAlgorithm);
    const message = sentences.pkiPath.weakAlgorithm(name, algorithm);
    return failureOf('SIGNATURE_ALGORITHM', top, message);
  }
  const broken = candidates.find(({ publicKeyInfo }) => publicKeyInfo.family === 'other');
  if (broken && candidates.length === 1) {
    const message = sentences.pkiPath.issuerKeyType(certificateLabel(broken), broken.publicKeyInfo.name);
    return failureOf('PUBLIC_KEY', broken, message);
  }
  const message = sentences.pkiPath.otherSigner(name, shortened(top.issuer.text), candidates.length);
  return failureOf('SIGNATURE_INVALID', top, message);
}
