/** Explains why no path is valid: with the failures of the best candidate. */
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
    message: `No decision about the chain was reached within bounds: there are ${error.message}.`,
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
  const name = `The certificate ${certificateLabel(top)}`;
  const issuer = shortened(top.issuer.text);
  const ends = (message: string) => failureOf('ISSUER_NOT_FOUND', top, message);
  if (path.length >= maxPathCertificates) {
    return budgetFailure(new BudgetExceeded(`more than ${maxPathCertificates} certificates in the chain`));
  }
  if (isSelfIssued(top) && search.isSigned(top, top)) {
    return ends(`${name} signs itself, ends the chain, and is not among the trusted certificates.`);
  }
  if (isSelfIssued(top) && candidates.length === 0) {
    if (!isSupportedSignature(top)) return signatureFailure(top, [top]);
    return ends(
      `${name} names itself as its issuer, did not sign itself with a key that is accepted, and no other certificate of that name was given.`,
    );
  }
  if (!search.pool.hasAnchors)
    return ends(`No trusted certificate was given that ${name.replace('The', 'the')} could lead to.`);
  if (candidates.length > 0) return signatureFailure(top, candidates);
  if (top.issuer.isEmpty) return ends(`${name} does not name its issuer.`);
  if (search.pool.issuersOf(top).length > 0) {
    return ends(
      `${name} was issued by ${issuer}, which stands below it already: the chain goes round in a circle.`,
    );
  }
  return ends(
    `No presented or trusted certificate has the subject ${issuer}, which issued ${certificateLabel(top)}: is an intermediate missing from the chain?`,
  );
}

function signatureFailure(top: Certificate, candidates: readonly Certificate[]): Failure {
  const name = `The certificate ${certificateLabel(top)}`;
  if (!isSupportedSignature(top)) {
    const algorithm = signatureAlgorithmName(top.signatureAlgorithm);
    const message = `${name} is signed with an algorithm that is weak or not known (${algorithm}).`;
    return failureOf('SIGNATURE_ALGORITHM', top, message);
  }
  const broken = candidates.find(({ publicKeyInfo }) => publicKeyInfo.family === 'other');
  if (broken && candidates.length === 1) {
    const message = `The certificate ${certificateLabel(broken)} has a public key of a kind that is not accepted (${broken.publicKeyInfo.name}).`;
    return failureOf('PUBLIC_KEY', broken, message);
  }
  const which = candidates.length === 1 ? 'the certificate' : `any of the ${candidates.length} certificates`;
  const message = `${name} was not signed with the key of ${which} ${shortened(top.issuer.text)}: it was changed or forged, or another certificate of that name is its issuer.`;
  return failureOf('SIGNATURE_INVALID', top, message);
}
