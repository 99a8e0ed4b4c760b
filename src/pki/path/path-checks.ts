/** What the certificates of a path must satisfy together (RFC 5280 section 6.1). */
import type { Certificate } from '../certificate.js';
import type { Budget } from './budget.js';
import { called, type Failure, failureOf } from './failure.js';
import { checkNameConstraints } from './name-constraints.js';

/** From the leaf to the trust anchor; every signature holds, and each certificate passed its own checks. */
export type Path = readonly Certificate[];

export type PathCheck = (path: Path, budget: Budget) => Failure[];

/** In the order in which their failures are told. */
const pathChecks: readonly PathCheck[] = [checkPathLength, checkNameConstraints];

/** @throws BudgetExceeded */
export function checkPath(path: Path, budget: Budget): Failure[] {
  return pathChecks.flatMap((check) => check(path, budget));
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
