/** Revocation checks with the given lists (RFC 5280 section 6.3). */

import { sentences } from '../../languages/language.js';
import { integerOf, readOnly } from '../der/read.js';
import type { Certificate } from '../x509/certificate.js';
import { certificateIssuer, listEntryKey, listExtensionTypes, type RevocationList } from '../x509/crl.js';
import { allReasons, type DistributionPoint } from '../x509/distribution-points.js';
import type { Name } from '../x509/name.js';
import { isSignedBy } from '../x509/signature.js';
import type { Budget } from './budget.js';
import { certificateLabel, type Failure, failureOf, shortened } from './failure.js';
import { listIssuersOf, pointsOf, reasonsCovered, scopeKey } from './list-coverage.js';

/** Supported extensions; lists with other critical ones are not used. */
const processedExtensions = new Set<string>([
  listExtensionTypes.authorityKeyIdentifier,
  listExtensionTypes.issuerAlternativeName,
  listExtensionTypes.listNumber,
  listExtensionTypes.deltaIndicator,
  listExtensionTypes.issuingDistributionPoint,
]);

/** Reason code and invalidity date: the certificate is revoked whatever they say. */
const processedEntryExtensions = new Set(['2.5.29.21', '2.5.29.24']);

/**
 * The certificates of an issuer of lists: of a CA that signed one with another key, as after a roll-over, or of the
 * issuer of an indirect list.
 *
 * @param path the path of the certificate that is checked, whose anchor must be that of the others, too
 * @throws BudgetExceeded
 */
