/** What a certificate must satisfy by itself (RFC 5280 sections 4.2, 6.1.3 and 6.1.4), whatever path it stands in. */
import type { Certificate } from '../certificate.js';
import { extendedKeyUsageTypes, extensionTypes, type KeyUsage } from '../extensions.js';
import { called, type Failure, type FailureCode, failureOf } from './failure.js';

export type Purpose = 'clientAuth' | 'serverAuth' | 'any';

export interface Circumstances {
  /** When, in whole seconds as certificates count them. */
  at: Date;
  purpose: Purpose;
}

/** NIST SP 800-131A: shorter RSA keys are no longer allowed. */
const minRsaBits = 2_048;

/**
 * Critical extensions that are processed. Policies constrain nothing unless policyConstraints, which is not among
 * them, asks for one.
 */
const processedExtensions = new Set<string>([
  extensionTypes.subjectKeyIdentifier,
  extensionTypes.keyUsage,
  extensionTypes.subjectAlternativeName,
  extensionTypes.basicConstraints,
  extensionTypes.nameConstraints,
  extensionTypes.certificatePolicies,
  extensionTypes.authorityKeyIdentifier,
  extensionTypes.extendedKeyUsage,
]);

/** The usages of a leaf's key that a TLS handshake can do with (RFC 5280 section 4.2.1.12); one is enough. */
const handshakeUsages: Readonly<Record<Exclude<Purpose, 'any'>, readonly KeyUsage[]>> = {
  clientAuth: ['digitalSignature', 'keyAgreement'],
  serverAuth: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
};

/** Everything that a leaf must satisfy alone. */
export function checkLeaf(leaf: Certificate, circumstances: Circumstances): Failure[] {
  const failures = checkAny(leaf, circumstances);
  const { purpose } = circumstances;
  const { keyUsage, basicConstraints } = leaf;
  // What an authority's own key is used for says nothing about it as a leaf, which RFC 5280 lets it be.
  const mayHandshake = (usages: readonly KeyUsage[]) =>
    !keyUsage || basicConstraints?.certificateAuthority || usages.some((usage) => keyUsage.includes(usage));
  if (purpose !== 'any' && !mayHandshake(handshakeUsages[purpose])) {
    const needed = handshakeUsages[purpose].join(' or ');
    const why = `The certificate ${called(leaf)} cannot be used in TLS: its key usage lacks ${needed}.`;
    failures.push(failureOf('KEY_USAGE', leaf, why));
  }
  return failures;
}

/** Everything that the issuer of a certificate must satisfy alone; trust anchors too, as RFC 5937 suggests. */
export function checkIssuer(issuer: Certificate, circumstances: Circumstances): Failure[] {
  const failures = checkAny(issuer, circumstances);
  const { basicConstraints, keyUsage } = issuer;
  if (!basicConstraints?.certificateAuthority) {
    const why = `The certificate ${called(issuer)} is not a certificate authority, so nothing that it issued counts.`;
    failures.push(failureOf('NOT_A_CA', issuer, why));
  } else if (keyUsage && !keyUsage.includes('keyCertSign')) {
    const why = `The certificate ${called(issuer)} may not sign certificates: its key usage lacks keyCertSign.`;
    failures.push(failureOf('KEY_USAGE', issuer, why));
  }
  if (issuer.subject.isEmpty) {
    failures.push(
      failureOf(
        'MALFORMED',
        issuer,
        `The certificate ${called(issuer)} issued others without having a name.`,
      ),
    );
  }
  return failures;
}

function checkAny(certificate: Certificate, { at, purpose }: Circumstances): Failure[] {
  const failures: Failure[] = [];
  const name = `The certificate ${called(certificate)}`;
  const add = (code: FailureCode, message: string) => failures.push(failureOf(code, certificate, message));
  if (at < certificate.notBefore)
    add('NOT_YET_VALID', `${name} is not valid before ${day(certificate.notBefore)}.`);
  if (at > certificate.notAfter) add('EXPIRED', `${name} expired on ${day(certificate.notAfter)}.`);
  const keyProblem = publicKeyProblem(certificate);
  if (keyProblem) add('PUBLIC_KEY', `${name} has ${keyProblem}.`);
  for (const { type, critical } of certificate.extensions.values()) {
    if (critical && !processedExtensions.has(type)) {
      add(
        'UNKNOWN_CRITICAL_EXTENSION',
        `${name} has the critical extension ${type}, which is not understood here.`,
      );
    }
  }
  if (purpose !== 'any' && !allowsPurpose(certificate, purpose)) {
    add('EXTENDED_KEY_USAGE', `${name} is not for this purpose: its extended key usage lacks ${purpose}.`);
  }
  return failures;
}

function publicKeyProblem({ publicKeyInfo }: Certificate): string | undefined {
  const { family, name, bits } = publicKeyInfo;
  if (family === 'other') return `a public key of a kind that is not accepted (${name})`;
  if ((family === 'rsa' || family === 'rsa-pss') && bits < minRsaBits) {
    return `a public key that is too short: ${name}, at least ${minRsaBits} bits are needed`;
  }
  return undefined;
}

/** An authority's extended key usage limits what is below it: not in RFC 5280, and what every TLS stack does. */
function allowsPurpose({ extendedKeyUsage }: Certificate, purpose: Exclude<Purpose, 'any'>): boolean {
  return (
    !extendedKeyUsage ||
    extendedKeyUsage.includes(extendedKeyUsageTypes[purpose]) ||
    extendedKeyUsage.includes(extendedKeyUsageTypes.any)
  );
}

function day(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}
