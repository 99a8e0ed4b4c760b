/**
 * Rules for issuers that validators need not enforce: RFC 5280 section 4, and for servers those of the CA/Browser
 * Forum.
 */

import { sentences } from '../../languages/language.js';
import { readOnly, sequenceOf } from '../der/read.js';
import { lintExtensions } from '../lint/extension-rules.js';
import { lintFields } from '../lint/field-rules.js';
import type { LintCode } from '../lint/rules.js';
import { lintSubject } from '../lint/subject-rules.js';
import type { Certificate } from '../x509/certificate.js';
import { extensionTypes } from '../x509/extensions.js';
import { isSignedBy } from '../x509/signature.js';
import type { Circumstances, Role } from './circumstances.js';
import { certificateLabel, type Failure, failureOf } from './failure.js';
import { readNameConstraints } from './name-constraints.js';
import { hostNameProblems } from './strict-names.js';
import { webProblems, webProblemsBetween } from './strict-web.js';

/** Validation reports these itself; and how an anchor was signed does not matter, because nothing depends on it. */
const reportedByValidation: readonly LintCode[] = [
  'NOT_YET_VALID',
  'EXPIRED',
  'UNKNOWN_CRITICAL_EXTENSION',
  'PUBLIC_KEY_WEAK',
  'PUBLIC_KEY_UNUSABLE',
  'SIGNATURE_ALGORITHM_WEAK',
];

/** Each rule that a certificate breaks. */
export function profileFailures(
  certificate: Certificate,
  role: Role,
  { at, purpose }: Circumstances,
): Failure[] {
  const findings = [
    ...lintFields(certificate, at),
    ...lintSubject(certificate),
    ...lintExtensions(certificate),
  ].filter(({ severity, code }) => severity === 'error' && !reportedByValidation.includes(code));
  const problems = [
    ...keyIdentifierProblems(certificate),
    ...hostNameProblems(certificate),
    ...(hasLeadingPeriod(certificate) ? [sentences.pkiPath.strictLeadingPeriod] : []),
    ...(purpose === 'serverAuth' ? webProblems(certificate, role) : []),
  ];
  return [
    ...findings.map(({ message, source }) =>
      failureOf('PROFILE', certificate, `${message.slice(0, -1)} (${source}).`),
    ),
    ...problems.map((problem) => brokenRule(certificate, problem)),
  ];
}

function brokenRule(certificate: Certificate, problem: string): Failure {
  return failureOf(
    'PROFILE',
    certificate,
    sentences.pkiPath.breaksRule(certificateLabel(certificate), problem),
  );
}

/** Section 4.2.1.10 allows a leading period for URIs and mailboxes, not for hosts. */
function hasLeadingPeriod(certificate: Certificate): boolean {
  const constraints = readNameConstraints(certificate);
  if (!constraints) return false;
  const hosts = [constraints.permitted, constraints.excluded].flatMap((names) => names.get('dNSName') ?? []);
  return hosts.some((name) => name.kind === 'dNSName' && name.value.startsWith('.'));
}

/** Section 4.2.1.1. */
function keyIdentifierProblems(certificate: Certificate): string[] {
  const { subject, issuer, extensions, authorityKeyIdentifier, subjectKeyIdentifier } = certificate;
  const extension = extensions.get(extensionTypes.authorityKeyIdentifier);
  if (!extension) return [];
  const problems: string[] = [];
  const fieldTags = sequenceOf(readOnly(extension.value)).map(({ tag }) => tag);
  if (fieldTags.includes(0xa1) !== fieldTags.includes(0x82)) {
    problems.push(sentences.pkiPath.strictIdentifierParts);
  }
  if (
    authorityKeyIdentifier !== subjectKeyIdentifier &&
    subject.equals(issuer) &&
    isSignedBy(certificate, certificate)
  ) {
    problems.push(sentences.pkiPath.strictSelfSignedIdentifiers);
  }
  return problems;
}

/** Checks each certificate of a path against its issuer. */
export function checkStrictRules(path: readonly Certificate[], { purpose }: Circumstances): Failure[] {
  return path.slice(0, -1).flatMap((certificate, index) => {
    const issuer = path[index + 1]!;
    const problems = purpose === 'serverAuth' ? webProblemsBetween(certificate, issuer) : [];
    if (!keyIdentifiersAgree(certificate, issuer)) problems.push(sentences.pkiPath.strictIdentifier);
    return problems.map((problem) => brokenRule(certificate, problem));
  });
}

function keyIdentifiersAgree(
  { authorityKeyIdentifier: wanted }: Certificate,
  { subjectKeyIdentifier: given }: Certificate,
): boolean {
  return wanted === undefined || given === undefined || wanted === given;
}
