/** The CA that signs a certificate, and whether it may. */
import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { isKeyPair } from '../keys.js';
import type { Failure } from '../path/failure.js';
import { type Certificate, parseCertificate } from '../x509/certificate.js';

export interface Issuer {
  /** The CA's certificate, PEM or DER; absent for a self-signed certificate. */
  certificate?: string | Uint8Array;
  privateKey: KeyObject;
  /** The CA's certificate and its issuers', as far as known; PEM. What they do not allow is refused, too. */
  chainPem?: string;
}

export interface IssuedCertificate {
  pem: string;
  der: Buffer;
  /** With `force`: why it will not be valid. */
  failures?: readonly Failure[];
}

/**
 * Checks that an issuer may sign.
 *
 * @returns the issuer's certificate; undefined for a self-signed certificate
 *
 * @throws EnrollkitError KEY_MISMATCH, ISSUER_NOT_ALLOWED
 */
export function assertMaySign(
  { certificate, privateKey }: Issuer,
  request: { publicKey: KeyObject; certificateAuthority: boolean; at: Date },
): Certificate | undefined {
  if (certificate === undefined) {
    if (isKeyPair(privateKey, request.publicKey)) return undefined;
    throw new EnrollkitError(
      'KEY_MISMATCH',
      'A certificate that signs itself needs the private key of its own public key.',
    );
  }
  const issuer = parseCertificate(certificate);
  const name = issuer.subject.text;
  if (!isKeyPair(privateKey, issuer.publicKey)) {
    throw new EnrollkitError('KEY_MISMATCH', `The private key is not that of the certificate ${name}.`);
  }
  const refuse = (why: string) =>
    new EnrollkitError('ISSUER_NOT_ALLOWED', `The certificate ${name} cannot sign: ${why}.`);
  if (!issuer.basicConstraints?.certificateAuthority) throw refuse('it is not a certificate authority');
  if (issuer.keyUsage && !issuer.keyUsage.includes('keyCertSign'))
    throw refuse('its key usage lacks keyCertSign');
  const { at } = request;
  if (at > issuer.notAfter) throw refuse(`it expired on ${issuer.notAfter.toISOString()}`);
  if (at < issuer.notBefore) throw refuse(`it is not valid before ${issuer.notBefore.toISOString()}`);
  if (request.certificateAuthority && issuer.basicConstraints.pathLength === 0) {
    throw refuse('its path length is 0, so no other certificate authority may stand below it');
  }
  return issuer;
}
