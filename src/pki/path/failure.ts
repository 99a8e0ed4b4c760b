/** Why a chain is refused. */
import { type Certificate, sha256Thumbprint } from '../x509/certificate.js';

/**
 * - `MALFORMED`: not an X.509 certificate, or one with a part that breaks RFC 5280
 * - `ISSUER_NOT_FOUND`: nothing presented or trusted issued the certificate, so no trust anchor is reached
 * - `SIGNATURE_INVALID`: the certificate that bears the issuer's name did not sign it
 * - `SIGNATURE_ALGORITHM`: signed with an algorithm that is weak, such as SHA-1, or not known
 * - `PUBLIC_KEY`: a key that is too short, of an unknown kind, or broken
 * - `NOT_YET_VALID`, `EXPIRED`: outside of its validity
 * - `NOT_A_CA`: it issued a certificate without being a certificate authority
 * - `KEY_USAGE`: its key may not be used so
 * - `PATH_LENGTH_EXCEEDED`: more intermediates below a certificate authority than it allows
 * - `EXTENDED_KEY_USAGE`: not for the purpose asked for
 * - `NAME_CONSTRAINTS`: a name that a certificate authority above does not allow
 * - `POLICY`: a certificate above asks for a certificate policy that the path does not have
 * - `DEPTH_EXCEEDED`: more intermediates than `maxDepth`
 * - `PEER_NAME_MISMATCH`: the leaf's subject alternative names lack the name of the peer
 * - `REVOKED`: on the revocation list of its issuer
 * - `REVOCATION_UNKNOWN`: no usable revocation list of its issuer was given, though lists were
 * - `PROFILE`: against a rule of RFC 5280 section 4, or of the CA/Browser Forum, that mode `strict` holds to
 * - `UNKNOWN_CRITICAL_EXTENSION`: an extension that must not be ignored and is not understood
 * - `BUDGET_EXCEEDED`: too many certificates, possible paths or names to decide
 */
export type FailureCode =
  | 'MALFORMED'
  | 'ISSUER_NOT_FOUND'
  | 'SIGNATURE_INVALID'
  | 'SIGNATURE_ALGORITHM'
  | 'PUBLIC_KEY'
  | 'NOT_YET_VALID'
  | 'EXPIRED'
  | 'NOT_A_CA'
  | 'KEY_USAGE'
  | 'PATH_LENGTH_EXCEEDED'
  | 'EXTENDED_KEY_USAGE'
  | 'NAME_CONSTRAINTS'
  | 'POLICY'
  | 'DEPTH_EXCEEDED'
  | 'PEER_NAME_MISMATCH'
  | 'REVOKED'
  | 'REVOCATION_UNKNOWN'
  | 'PROFILE'
  | 'UNKNOWN_CRITICAL_EXTENSION'
  | 'BUDGET_EXCEEDED';

export interface Failure {
  code: FailureCode;
  /** A sentence for who does not know X.509; it names the certificate by its subject. */
  message: string;
  /** SHA-256 fingerprint of the certificate concerned, upper-case hexadecimal; null when it is none in particular. */
  certificate: string | null;
}

/** A name of a megabyte is legal; in a sentence nobody reads more than this. */
const maxNameLength = 160;

/** A failure of one certificate. */
export function failureOf(code: FailureCode, certificate: Certificate, message: string): Failure {
  return { code, message, certificate: sha256Thumbprint(certificate) };
}

/** A certificate in a sentence: by its subject, or by its serial number when it has none. */
export function called({ subject, serialNumber }: Certificate): string {
  return subject.isEmpty ? `without a subject, of serial number ${serialNumber},` : short(subject.text);
}

/** A name cut to what a sentence can bear. */
export function short(name: string): string {
  return name.length > maxNameLength ? `${name.slice(0, maxNameLength)}...` : name;
}
