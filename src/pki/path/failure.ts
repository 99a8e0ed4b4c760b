/** Why a chain is not valid. */
import { sentences } from '../../languages/language.js';
import { type Certificate, sha256Thumbprint } from '../x509/certificate.js';

/**
 * - `MALFORMED`: not an X.509 certificate, or one that violates RFC 5280
 * - `ISSUER_NOT_FOUND`: the certificate's issuer is neither among the intermediates nor trusted
 * - `SIGNATURE_INVALID`: the certificate with the issuer's name did not sign it
 * - `SIGNATURE_ALGORITHM`: signed with a weak algorithm, such as SHA-1, or an unknown one
 * - `PUBLIC_KEY`: a key that is too short, of an unknown type, or invalid
 * - `NOT_YET_VALID`, `EXPIRED`: outside its validity
 * - `NOT_A_CA`: an issuer that is not a certificate authority
 * - `KEY_USAGE`: its key usage does not allow this use
 * - `PATH_LENGTH_EXCEEDED`: more intermediates below a certificate authority than it allows
 * - `EXTENDED_KEY_USAGE`: not for the requested purpose
 * - `NAME_CONSTRAINTS`: a name that a certificate authority above it does not allow
 * - `POLICY`: a certificate above requires a certificate policy that the path does not have
 * - `DEPTH_EXCEEDED`: more intermediates than `maxDepth`
 * - `PEER_NAME_MISMATCH`: the leaf's subject alternative names do not include the peer's name
 * - `REVOKED`: on the revocation list of its issuer
 * - `REVOCATION_UNKNOWN`: revocation lists were given, but no usable one of its issuer
 * - `PROFILE`: violates a rule of RFC 5280 section 4 or the CA/Browser Forum that mode `strict` enforces
 * - `UNKNOWN_CRITICAL_EXTENSION`: a critical extension that is not supported
 * - `BUDGET_EXCEEDED`: too many certificates, possible paths or names to check
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
  /** A sentence for readers who do not know X.509; it names the certificate by its subject. */
  message: string;
  /**
   * SHA-256 fingerprint of the certificate, upper-case hexadecimal; null if the failure is not about one certificate.
   */
  certificate: string | null;
}

/** Names of a megabyte are legal; nobody reads more than this in a sentence. */
const maxNameLength = 160;

/** A failure of one certificate. */
export function failureOf(code: FailureCode, certificate: Certificate, message: string): Failure {
  return { code, message, certificate: sha256Thumbprint(certificate) };
}

/** Names a certificate in a sentence: by its subject, or by its serial number if it has none. */
export function certificateLabel({ subject, serialNumber }: Certificate): string {
  return subject.isEmpty ? sentences.pkiPath.labelWithoutSubject(serialNumber) : shortened(subject.text);
}

/** Shortens a name for a sentence. */
export function shortened(name: string): string {
  return name.length > maxNameLength ? `${name.slice(0, maxNameLength)}...` : name;
}
