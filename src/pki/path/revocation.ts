/** Revocation checks with the given lists (RFC 5280 section 6.3), without indirect lists and scopes. */

import { sentences } from '../../languages/language.js';
import { integerOf, readOnly } from '../der/read.js';
import type { Certificate } from '../x509/certificate.js';
import { listExtensionTypes, type RevocationList, serialNumberOctets } from '../x509/crl.js';
import { isSignedBy } from '../x509/signature.js';
import type { Budget } from './budget.js';
import { certificateLabel, type Failure, failureOf, shortened } from './failure.js';

/** Supported extensions; lists with other critical ones are not used. */
const processedExtensions = new Set<string>([
  listExtensionTypes.authorityKeyIdentifier,
  listExtensionTypes.issuerAlternativeName,
  listExtensionTypes.listNumber,
  listExtensionTypes.deltaIndicator,
]);

/** Reason code and invalidity date: the certificate is revoked whatever they say. */
const processedEntryExtensions = new Set(['2.5.29.21', '2.5.29.24']);

/**
 * Other certificates of a CA, for lists that it signed with another key, as after a roll-over.
 *
 * @param path the path of the certificate that is checked, whose anchor must be that of the others, too
 * @throws BudgetExceeded
 */
export type ListSigners = (authority: Certificate, path: readonly Certificate[]) => readonly Certificate[];

export class Revocation {
  readonly #byIssuer = new Map<string, RevocationList[]>();
  /** Why a list cannot be used with a public key; undefined if it can. */
  readonly #problems = new Map<RevocationList, Map<string, string | undefined>>();
  readonly #at: Date;
  readonly #isStrict: boolean;
  #isForSigners = false;

  constructor(lists: readonly RevocationList[], at: Date, isStrict: boolean) {
    this.#at = at;
    this.#isStrict = isStrict;
    for (const list of lists) {
      const known = this.#byIssuer.get(list.issuer.key);
      if (known) known.push(list);
      else this.#byIssuer.set(list.issuer.key, [list]);
    }
  }

