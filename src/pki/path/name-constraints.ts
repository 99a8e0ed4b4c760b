/**
 * Name constraints (RFC 5280 sections 4.2.1.10 and 6.1.3 b, c): the names that a CA allows in certificates below it.
 */

import { sentences } from '../../languages/language.js';
import { children, DerError, type Element, readOnly, sequenceOf, smallIntegerOf } from '../der/read.js';
import type { Certificate } from '../x509/certificate.js';
import { extensionTypes } from '../x509/extensions.js';
import {
  type GeneralName,
  type GeneralNameKind,
  generalNameOf,
  generalNameText,
} from '../x509/general-name.js';
import { emailAddressType, Name } from '../x509/name.js';
import type { Budget } from './budget.js';
import { certificateLabel, type Failure, failureOf, shortened } from './failure.js';
import { isWellFormedConstraint, matchName } from './name-matching.js';

export interface NameConstraints {
  permitted: ByKind;
  excluded: ByKind;
}

type ByKind = ReadonlyMap<GeneralNameKind, readonly GeneralName[]>;

/**
 * Checks the names of each certificate of a path, from the leaf to the anchor, against the constraints of all
 * certificates above it. Self-issued intermediates are exempt, so that a CA can roll its key over.
 *
 * @throws BudgetExceeded
 */
export function checkNameConstraints(path: readonly Certificate[], budget: Budget): Failure[] {
  const failures: Failure[] = [];
  for (let above = 1; above < path.length; above += 1) {
    const authority = path[above]!;
    const constraints = nameConstraintsOf(authority);
    if (!constraints) continue;
    for (const [index, certificate] of path.slice(0, above).entries()) {
      if (index > 0 && certificate.subject.equals(certificate.issuer)) continue;
      const name = offendingName(certificate, constraints, budget);
      if (!name) continue;
      const message = sentences.pkiPath.nameNotAllowed(
        certificateLabel(certificate),
        shortened(generalNameText(name)),
        certificateLabel(authority),
      );
      failures.push(failureOf('NAME_CONSTRAINTS', certificate, message));
    }
  }
  return failures;
}

/** The names of a certificate that name constraints apply to. */
export type ConstrainedNames = Pick<Certificate, 'subject' | 'subjectAlternativeNames'>;

/** The first name that a CA does not allow. @throws BudgetExceeded */
export function offendingName(
  certificate: ConstrainedNames,
  { permitted, excluded }: NameConstraints,
  budget: Budget,
): GeneralName | undefined {
  return constrainedNames(certificate).find((name) => {
    const allowed = permitted.get(name.kind);
    const forbidden = excluded.get(name.kind) ?? [];
    budget.spendNameComparisons(weight(name) * (1 + (allowed?.length ?? 0) + forbidden.length));
    // Names that cannot be compared are refused: they might be excluded, or not be permitted.
    if (forbidden.some((constraint) => matchName(name, constraint, true) !== 'outside')) return true;
    return (
      allowed !== undefined && !allowed.some((constraint) => matchName(name, constraint, false) === 'within')
    );
  });
}

/** In units of the longest legal host name: a name of a megabyte takes as long to compare as thousands. */
function weight(name: GeneralName): number {
  const value = 'value' in name ? name.value : '';
  return Math.ceil((1 + (value instanceof Name ? value.der.length : value.length)) / 256);
}

/** The alternative names, the subject, and the e-mail addresses in it. */
function constrainedNames({ subject, subjectAlternativeNames = [] }: ConstrainedNames): GeneralName[] {
  const names = [...subjectAlternativeNames];
  if (!subject.isEmpty) names.push({ kind: 'directoryName', value: subject });
  for (const value of subject.valuesOf(emailAddressType)) names.push({ kind: 'rfc822Name', value });
  return names;
}

const known = new WeakMap<Certificate, NameConstraints | DerError>();

/** The name constraints of a certificate, or undefined. @throws DerError */
export function readNameConstraints(certificate: Certificate): NameConstraints | undefined {
  const extension = certificate.extensions.get(extensionTypes.nameConstraints);
  if (!extension) return undefined;
  let result = known.get(certificate);
  if (!result) {
    result = decode(extension.value);
    known.set(certificate, result);
  }
  if (result instanceof DerError) throw result;
  return result;
}

/** Malformed ones are reported by the checks of the certificate itself. */
export function nameConstraintsOf(certificate: Certificate): NameConstraints | undefined {
  try {
    return readNameConstraints(certificate);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function decode(value: Buffer): NameConstraints | DerError {
  try {
    const parts = sequenceOf(readOnly(value));
    const permitted = parts[0]?.tag === 0xa0 ? subtreesOf(parts.shift()!) : undefined;
    const excluded = parts[0]?.tag === 0xa1 ? subtreesOf(parts.shift()!) : undefined;
    if (parts.length > 0 || !(permitted || excluded))
      throw new DerError(sentences.pkiPath.constraintsMalformed);
    return { permitted: permitted ?? new Map(), excluded: excluded ?? new Map() };
  } catch (error) {
    if (error instanceof DerError) return error;
    throw error;
  }
}

function subtreesOf(element: Element): ByKind {
  const byKind = new Map<GeneralNameKind, GeneralName[]>();
  for (const subtree of children(element)) {
    const [base, ...rest] = sequenceOf(subtree);
    if (!base) throw new DerError(sentences.pkiPath.constraintsEmptySubtree);
    // RFC 5280 allows only the minimum 0, the default, and no maximum.
    if (rest.length > 1 || (rest[0] && smallIntegerOf(rest[0], 0x80) !== 0)) {
      throw new DerError(sentences.pkiPath.constraintsDistance);
    }
    const name = generalNameOf(base);
    if (!isWellFormedConstraint(name))
      throw new DerError(sentences.pkiPath.constraintInvalid(shortened(generalNameText(name))));
    const list = byKind.get(name.kind);
    if (list) list.push(name);
    else byKind.set(name.kind, [name]);
  }
  if (byKind.size === 0) throw new DerError(sentences.pkiPath.constraintsEmptyList);
  return byKind;
}
