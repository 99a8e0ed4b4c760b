/** Rules for the chain as a whole. */

import { sentences } from '../../languages/language.js';
import { certificateLabel } from '../path/failure.js';
import type { Certificate } from '../x509/certificate.js';
import { isSignedBy, isSupportedSignature } from '../x509/signature.js';
import { day } from './field-rules.js';
import { type Finding, finding } from './rules.js';

/** What a TLS stack with the smallest usual buffer, 4 kB, accepts. */
const maxSentOctets = 4096;

export function lintChainOrder(certificates: readonly Certificate[]): Finding[] {
  const findings: Finding[] = [];
  certificates.slice(1).forEach((issuer, index) => {
    const certificate = certificates[index]!;
    const label = certificateLabel(certificate);
    const issuerLabel = certificateLabel(issuer);
    if (!certificate.issuer.equals(issuer.subject)) {
      const why = sentences.pkiLint.chainOrder(label, issuerLabel);
      findings.push(finding('CHAIN_ORDER', certificate, why));
      return;
    }
    // Unsupported algorithms are reported as weak.
    if (isSupportedSignature(certificate) && !isSignedBy(certificate, issuer)) {
      const why = sentences.pkiLint.chainSignature(label, issuerLabel);
      findings.push(finding('CHAIN_SIGNATURE', certificate, why));
    }
    const { authorityKeyIdentifier: expected } = certificate;
    const { subjectKeyIdentifier: actual } = issuer;
    if (expected !== undefined && actual !== undefined && expected !== actual) {
      const why = sentences.pkiLint.authorityKeyIdentifierMismatch(label, issuerLabel);
      findings.push(finding('AUTHORITY_KEY_IDENTIFIER_MISMATCH', certificate, why));
    }
    if (certificate.notAfter > issuer.notAfter) {
      const why = sentences.pkiLint.expiryOrder(label, day(certificate.notAfter), day(issuer.notAfter));
      findings.push(finding('EXPIRY_ORDER', certificate, why));
    }
  });
  return [...findings, ...lintIssuers(certificates), ...lintSize(certificates)];
}

function lintIssuers(certificates: readonly Certificate[]): Finding[] {
  const findings: Finding[] = [];
  /** Intermediates below, as path lengths count them: without self-issued ones. */
  let below = 0;
  certificates.slice(1).forEach((issuer) => {
    const { basicConstraints, keyUsage, subject } = issuer;
    const label = certificateLabel(issuer);
    if (!basicConstraints?.certificateAuthority || keyUsage?.includes('keyCertSign') === false) {
      findings.push(finding('ISSUER_NOT_A_CA', issuer, sentences.pkiLint.issuerNotACa(label)));
    }
    const allowed = basicConstraints?.pathLength;
    if (allowed !== undefined && below > allowed) {
      const why = sentences.pkiLint.pathLengthExceeded(label, allowed, below);
      findings.push(finding('PATH_LENGTH_EXCEEDED', issuer, why));
    }
    if (!subject.equals(issuer.issuer)) below += 1;
  });
  return findings;
}

/** The root is not sent: the verifier has it. */
function lintSize(certificates: readonly Certificate[]): Finding[] {
  const sent = certificates.filter(({ subject, issuer }, index) => index === 0 || !subject.equals(issuer));
  const octets = sent.reduce((sum, { der }) => sum + der.length, 0);
  if (octets <= maxSentOctets) return [];
  const [leaf] = certificates;
  const why = sentences.pkiLint.chainSize(certificateLabel(leaf!), octets, maxSentOctets);
  return [finding('CHAIN_SIZE', leaf!, why)];
}
