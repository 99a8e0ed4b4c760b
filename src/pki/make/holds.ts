/**
 * Who may issue what: whether a new certificate can be valid under its issuer, for what it is for. The validator
 * decides, so that nothing is issued that it refuses later.
 */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { Budget } from '../path/budget.js';
import { certificateLabel, type Failure, shortened } from '../path/failure.js';
import { type ConstrainedNames, nameConstraintsOf, offendingName } from '../path/name-constraints.js';
import { checkPathLength } from '../path/path-checks.js';
import { type Purpose, validatePath } from '../path/validate.js';
import { type Certificate, parseCertificates, sha256Thumbprint } from '../x509/certificate.js';
import { extendedKeyUsageTypes } from '../x509/extensions.js';
import { generalNameText } from '../x509/general-name.js';

/**
 * Why a certificate can never be valid under its issuer; empty if it can.
 *
 * @param issuer undefined for a self-signed certificate
 * @param chainPem the issuer and what is above it, as far as known: then their constraints count, too
 * @param at a time within the validity of the issuers
 */
export function issuingFailures(
  made: Certificate,
  issuer: Certificate | undefined,
  chainPem: string,
  at: Date,
): readonly Failure[] {
  const known = issuer ? issuersAbove(issuer, chainPem) : [];
  const when = at > made.notAfter ? made.notAfter : at;
  const failuresFor = (purpose: Purpose) =>
    failuresUnder(made, issuer ? [issuer, ...known] : [made], purpose, when);
  const [first, ...others] = purposesOf(made).map(failuresFor);
  return others.some((failures) => failures.length === 0) ? [] : first!;
}

/**
 * @throws EnrollkitError ISSUER_NOT_ALLOWED, with the reasons
 */
export function assertHolds(failures: readonly Failure[], made: Certificate): void {
  if (failures.length === 0) return;
  const reasons = [...new Set(failures.map(({ message }) => message))].join(' ');
  throw new EnrollkitError(
    'ISSUER_NOT_ALLOWED',
    sentences.pkiMake.wouldNotHold(made.subject.text, made.issuer.text, reasons),
    {
      next: sentences.pkiMake.signElsewhere,
      context: { codes: failures.map(({ code }) => code) },
    },
  );
}

/**
 * Finds the first name of a certificate that a CA, or a CA above it, does not allow: for many certificates of one CA.
 *
 * @param chainPem as for {@link issuingFailures}
 * @returns undefined if none of the CAs has name constraints; else a function that returns the end of a sentence on the
 *   name, or undefined if the names are allowed
 */
export function namesProblem(
  issuer: Certificate,
  chainPem: string,
): ((names: ConstrainedNames) => string | undefined) | undefined {
  const constrained = [issuer, ...issuersAbove(issuer, chainPem)].flatMap((authority) => {
    const constraints = nameConstraintsOf(authority);
    return constraints ? [{ authority, constraints }] : [];
  });
  if (constrained.length === 0) return undefined;
  return (names) => {
    for (const { authority, constraints } of constrained) {
      const name = offendingName(names, constraints, new Budget());
      if (!name) continue;
      return sentences.pkiX509.constrained(shortened(generalNameText(name)), certificateLabel(authority));
    }
    return undefined;
  };
}

/** A device or server certificate has one purpose that matters; a CA is of use if it can issue for either. */
function purposesOf({ basicConstraints, extendedKeyUsage = [] }: Certificate): readonly Purpose[] {
  if (basicConstraints?.certificateAuthority) return ['clientAuth', 'serverAuth'];
  if (extendedKeyUsage.includes(extendedKeyUsageTypes.clientAuth)) return ['clientAuth'];
  return extendedKeyUsage.includes(extendedKeyUsageTypes.serverAuth) ? ['serverAuth'] : ['any'];
}

/** The issuers above a CA in the order of the path; empty when the CA is not in the chain, or alone. */
function issuersAbove(issuer: Certificate, chainPem: string): Certificate[] {
  if (chainPem === '') return [];
  const chain = parseCertificates(chainPem);
  const above: Certificate[] = [];
  for (let top = issuer; !top.subject.equals(top.issuer); ) {
    const next = chain.find((one) => one.subject.equals(top.issuer) && !above.includes(one));
    if (!next) break;
    above.push(next);
    top = next;
  }
  return above;
}

function failuresUnder(
  made: Certificate,
  issuers: readonly Certificate[],
  purpose: Purpose,
  at: Date,
): readonly Failure[] {
  const verdict = validatePath({
    leaf: made,
    intermediates: issuers.slice(0, -1),
    trustAnchors: issuers.slice(-1),
    purpose,
    at,
  });
  if (!verdict.valid) return verdict.failures.filter((failure) => !isOwnExtension(failure, made));
  const isAuthority = made.basicConstraints?.certificateAuthority && issuers[0] !== made;
  // As if it had issued a certificate: a CA that cannot is of no use.
  return isAuthority ? checkPathLength([made, ...verdict.path]) : [];
}

/** An unknown critical extension was asked for, and its verifiers know it; it has nothing to do with the issuer. */
function isOwnExtension({ code, certificate }: Failure, made: Certificate): boolean {
  return code === 'UNKNOWN_CRITICAL_EXTENSION' && certificate === sha256Thumbprint(made);
}
