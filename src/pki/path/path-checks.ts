/** What the certificates of a path must satisfy together (RFC 5280 section 6.1). */

import { DerError } from '../der/read.js';
import type { Certificate } from '../x509/certificate.js';
import { extensionTypes } from '../x509/extensions.js';
import type { Budget } from './budget.js';
import type { Circumstances } from './circumstances.js';
import { called, type Failure, failureOf } from './failure.js';
import { checkNameConstraints } from './name-constraints.js';
import { whereNoPolicyHolds } from './policies.js';
import { policyExtensionsOf } from './policy-extensions.js';
import { checkStrictly } from './strict.js';

/** From the leaf to the trust anchor; every signature holds, and each certificate passed its own checks. */
export type Path = readonly Certificate[];

/** What all checks of a path need; a check of one kind takes what it needs of it. */
export interface PathContext {
  circumstances: Circumstances;
  budget: Budget;
}

/** In the order in which their failures are told. */
const pathChecks: readonly ((path: Path, context: PathContext) => Failure[])[] = [
  checkPathLength,
  checkDepth,
  (path, { budget }) => checkNameConstraints(path, budget),
  checkPolicies,
  (path, { circumstances: { revocation }, budget }) => revocation?.check(path, budget) ?? [],
  (path, { circumstances }) => (circumstances.isStrict ? checkStrictly(path, circumstances) : []),
];

/** @throws BudgetExceeded */
export function checkPath(path: Path, context: PathContext): Failure[] {
  return pathChecks.flatMap((check) => check(path, context));
}

/** The caller's own limit: leaf and anchor are not counted, self-issued intermediates are free. */
function checkDepth(path: Path, { circumstances: { maxDepth } }: PathContext): Failure[] {
  if (maxDepth === undefined) return [];
  const depth = path.slice(1, -1).filter((issuer) => !isSelfIssued(issuer)).length;
  if (depth <= maxDepth) return [];
  const leaf = path[0]!;
  const message = `Between the certificate ${called(leaf)} and the trusted one are ${depth} intermediate certificates; at most ${maxDepth} may be.`;
  return [failureOf('DEPTH_EXCEEDED', leaf, message)];
}

/** Only constraints make a policy necessary. Malformed policies are told with the checks of the certificate itself. */
function checkPolicies(path: Path, { budget }: PathContext): Failure[] {
  const isConstrained = path.some(({ extensions }) => extensions.has(extensionTypes.policyConstraints));
  if (!isConstrained) return [];
  try {
    budget.spendPolicies(path.length * (1 + policyCount(path)));
    const certificate = whereNoPolicyHolds(path);
    if (!certificate) return [];
    const message = `The certificate ${called(certificate)} has no certificate policy that holds along the path, and a policy constraint asks for one.`;
    return [failureOf('POLICY', certificate, message)];
  } catch (error) {
    if (error instanceof DerError) return [];
    throw error;
  }
}

/** What one level can hold at most: each policy and mapping can be carried down from wherever it stands. @throws DerError */
function policyCount(path: Path): number {
  return path.reduce((sum, certificate) => {
    const { policies = [], mappings } = policyExtensionsOf(certificate);
    return [...mappings.values()].reduce((all, to) => all + to.length, sum + policies.length);
  }, 0);
}

/** Section 6.1.4 (l) and (m): intermediates below an authority count unless they are self-issued; the leaf does not. */
function checkPathLength(path: Path): Failure[] {
  const failures: Failure[] = [];
  let below = 0;
  for (const issuer of path.slice(1)) {
    const allowed = issuer.basicConstraints?.pathLength;
    if (allowed !== undefined && below > allowed) {
      const message = `The certificate ${called(issuer)} allows ${allowed === 0 ? 'no' : `at most ${allowed}`} intermediate ${allowed > 1 ? 'certificates' : 'certificate'} below it (path length ${allowed}); there ${below > 1 ? 'are' : 'is'} ${below}.`;
      failures.push(failureOf('PATH_LENGTH_EXCEEDED', issuer, message));
    }
    if (!isSelfIssued(issuer)) below += 1;
  }
  return failures;
}

/** Subject and issuer are the same name (section 3.2); such a certificate need not be signed by its own key. */
export function isSelfIssued({ subject, issuer }: Certificate): boolean {
  return subject.equals(issuer);
}
