/** Who issued a certificate, and who did not. */
import type { Certificate } from './certificate.js';
import { isSignedBy } from './signature.js';

/** Whether a certificate names a CA as its issuer, and is signed with that CA's key. */
export function isIssuedBy(certificate: Certificate, authority: Certificate): boolean {
  return certificate.issuer.equals(authority.subject) && isSignedBy(certificate, authority);
}

/**
 * What follows "was not issued by": the CA, and who it was instead. After a roll-over two CAs have one name.
 */
export function notIssuedBy({ issuer }: Certificate, { subject }: Certificate): string {
  return issuer.equals(subject)
    ? `this CA ${subject.text}, but by another of the same name, with another key`
    : `${subject.text}, but by ${issuer.text}`;
}
