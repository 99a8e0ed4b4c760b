/** Checks of a path as a whole (RFC 5280 section 6.1). */

import { sentences } from '../../languages/language.js';
import { DerError } from '../der/read.js';
import type { Certificate } from '../x509/certificate.js';
import { extensionTypes } from '../x509/extensions.js';
import type { Budget } from './budget.js';
import type { Circumstances } from './circumstances.js';
import { certificateLabel, type Failure, failureOf } from './failure.js';
import { checkNameConstraints } from './name-constraints.js';
import { certificateWithoutPolicy } from './policies.js';
import { policyExtensionsOf } from './policy-extensions.js';
import type { ListSigners } from './revocation.js';
import { checkStrictRules } from './strict.js';

/** From the leaf to the trust anchor; all signatures are verified, and each certificate passed its own checks. */
export type Path = readonly Certificate[];

/** The input of all path checks. */
export interface PathContext {
  circumstances: Circumstances;
  budget: Budget;
  /** Certificates that can have signed a revocation list beside a CA's own. */
  listSigners: ListSigners;
}

/** In the order in which failures are reported. */
const pathChecks: readonly ((path: Path, context: PathContext) => Failure[])[] = [
  checkPathLength,
  checkDepth,
  (path, { budget }) => checkNameConstraints(path, budget),
  checkPolicies,
  (path, { circumstances: { revocation }, budget, listSigners }) =>
    revocation?.check(path, budget, listSigners) ?? [],
  (path, { circumstances }) => (circumstances.isStrict ? checkStrictRules(path, circumstances) : []),
];

/** @throws BudgetExceeded */
export function checkPath(path: Path, context: PathContext): Failure[] {
  return pathChecks.flatMap((check) => check(path, context));
}

/** The caller's limit: leaf, anchor and self-issued intermediates do not count. */
function checkDepth(path: Path, { circumstances: { maxDepth } }: PathContext): Failure[] {
  if (maxDepth === undefined) return [];
  const depth = path.slice(1, -1).filter((issuer) => !isSelfIssued(issuer)).length;
  if (depth <= maxDepth) return [];
  const leaf = path[0]!;
  const message = sentences.pkiPath.tooDeep(certificateLabel(leaf), depth, maxDepth);
  return [failureOf('DEPTH_EXCEEDED', leaf, message)];
}

/** Only constraints require a policy. Malformed policies are reported by the checks of the certificate itself. */
function checkPolicies(path: Path, { budget, circumstances: { policyInputs } }: PathContext): Failure[] {
  const isConstrained =
    policyInputs?.requireExplicitPolicy === true ||
    path.some(({ extensions }) => extensions.has(extensionTypes.policyConstraints));
  if (!isConstrained) return [];
  try {
    budget.spendPolicies(path.length * (1 + policyCount(path)));
    const certificate = certificateWithoutPolicy(path, policyInputs);
    if (!certificate) return [];
    const message = sentences.pkiPath.noPolicy(certificateLabel(certificate));
    return [failureOf('POLICY', certificate, message)];
  } catch (error) {
    if (error instanceof DerError) return [];
    throw error;
  }
}

/** The maximum size of one level: each policy and mapping can be inherited from any level above. @throws DerError */
function policyCount(path: Path): number {
  return path.reduce((sum, certificate) => {
    const { policies = [], mappings } = policyExtensionsOf(certificate);
    return [...mappings.values()].reduce((all, to) => all + to.length, sum + policies.length);
  }, 0);
}

/** Section 6.1.4 (l) and (m): intermediates below a CA count unless they are self-issued; the leaf does not. */
export function checkPathLength(path: Path): Failure[] {
  const failures: Failure[] = [];
  let below = 0;
  for (const issuer of path.slice(1)) {
    const allowed = issuer.basicConstraints?.pathLength;
    if (allowed !== undefined && below > allowed) {
      const message = sentences.pkiPath.pathLength(certificateLabel(issuer), allowed, below);
      failures.push(failureOf('PATH_LENGTH_EXCEEDED', issuer, message));
    }
    if (!isSelfIssued(issuer)) below += 1;
  }
  return failures;
}

/** Whether subject and issuer are the same name (section 3.2); not necessarily signed with its own key. */
export function isSelfIssued({ subject, issuer }: Certificate): boolean {
  return subject.equals(issuer);
}
