/** Renews certificates: new dates, with the same key or a new one. */
import type { KeyObject } from 'node:crypto';
import { type Certificate, parseCertificate } from '../x509/certificate.js';
import { type Extension, extensionTypes, type KeyUsage } from '../x509/extensions.js';
import { keyIdentifierExtensions, keyUsageExtension } from './extensions.js';
import { assertMaySign, type IssuedCertificate, type Issuer } from './issuer.js';
import { encodedName } from './requested-names.js';
import { signCertificate, usualBackdateMinutes } from './sign-certificate.js';
import { dayMs, noExpiration } from './validity.js';

const minuteMs = 60_000;

export interface RenewRequest {
  /** PEM, DER or parsed. It may have expired. */
  certificate: Certificate | string | Uint8Array;
  /** The same as before, or a new one. */
  publicKey: KeyObject;
  /** Without a certificate, the renewed one is self-signed. */
  issuer: Issuer;
  /** The current time. The certificate is valid from 15 minutes earlier, but not before its issuer. */
  at: Date;
  /**
   * By default as long as before, or without an expiration date (9999-12-31T23:59:59Z) if it had none. The end is never
   * later than the issuer's.
   */
  validityDays?: number;
  /** As of `issue()`. */
  force?: boolean;
}

/**
 * Issues a certificate with the subject and all extensions of another one, also unknown ones, with their criticality.
 * Serial number, dates and key identifiers are new; missing key identifiers are added. If the new key is EC, usages
 * that only RSA keys can have are removed (RFC 8813 section 3).
 *
 * Callers decide whether the old certificate is still trusted.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE; KEY_MISMATCH when the issuer's key is not its certificate's;
 *   ISSUER_NOT_ALLOWED when the issuer is not a CA, is not valid at `at`, its path length is used up, or the certificate
 *   cannot be valid under it; INVALID_KEY when the issuer's key type is not supported for signing; INVALID_VALIDITY when the dates are not in the years 1950
 *   to 9999
 */
export async function renewCertificate(request: RenewRequest): Promise<IssuedCertificate> {
  const { publicKey, at } = request;
  const old =
    typeof request.certificate === 'string' || request.certificate instanceof Uint8Array
      ? parseCertificate(request.certificate)
      : request.certificate;
  const certificateAuthority = old.basicConstraints?.certificateAuthority ?? false;
  const issuer = assertMaySign(request.issuer, { publicKey, certificateAuthority, at });
  return signCertificate({
    subject: encodedName(old.subject),
    publicKey,
    issuer,
    signingKey: request.issuer.privateKey,
    chainPem: request.issuer.chainPem,
    force: request.force,
    at,
    end: endOf(old, at.getTime(), request.validityDays),
    extensions: extensions(old, publicKey, issuer),
  });
}

/** In milliseconds since 1970. */
function endOf({ notBefore, notAfter }: Certificate, at: number, validityDays: number | undefined): number {
  if (validityDays !== undefined) return at + validityDays * dayMs;
  if (notAfter.getTime() === noExpiration) return noExpiration;
  const length = notAfter.getTime() - notBefore.getTime();
  // It begins in the past, and a certificate for a few minutes must not have ended already.
  return at + Math.max(length - usualBackdateMinutes * minuteMs, length / 2);
}

/** In the old order; missing key identifiers at the end. */
function extensions(old: Certificate, publicKey: KeyObject, issuer: Certificate | undefined): Extension[] {
  const identifiers = keyIdentifierExtensions(publicKey, issuer);
  const result = [...old.extensions.values()].map((extension) => {
    const { type, critical } = extension;
    const identifier = identifiers.find((one) => one.type === type);
    if (identifier) return identifier;
    if (type === extensionTypes.keyUsage && publicKey.asymmetricKeyType !== 'rsa') {
      return keyUsageExtension(usagesWithoutEncipherment(old.keyUsage ?? []), critical);
    }
    return extension;
  });
  return [...result, ...identifiers.filter(({ type }) => !old.extensions.has(type))];
}

function usagesWithoutEncipherment(usages: readonly KeyUsage[]): readonly KeyUsage[] {
  const possible = usages.filter((usage) => usage !== 'keyEncipherment' && usage !== 'dataEncipherment');
  // RFC 5280 section 4.2.1.3 requires at least one bit. digitalSignature is what a TLS handshake needs.
  return possible.length > 0 ? possible : ['digitalSignature'];
}
