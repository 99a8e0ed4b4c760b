/** Path building (RFC 4158): from the leaf upwards, depth-first, with backtracking, until a path is valid. */
import { sentences } from '../../languages/language.js';
import type { Certificate } from '../x509/certificate.js';
import type { Name } from '../x509/name.js';
import { isSignedBy } from '../x509/signature.js';
import { Budget, BudgetExceeded, maxPathCertificates } from './budget.js';
import { checkIssuer, checkLeaf } from './certificate-checks.js';
import type { Circumstances } from './circumstances.js';
import type { Failure } from './failure.js';
import { checkPath, isSelfIssued, type Path } from './path-checks.js';
import type { Pool } from './pool.js';

/**
 * The public keys that signed a certificate, kept as long as the certificate object: CAs that callers keep parsed are
 * verified once. Only valid signatures are recorded, so that nobody can make it grow.
 */
const signedBy = new WeakMap<Certificate, Set<string>>();

/** Facts about the certificates of one request, each computed once. */
export class Search {
  readonly #issuerFailures = new Map<Certificate, Failure[]>();
  /** The public keys that did not sign a certificate: cross-signed CAs share their keys. */
  readonly #notSignedBy = new Map<Certificate, Set<string>>();
  /** The anchors to which other certificates of CAs lead. */
  readonly #anchors = new Map<Certificate, Certificate | undefined>();
  #budget = new Budget();
  #isTooLong = false;
  /** Whether the leaf is the CA of a revocation list: its own lists are then looked for by their issuer's key alone. */
  #isForLists = false;

  constructor(
    readonly leaf: Certificate,
    readonly pool: Pool,
    readonly circumstances: Circumstances,
  ) {}

  /**
   * Returns the first valid path.
   *
   * @throws BudgetExceeded when the search needs more work than allowed
   */
  find(): Path | undefined {
    if (this.leafFailures().length > 0) return undefined;
    const path = this.isTrustedLeaf() ? [this.leaf] : this.#extend([this.leaf]);
    if (!path && this.#isTooLong) {
      throw new BudgetExceeded(sentences.pkiPath.noPathWithin(maxPathCertificates));
    }
    return path;
  }

  /** Renews the budget, for explaining a failure. */
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
    const listSigners = (issuer: Name, of: Path) => this.#listSigners(issuer, of);
    return checkPath(path, { circumstances: this.circumstances, budget: this.#budget, listSigners });
  }

  /** RFC 5280 section 6.3.3 (f): other certificates of a name that lead to the anchor of the path; not its leaf. */
  #listSigners(issuer: Name, path: Path): Certificate[] {
    if (this.#isForLists) return [];
    const candidates = this.pool
      .namedAs(issuer)
      .filter((other) => other !== path[1] && !other.publicKeyInfo.der.equals(path[0]!.publicKeyInfo.der));
    this.#budget.spendSteps(1 + candidates.length);
    return candidates.filter((other) => this.#leadsTo(other, path.at(-1)!));
  }

  #leadsTo(authority: Certificate, anchor: Certificate): boolean {
    if (authority === anchor) return true;
    let found = this.#anchors.get(authority);
    if (!this.#anchors.has(authority)) {
      const { at, revocation } = this.circumstances;
      const search = new Search(authority, this.pool, {
        at,
        purpose: 'any',
        isStrict: false,
        ...(revocation ? { revocation: revocation.forSigners() } : {}),
      });
      search.#isForLists = true;
      search.#budget = this.#budget;
      found = search.find()?.at(-1);
      this.#anchors.set(authority, found);
    }
    return found === anchor;
  }

  /** @throws BudgetExceeded */
  isSigned(certificate: Certificate, issuer: Certificate): boolean {
    const key = issuer.publicKeyInfo.der.toString('latin1');
    if (signedBy.get(certificate)?.has(key)) return true;
    if (this.#notSignedBy.get(certificate)?.has(key)) return false;
    this.#budget.spendSignature(issuer.publicKeyInfo);
    const signed = isSignedBy(certificate, issuer);
    recordKey(signed ? signedBy : this.#notSignedBy, certificate, key);
    return signed;
  }

  /**
   * RFC 5280 section 6.1: a self-signed leaf that is a trust anchor is a path of one certificate, issued by that
   * anchor. An anchor that another CA issued is not: as a leaf it needs that CA.
   */
  isTrustedLeaf(): boolean {
    return this.pool.isAnchor(this.leaf) && isSelfIssued(this.leaf) && this.isSigned(this.leaf, this.leaf);
  }

  /**
   * The possible issuers of the last certificate of a path, except those whose subject and key the path already has
   * (RFC 4158 section 2.4.2), so that certificates that issue each other cannot cause a loop.
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

function recordKey(
  keys: Map<Certificate, Set<string>> | WeakMap<Certificate, Set<string>>,
  certificate: Certificate,
  key: string,
): void {
  const known = keys.get(certificate);
  if (known) known.add(key);
  else keys.set(certificate, new Set([key]));
}