  /** The same lists for the certificate that signed one of them: it may not be revoked, as far as is known. */
  forSigners(): Revocation {
    const copy = new Revocation([...this.#byIssuer.values()].flat(), this.#at, false);
    copy.#isForSigners = true;
    return copy;
  }

  /**
   * The leaf needs a usable list of its issuer; an intermediate does if there is any list in its issuer's name, or
   * always in strict mode. Anchors are not checked.
   *
   * @throws BudgetExceeded
   */
  check(path: readonly Certificate[], budget: Budget, signers: ListSigners): Failure[] {
    const failures: Failure[] = [];
    for (let index = 0; index < path.length - 1; index += 1) {
      const certificate = path[index]!;
      const issuer = path[index + 1]!;
      const lists = (this.#byIssuer.get(certificate.issuer.key) ?? []).filter(
        (list) => index === 0 || !this.#isOfNamesake(list, issuer, path, budget),
      );
      if (lists.length === 0 && index > 0 && !this.#isStrict) continue;
      budget.spendSteps(1 + lists.length);
      const failure = this.#checkOne(path.slice(index), lists, budget, signers);
      if (failure && (failure.code === 'REVOKED' || !this.#isForSigners)) failures.push(failure);
    }
    return failures;
  }

  /**
   * Whether a CA that rolled its key over signed a list with its other key. Such a list says nothing about what the
   * first key signed, the new key's own certificate above all.
   */
  #isOfNamesake(
    list: RevocationList,
    issuer: Certificate,
    path: readonly Certificate[],
    budget: Budget,
  ): boolean {
    if (this.#problem(list, issuer, budget) === undefined) return false;
    return path.some(
      (other) =>
        other !== issuer &&
        other.subject.equals(issuer.subject) &&
        this.#problem(list, other, budget) === undefined,
    );
  }

  /** @param path from the certificate to check to the anchor */
  #checkOne(
    path: readonly Certificate[],
    lists: readonly RevocationList[],
    budget: Budget,
    signers: ListSigners,
  ): Failure | undefined {
    const [certificate, issuer] = path as [Certificate, Certificate];
    const label = certificateLabel(certificate);
    const unknown = (why: string) =>
      failureOf('REVOCATION_UNKNOWN', certificate, sentences.pkiPath.revocationUnknown(label, why));
    const serial = serialNumberOctets(certificate);
    const usable = lists.filter((list) => this.#isUsable(list, path, budget, signers));
    const complete = usable.filter(({ baseNumber }) => baseNumber === undefined);
    const deltas = usable.filter(({ baseNumber }) => baseNumber !== undefined);
    const newest = newestOf(complete);
    const delta = newestOf(deltas.filter((one) => newest && continues(one, newest)));
    // Only the delta list can take a revocation back, and only if it continues the list that has it.
    const isRemoved = delta?.removed.has(serial) === true;
    const isRevoked = (list: RevocationList) => list.revoked.has(serial) && !(list === newest && isRemoved);
    if (complete.some(isRevoked) || delta?.revoked.has(serial))
      return failureOf('REVOKED', certificate, sentences.pkiPath.revoked(label));
    if (newest) {
      const missed = this.#ofIssuer(lists, path, budget, signers).find(
        (one) =>
          one.baseNumber !== undefined &&
          one.number! > newest.number! &&
          !(delta && one.number! <= delta.number!),
      );
      if (!missed) return undefined;
      return unknown(sentences.pkiPath.deltaNewer(shortened(certificate.issuer.text)));
    }
    return unknown(
      lists[0]
        ? sentences.pkiPath.listUnusable(
            shortened(certificate.issuer.text),
            this.#problem(lists[0], issuer, budget) ?? sentences.pkiPath.deltaAlone,
          )
        : sentences.pkiPath.listNone(shortened(certificate.issuer.text)),
    );
  }

  /** Whether a list can be used, by the issuer's key or by another one of the same CA (section 6.3.3 (f)). */
  #isUsable(
    list: RevocationList,
    path: readonly Certificate[],
    budget: Budget,
    signers: ListSigners,
  ): boolean {
    const issuer = path[1]!;
    if (this.#problem(list, issuer, budget) === undefined) return true;
    if (this.#listProblem(list) !== undefined) return false;
    // The certificate to check cannot vouch for itself.
    return signers(issuer, path).some((other) => this.#problem(list, other, budget) === undefined);
  }

  /** Lists that the CA signed, whether they are valid now or not. */
  #ofIssuer(
    lists: readonly RevocationList[],
    path: readonly Certificate[],
    budget: Budget,
    signers: ListSigners,
  ): RevocationList[] {
    const issuer = path[1]!;
    return lists.filter(
      (list) =>
        list.baseNumber !== undefined &&
        list.number !== undefined &&
        [issuer, ...signers(issuer, path)].some(
          (signer) => signatureProblem(list, signer, budget) === undefined,
        ),
    );
  }

  #problem(list: RevocationList, issuer: Certificate, budget: Budget): string | undefined {
    let known = this.#problems.get(list);
    if (!known) {
      known = new Map();
      this.#problems.set(list, known);
    }
    // The key usage is a property of the certificate, not of the key.
    const forbidsCrlSigning = this.#issuerProblem(issuer);
    if (forbidsCrlSigning) return forbidsCrlSigning;
    const key = issuer.publicKeyInfo.der.toString('latin1');
    if (!known.has(key)) {
      known.set(key, this.#listProblem(list) ?? signatureProblem(list, issuer, budget));
    }
    return known.get(key);
  }

  #issuerProblem({ keyUsage }: Certificate): string | undefined {
    if (keyUsage ? keyUsage.includes('cRLSign') : !this.#isStrict) return undefined;
    return sentences.pkiPath.listSigner;
  }

  #listProblem(list: RevocationList): string | undefined {
    const { thisUpdate, nextUpdate, extensions, criticalEntryExtensions } = list;
    if (thisUpdate > this.#at) return sentences.pkiPath.listEarly;
    if (!nextUpdate) return sentences.pkiPath.listWithoutEnd;
    if (nextUpdate < this.#at) return sentences.pkiPath.listOld;
    if (extensions.has(listExtensionTypes.issuingDistributionPoint)) return sentences.pkiPath.listPartial;
    for (const { type, critical } of extensions.values())
      if (critical && !processedExtensions.has(type)) return sentences.pkiPath.listExtension(type);
    for (const type of criticalEntryExtensions)
      if (!processedEntryExtensions.has(type)) return sentences.pkiPath.listEntryExtension(type);
    // Without a number, an older list cannot be recognized (RFC 5280 section 5.2.3).
    const number = extensions.get(listExtensionTypes.listNumber);
    if (!number) return sentences.pkiPath.listWithoutNumber;
    if (number.critical || integerOf(readOnly(number.value)).length > 20) return sentences.pkiPath.listNumber;
    const hasIdentifier = extensions.has(listExtensionTypes.authorityKeyIdentifier);
    return this.#isStrict && !hasIdentifier ? sentences.pkiPath.listWithoutIdentifier : undefined;
  }
}

/** @throws BudgetExceeded */
function signatureProblem(list: RevocationList, issuer: Certificate, budget: Budget): string | undefined {
  budget.spendSignature(issuer.publicKeyInfo);
  return isSignedBy(list, issuer) ? undefined : sentences.pkiPath.listSignature;
}

/** The one with the highest number; usable lists have one. */
function newestOf(lists: readonly RevocationList[]): RevocationList | undefined {
  return [...lists].sort((a, b) => (a.number! < b.number! ? 1 : -1))[0];
}

/** Section 6.3.3 (c): a delta list applies to a complete one from its base number on, and that is older than it. */
function continues({ baseNumber, number }: RevocationList, complete: RevocationList): boolean {
  return complete.number! >= baseNumber! && complete.number! < number!;
}