export type ListSigners = (issuer: Name, path: readonly Certificate[]) => readonly Certificate[];

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
      const points = pointsOf(certificate);
      const lists = this.#listsFor(certificate, points).filter(
        (list) => index === 0 || !this.#isOfNamesake(list, issuer, path, budget),
      );
      if (lists.length === 0 && index > 0 && !this.#isStrict) continue;
      budget.spendSteps(points.length * (1 + lists.length));
      const failure = this.#checkOne(path.slice(index), points, lists, budget, signers);
      if (failure && (failure.code === 'REVOKED' || !this.#isForSigners)) failures.push(failure);
    }
    return failures;
  }

  /** All lists of the certificate's issuer, and the indirect ones of others that its distribution points name. */
  #listsFor(certificate: Certificate, points: readonly DistributionPoint[]): RevocationList[] {
    const [own, ...others] = listIssuersOf(certificate, points).map(
      ({ key }) => this.#byIssuer.get(key) ?? [],
    );
    return [...own!, ...others.flat().filter(({ scope }) => scope?.isIndirect)];
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
    points: readonly DistributionPoint[],
    lists: readonly RevocationList[],
    budget: Budget,
    signers: ListSigners,
  ): Failure | undefined {
    const [certificate] = path as [Certificate];
    const covering = lists.filter((list) => reasonsCovered(list, certificate, points) > 0);
    const usable = covering.filter((list) => this.#isUsable(list, path, budget, signers));
    const deltas = this.#ofIssuer(covering, path, budget, signers);
    let covered = 0;
    let hasNewerDelta = false;
    for (const group of groupedBy(usable, scopeKey)) {
      const status = statusIn(group, certificate, deltas);
      if (status === 'revoked')
        return failureOf('REVOKED', certificate, sentences.pkiPath.revoked(certificateLabel(certificate)));
      if (status === 'newer delta') hasNewerDelta = true;
      else if (status === 'good')
        for (const list of group) covered |= reasonsCovered(list, certificate, points);
    }
    if (covered === allReasons) return undefined;
    const why = hasNewerDelta
      ? sentences.pkiPath.deltaNewer(shortened(certificate.issuer.text))
      : this.#whyUnknown(path, lists, covering, usable, budget);
    return failureOf(
      'REVOCATION_UNKNOWN',
      certificate,
      sentences.pkiPath.revocationUnknown(certificateLabel(certificate), why),
    );
  }

  #whyUnknown(
    [certificate, issuer]: readonly Certificate[],
    lists: readonly RevocationList[],
    covering: readonly RevocationList[],
    usable: readonly RevocationList[],
    budget: Budget,
  ): string {
    const list = covering.find((one) => !usable.includes(one)) ?? covering[0] ?? lists[0];
    if (!list) return sentences.pkiPath.listNone(shortened(certificate!.issuer.text));
    const problem = covering.includes(list)
      ? (this.#problem(list, issuer!, budget) ??
        (list.baseNumber === undefined ? sentences.pkiPath.listPartial : sentences.pkiPath.deltaAlone))
      : sentences.pkiPath.listPartial;
    return sentences.pkiPath.listUnusable(shortened(list.issuer.text), problem);
  }

  /** Whether a list can be used, by the issuer's key or by another one of the same CA (section 6.3.3 (f)). */
  #isUsable(
    list: RevocationList,
    path: readonly Certificate[],
    budget: Budget,
    signers: ListSigners,
  ): boolean {
    const issuer = path[1]!;
    const isOwn = list.issuer.equals(issuer.subject);
    if (isOwn && this.#problem(list, issuer, budget) === undefined) return true;
    if (this.#listProblem(list) !== undefined) return false;
    // The certificate to check cannot vouch for itself.
    return signers(list.issuer, path).some((other) => this.#problem(list, other, budget) === undefined);
  }

  /** Delta lists that the issuer signed, whether they are valid now or not. */
  #ofIssuer(
    lists: readonly RevocationList[],
    path: readonly Certificate[],
    budget: Budget,
    signers: ListSigners,
  ): RevocationList[] {
    const issuer = path[1]!;
    return lists.filter((list) => {
      if (list.baseNumber === undefined || list.number === undefined) return false;
      const own = list.issuer.equals(issuer.subject) ? [issuer] : [];
      return [...own, ...signers(list.issuer, path)].some(
        (signer) => signatureProblem(list, signer, budget) === undefined,
      );
    });
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
    const { thisUpdate, nextUpdate, extensions, criticalEntryExtensions, scope } = list;
    if (thisUpdate > this.#at) return sentences.pkiPath.listEarly;
    if (!nextUpdate) return sentences.pkiPath.listWithoutEnd;
    if (nextUpdate < this.#at) return sentences.pkiPath.listOld;
    for (const { type, critical } of extensions.values())
      if (critical && !processedExtensions.has(type)) return sentences.pkiPath.listExtension(type);
    for (const type of criticalEntryExtensions)
      if (!processedEntryExtensions.has(type) && !(scope?.isIndirect && type === certificateIssuer))
        return sentences.pkiPath.listEntryExtension(type);
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

function groupedBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}

/**
 * What the lists of one scope say.
 *
 * @param deltas all delta lists of the issuer, also those that cannot be used
 */
function statusIn(
  group: readonly RevocationList[],
  certificate: Certificate,
  deltas: readonly RevocationList[],
): 'good' | 'revoked' | 'newer delta' | 'unknown' {
  const has = (list: RevocationList | undefined, entries: 'revoked' | 'removed') =>
    list?.[entries].has(listEntryKey(list, certificate)) === true;
  const complete = group.filter(({ baseNumber }) => baseNumber === undefined);
  const newest = newestOf(complete);
  if (!newest) return 'unknown';
  const delta = newestOf(group.filter((one) => one.baseNumber !== undefined && continues(one, newest)));
  // Only the delta list can take a revocation back, and only if it continues the list that has it.
  const isRevoked = (list: RevocationList) =>
    has(list, 'revoked') && !(list === newest && has(delta, 'removed'));
  if (complete.some(isRevoked) || has(delta, 'revoked')) return 'revoked';
  const isMissed = (one: RevocationList) =>
    scopeKey(one) === scopeKey(newest) &&
    one.number! > newest.number! &&
    !(delta && one.number! <= delta.number!);
  return deltas.some(isMissed) ? 'newer delta' : 'good';
}

/** The one with the highest number; usable lists have one. */
function newestOf(lists: readonly RevocationList[]): RevocationList | undefined {
  return [...lists].sort((a, b) => (a.number! < b.number! ? 1 : -1))[0];
}

/** Section 6.3.3 (c): a delta list applies to a complete one from its base number on, and that is older than it. */
function continues({ baseNumber, number }: RevocationList, complete: RevocationList): boolean {
  return complete.number! >= baseNumber! && complete.number! < number!;
}
