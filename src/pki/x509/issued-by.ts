/** Checks who issued a certificate. */
import { sentences } from '../../languages/language.js';
import type { Certificate } from './certificate.js';
import { isSignedBy } from './signature.js';

/** Whether a certificate names a CA as its issuer and that CA's key signed it. */
export function isIssuedBy(certificate: Certificate, authority: Certificate): boolean {
  return certificate.issuer.equals(authority.subject) && isSignedBy(certificate, authority);
}

/**
 * The end of a sentence that begins "was not issued by": the expected CA and the actual one. After a roll-over, two CAs
 * have the same name.
 */
export function notIssuedBy({ issuer }: Certificate, { subject }: Certificate): string {
  return issuer.equals(subject)
    ? sentences.pkiX509.otherIssuerKey(subject.text)
    : sentences.pkiX509.otherIssuer(subject.text, issuer.text);
}
