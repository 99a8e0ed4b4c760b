/** Limits the work per verdict: certificates come from strangers, who can craft sets that take exponential work. */
import { sentences } from '../../languages/language.js';
import type { PublicKeyInfo } from '../x509/public-key.js';

/** The most certificates in one path, from the leaf to the anchor; TLS stacks stop far earlier. */
export const maxPathCertificates = 64;

/** In units of one ECDSA P-256 verification (0.1 ms): a normal chain takes a handful, and 0.1 s is not noticeable. */
const signatureUnits = 1_024;
/** Possible issuers considered. */
const steps = 50_000;
/** Comparisons of a name with a constraint. */
const nameComparisons = 250_000;

/** Policies and mappings, at each depth that they can reach. */
const policies = 1_000_000;

/** Thrown in a search; the caller turns it into a failure. */
export class BudgetExceeded extends Error {
  override name = 'BudgetExceeded';
}

export class Budget {
  #signatureUnits = signatureUnits;
  #steps = steps;
  #nameComparisons = nameComparisons;
  #policies = policies;

  /** @throws BudgetExceeded */
  spendSignature(key: PublicKeyInfo): void {
    this.#signatureUnits -= signatureCost(key);
    if (this.#signatureUnits < 0) throw new BudgetExceeded(sentences.pkiPath.budgetIssuers);
  }

  /** @throws BudgetExceeded */
  spendSteps(count: number): void {
    this.#steps -= count;
    if (this.#steps < 0) throw new BudgetExceeded(sentences.pkiPath.budgetPaths);
  }

  /** @throws BudgetExceeded */
  spendNameComparisons(count: number): void {
    this.#nameComparisons -= count;
    if (this.#nameComparisons < 0) throw new BudgetExceeded(sentences.pkiPath.budgetNames);
  }

  /** @throws BudgetExceeded */
  spendPolicies(count: number): void {
    this.#policies -= count;
    if (this.#policies < 0) throw new BudgetExceeded(sentences.pkiPath.budgetPolicies);
  }
}

/** As measured with OpenSSL 3.0. */
function signatureCost({ family, bits }: PublicKeyInfo): number {
  if (family === 'ec') return bits <= 256 ? 1 : bits <= 384 ? 6 : 12;
  return Math.max(1, Math.ceil((bits / 4096) ** 2));
}
