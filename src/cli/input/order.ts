/** Which certificate of a set issued which. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { type Certificate, sha256Thumbprint } from '../../pki/x509/certificate.js';
import { isSignedBy } from '../../pki/x509/signature.js';

/** The maximum of validation; devices and services accept far fewer. */
export const maxChainCertificates = 64;

/** Each certificate once, in the order in which they came. */
export function withoutCopies(certificates: readonly Certificate[]): Certificate[] {
  return [...new Map(certificates.map((one) => [sha256Thumbprint(one), one])).values()];
}

/** Whether a certificate is signed with its own key. */
export function isSelfSigned(certificate: Certificate): boolean {
  return certificate.subject.equals(certificate.issuer) && isSignedBy(certificate, certificate);
}

const selfSignedFirst = (a: Certificate, b: Certificate) => Number(isSelfSigned(b)) - Number(isSelfSigned(a));

/**
 * A certificate and its issuers, nearest first, as far as the given ones reach. Of several certificates of one issuer
 * (cross-signed, renewed), the self-signed one is taken, which ends the chain; then the one that is valid longest.
 *
 * @throws EnrollkitError CHAIN_INVALID if there are too many for a chain
 */
export function chainFrom(leaf: Certificate, others: readonly Certificate[]): Certificate[] {
  const pool = withoutCopies(others);
  if (pool.length > maxChainCertificates) {
    throw new EnrollkitError(
      'CHAIN_INVALID',
      sentences.cliInput.chainTooLong(pool.length, maxChainCertificates),
      { next: sentences.cliInput.oneChain },
    );
  }
  const chain = [leaf];
  for (let top = leaf; !isSelfSigned(top); ) {
    const issuer = pool
      .filter((one) => !chain.includes(one) && top.issuer.equals(one.subject) && isSignedBy(top, one))
      .sort((a, b) => selfSignedFirst(a, b) || b.notAfter.getTime() - a.notAfter.getTime())[0];
    if (!issuer) break;
    chain.push(issuer);
    top = issuer;
  }
  return chain;
}
