/** The CA that signs a certificate, and whether it may. */

import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
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
    throw new EnrollkitError('KEY_MISMATCH', sentences.pkiMake.selfSignedKey);
  }
  const issuer = parseCertificate(certificate);
  const name = issuer.subject.text;
  if (!isKeyPair(privateKey, issuer.publicKey)) {
    throw new EnrollkitError('KEY_MISMATCH', sentences.pkiMake.keyNotOfIssuer(name));
  }
  const refuse = (why: string) =>
    new EnrollkitError('ISSUER_NOT_ALLOWED', sentences.pkiMake.cannotSign(name, why));
  if (!issuer.basicConstraints?.certificateAuthority) throw refuse(sentences.pkiMake.issuerNotCa);
  if (issuer.keyUsage && !issuer.keyUsage.includes('keyCertSign'))
    throw refuse(sentences.pkiMake.issuerKeyUsage);
  const { at } = request;
  if (at > issuer.notAfter) throw refuse(sentences.pkiMake.issuerExpired(issuer.notAfter.toISOString()));
  if (at < issuer.notBefore) throw refuse(sentences.pkiMake.issuerEarly(issuer.notBefore.toISOString()));
  if (request.certificateAuthority && issuer.basicConstraints.pathLength === 0) {
    throw refuse(sentences.pkiMake.issuerPathLength);
  }
  return issuer;
}
