/** Path building (RFC 4158): from the leaf upwards, in depth, with backtracking, until a path holds. */
import type { Certificate } from '../x509/certificate.js';
import { isSignedBy } from '../x509/signature.js';
import { Budget, BudgetExceeded, maxPathCertificates } from './budget.js';
import { checkIssuer, checkLeaf } from './certificate-checks.js';
import type { Circumstances } from './circumstances.js';
import type { Failure } from './failure.js';
import { checkPath, isSelfIssued, type Path } from './path-checks.js';
import type { Pool } from './pool.js';

/**
 * The public keys that signed a certificate, for as long as somebody holds the certificate: authorities that are kept
 * parsed are verified once. Only what holds is noted, so that nobody makes it grow.
 */
const signedBy = new WeakMap<Certificate, Set<string>>();

/** What is known about the certificates of one request, each fact found out once. */
export class Search {
  readonly #issuerFailures = new Map<Certificate, Failure[]>();
  /** By certificate, the public keys that did not sign it: cross-signed authorities share theirs. */
  readonly #notSignedBy = new Map<Certificate, Set<string>>();
  #budget = new Budget();
  #isTooLong = false;

  constructor(
    readonly leaf: Certificate,
    readonly pool: Pool,
    readonly circumstances: Circumstances,
  ) {}

  /**
   * The first path that holds.
   *
   * @throws BudgetExceeded when there is more to look at than the budget allows
   */
  find(): Path | undefined {
    if (this.leafFailures().length > 0) return undefined;
    const path = this.isTrustedItself() ? [this.leaf] : this.#extend([this.leaf]);
    if (!path && this.#isTooLong) {
      throw new BudgetExceeded(
        `no path to a trust anchor that is shorter than ${maxPathCertificates} certificates`,
      );
    }
    return path;
  }

  /** The same budget once more, for who looks for the reason of a refusal. */
  renewBudget(): void {
    this.#budget = new Budget();
  }

  leafFailures(): Failure[] {
    return checkLeaf(this.leaf, this.circumstances);
  }

  issuerFailures(issuer: Certificate): Failure[] {
    let failures = this.#issuerFailures.get(issuer);
    if (!failures) {
      failures = checkIssuer(issuer, this.circumstances);
      this.#issuerFailures.set(issuer, failures);
    }
    return failures;
  }

  /** @throws BudgetExceeded */
  pathFailures(path: Path): Failure[] {
    return checkPath(path, { circumstances: this.circumstances, budget: this.#budget });
  }

  /** @throws BudgetExceeded */
  isSigned(certificate: Certificate, issuer: Certificate): boolean {
    const key = issuer.publicKeyInfo.der.toString('latin1');
    if (signedBy.get(certificate)?.has(key)) return true;
    if (this.#notSignedBy.get(certificate)?.has(key)) return false;
    this.#budget.spendSignature(issuer.publicKeyInfo);
    const signed = isSignedBy(certificate, issuer);
    note(signed ? signedBy : this.#notSignedBy, certificate, key);
    return signed;
  }

  /**
   * RFC 5280 section 6.1: a leaf that signed itself and is a trust anchor is a path of one certificate, issued by that
   * anchor. An anchor that another authority issued is not: as a leaf it needs that authority.
   */
  isTrustedItself(): boolean {
    return this.pool.isAnchor(this.leaf) && isSelfIssued(this.leaf) && this.isSigned(this.leaf, this.leaf);
  }

  /**
   * What could stand above the top of a path: none that has a subject and key which the path has already (RFC 4158
   * section 2.4.2), so that certificates which issue each other do not make it go round.
   *
   * @throws BudgetExceeded
   */
  candidates(path: Path): Certificate[] {
    const issuers = this.pool.issuersOf(path.at(-1)!);
    this.#budget.spendSteps(1 + issuers.length);
    return issuers.filter((issuer) => !path.some((used) => isSameEntity(used, issuer)));
  }

  #extend(path: readonly Certificate[]): Path | undefined {
    for (const issuer of this.candidates(path)) {
      const distance = this.pool.distance(issuer);
      if (distance === undefined) continue;
      if (path.length + 1 + distance > maxPathCertificates) {
        this.#isTooLong = true;
        continue;
      }
      if (this.issuerFailures(issuer).length > 0 || !this.isSigned(path.at(-1)!, issuer)) continue;
      const longer = [...path, issuer];
      if (distance > 0) {
        const found = this.#extend(longer);
        if (found) return found;
      } else if (this.pathFailures(longer).length === 0) return longer;
    }
    return undefined;
  }
}

function isSameEntity(one: Certificate, other: Certificate): boolean {
  return one.publicKeyInfo.der.equals(other.publicKeyInfo.der) && one.subject.equals(other.subject);
}

function note(
  keys: Map<Certificate, Set<string>> | WeakMap<Certificate, Set<string>>,
  certificate: Certificate,
  key: string,
): void {
  const known = keys.get(certificate);
  if (known) known.add(key);
  else keys.set(certificate, new Set([key]));
}
