/** Checks of a single certificate, independent of its path (RFC 5280 sections 4.2, 6.1.3 and 6.1.4). */

import { sentences } from '../../languages/language.js';
import { DerError } from '../der/read.js';
import type { Certificate } from '../x509/certificate.js';
import { extendedKeyUsageTypes, extensionTypes, type KeyUsage } from '../x509/extensions.js';
import { visible } from '../x509/name.js';
import type { Circumstances, Purpose, Role } from './circumstances.js';
import { certificateLabel, type Failure, type FailureCode, failureOf, shortened } from './failure.js';
import { publicKeyProblem } from './key-strength.js';
import { readNameConstraints } from './name-constraints.js';
import { checkOtherExtensions } from './other-extensions.js';
import { matchesPeerName } from './peer-name.js';
import { policyExtensionsOf } from './policy-extensions.js';
import { profileFailures } from './strict.js';

/** Critical extensions that are processed. */
const processedExtensions = new Set<string>([
  extensionTypes.subjectKeyIdentifier,
  extensionTypes.keyUsage,
  extensionTypes.subjectAlternativeName,
  extensionTypes.basicConstraints,
  extensionTypes.nameConstraints,
  extensionTypes.certificatePolicies,
  extensionTypes.policyMappings,
  extensionTypes.authorityKeyIdentifier,
  extensionTypes.policyConstraints,
  extensionTypes.extendedKeyUsage,
  extensionTypes.inhibitAnyPolicy,
]);

/** The key usages that suit a TLS handshake (RFC 5280 section 4.2.1.12); one is enough. */
const handshakeUsages: Readonly<Record<Exclude<Purpose, 'any'>, readonly KeyUsage[]>> = {
  clientAuth: ['digitalSignature', 'keyAgreement'],
  serverAuth: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
};

/** All checks of a leaf. */
export function checkLeaf(leaf: Certificate, circumstances: Circumstances): Failure[] {
  const failures = checkAny(leaf, circumstances, 'leaf');
  const { purpose, peerName } = circumstances;
  const { keyUsage, basicConstraints } = leaf;
  // A CA can be a leaf (RFC 5280), but its key usage describes it as a CA.
  const allowsHandshake = (usages: readonly KeyUsage[]) =>
    !keyUsage || basicConstraints?.certificateAuthority || usages.some((usage) => keyUsage.includes(usage));
  if (purpose !== 'any' && !allowsHandshake(handshakeUsages[purpose])) {
    const needed = handshakeUsages[purpose];
    const why = sentences.pkiPath.notForTls(certificateLabel(leaf), needed);
    failures.push(failureOf('KEY_USAGE', leaf, why));
  }
  if (peerName && !matchesPeerName(leaf.subjectAlternativeNames ?? [], peerName)) {
    const why = sentences.pkiPath.otherPeer(certificateLabel(leaf), shortened(visible(peerName.value)));
    failures.push(failureOf('PEER_NAME_MISMATCH', leaf, why));
  }
  const problem = leafProblem(leaf);
  if (problem)
    failures.push(failureOf('MALFORMED', leaf, sentences.pkiPath.unusable(certificateLabel(leaf), problem)));
  return failures;
}

/** Rules for issuers that matter for validation, too: breaking them hides the identity or role of a certificate. */
function leafProblem({ subject, extensions, basicConstraints }: Certificate): string | undefined {
  if (subject.isEmpty && !extensions.get(extensionTypes.subjectAlternativeName)?.critical)
    return sentences.pkiPath.noName;
  // RFC 5280 section 4.2.1.10: they apply to certificates below, and a leaf has none.
  if (extensions.has(extensionTypes.nameConstraints) && !basicConstraints?.certificateAuthority)
    return sentences.pkiPath.leafConstraints;
  return undefined;
}

/** All checks of an issuer; trust anchors included, as RFC 5937 suggests. */
export function checkIssuer(issuer: Certificate, circumstances: Circumstances): Failure[] {
  const failures = checkAny(issuer, circumstances, 'issuer');
  const { basicConstraints, keyUsage } = issuer;
  if (!basicConstraints?.certificateAuthority) {
    const why = sentences.pkiPath.notACa(certificateLabel(issuer));
    failures.push(failureOf('NOT_A_CA', issuer, why));
  } else if (keyUsage && !keyUsage.includes('keyCertSign')) {
    const why = sentences.pkiPath.mayNotSign(certificateLabel(issuer));
    failures.push(failureOf('KEY_USAGE', issuer, why));
  }
  if (issuer.subject.isEmpty) {
    failures.push(
      failureOf('MALFORMED', issuer, sentences.pkiPath.issuerWithoutName(certificateLabel(issuer))),
    );
  }
  return failures;
}

function checkAny(certificate: Certificate, circumstances: Circumstances, role: Role): Failure[] {
  const { at, purpose, isStrict } = circumstances;
  const failures: Failure[] = [];
  // Names are made into text for failures only, which takes longer than the checks.
  const label = () => certificateLabel(certificate);
  const add = (code: FailureCode, what: string) => failures.push(failureOf(code, certificate, what));
  const addProblem = (code: FailureCode, problem: string) =>
    add(code, sentences.pkiPath.unusable(label(), problem));
  if (at < certificate.notBefore)
    add('NOT_YET_VALID', sentences.pkiPath.notYetValid(label(), formatDate(certificate.notBefore)));
  if (at > certificate.notAfter)
    add('EXPIRED', sentences.pkiPath.expired(label(), formatDate(certificate.notAfter)));
  const keyProblem = publicKeyProblem(certificate.publicKeyInfo);
  if (keyProblem) addProblem('PUBLIC_KEY', keyProblem);
  for (const { type, critical } of certificate.extensions.values()) {
    if (critical && !processedExtensions.has(type)) {
      addProblem('UNKNOWN_CRITICAL_EXTENSION', sentences.pkiPath.unknownExtension(type));
    }
  }
  if (purpose !== 'any' && !allowsPurpose(certificate, purpose)) {
    addProblem('EXTENDED_KEY_USAGE', sentences.pkiPath.purposeMissing(purpose));
  }
  const malformed = malformedExtension(certificate);
  if (malformed) addProblem('MALFORMED', malformed);
  else {
    const qualifier = unknownCriticalQualifier(certificate);
    if (qualifier !== undefined)
      addProblem('UNKNOWN_CRITICAL_EXTENSION', sentences.pkiPath.unknownQualifier(qualifier));
    if (isStrict) failures.push(...profileFailures(certificate, role, circumstances));
  }
  return failures;
}

/** Section 4.2.1.4: whoever cannot process a qualifier of the critical extension must refuse the certificate. */
function unknownCriticalQualifier(certificate: Certificate): string | undefined {
  const isCritical = certificate.extensions.get(extensionTypes.certificatePolicies)?.critical;
  return isCritical ? policyExtensionsOf(certificate).unknownQualifier : undefined;
}

/** Known extensions that the certificate reader does not decode must be well-formed. */
function malformedExtension(certificate: Certificate): string | undefined {
  try {
    readNameConstraints(certificate);
    policyExtensionsOf(certificate);
    checkOtherExtensions(certificate);
    return undefined;
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

/** A CA's extended key usage limits the certificates below it: not in RFC 5280, but every TLS stack does so. */
function allowsPurpose({ extendedKeyUsage }: Certificate, purpose: Exclude<Purpose, 'any'>): boolean {
  return (
    !extendedKeyUsage ||
    extendedKeyUsage.includes(extendedKeyUsageTypes[purpose]) ||
    extendedKeyUsage.includes(extendedKeyUsageTypes.any)
  );
}

function formatDate(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}
