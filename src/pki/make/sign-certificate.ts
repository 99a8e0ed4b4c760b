/** Signs what `issue` and `renew` put together. */

import { type KeyObject, randomBytes, sign } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { pemEncode } from '../containers/pem.js';
import { bitString, explicit, integer, integerOctets, sequence, time, tlv } from '../der/write.js';
import { type Certificate, parseCertificate } from '../x509/certificate.js';
import type { Extension } from '../x509/extensions.js';
import { encodeExtension } from './extensions.js';
import { assertHolds, issuingFailures } from './holds.js';
import type { IssuedCertificate } from './issuer.js';
import { encodedName } from './requested-names.js';
import { signatureAlgorithm } from './signature-algorithm.js';
import { validityOf } from './validity.js';

/** Devices' clocks can be slow, and a certificate must not be in their future. */
export const usualBackdateMinutes = 15;
const minuteMs = 60_000;

interface Contents {
  /** Name; DER. */
  subject: Uint8Array;
  publicKey: KeyObject;
  /** Undefined for a self-signed certificate. */
  issuer: Certificate | undefined;
  signingKey: KeyObject;
  /** Of the issuer: see `Issuer`. */
  chainPem: string | undefined;
  /** See `IssueRequest`. */
  force: boolean | undefined;
  /** Now. */
  at: Date;
  /** End of validity in milliseconds since 1970; limited to the issuer's. */
  end: number;
  extensions: readonly Extension[];
  serialNumber?: Uint8Array;
  /** How much earlier than `at` it begins; 15 by default. */
  backdateMinutes?: number;
}

/**
 * Signs a certificate, and reads it as its verifiers will. Its validity is limited to the issuer's.
 *
 * @throws EnrollkitError ISSUER_NOT_ALLOWED when the issuer's name has a value of an unknown type, or the certificate cannot
 *   be valid under it; INVALID_VALIDITY; INVALID_KEY when the type of the signing key is not supported
 */
export async function signCertificate(contents: Contents): Promise<IssuedCertificate> {
  const { subject, publicKey, issuer, signingKey, at, end, extensions } = contents;
  const backdate = (contents.backdateMinutes ?? usualBackdateMinutes) * minuteMs;
  const { notBefore, notAfter } = validityOf({ at: at.getTime(), backdate, end, issuer });
  const { digest, identifier } = signatureAlgorithm(signingKey);
  // TBSCertificate (RFC 5280 section 4.1).
  const toBeSigned = sequence(
    explicit(0, integer(2)), // version 3
    tlv(0x02, integerOctets(contents.serialNumber ?? randomSerialNumber())),
    identifier,
    issuer ? nameOfIssuer(issuer) : subject,
    sequence(time(notBefore), time(notAfter)),
    subject,
    publicKey.export({ format: 'der', type: 'spki' }),
    explicit(3, sequence(...extensions.map(encodeExtension))),
  );
  const der = sequence(toBeSigned, identifier, bitString(sign(digest, toBeSigned, signingKey)));
  const issued = { der, pem: pemEncode('CERTIFICATE', der) };
  const made = parseCertificate(der);
  const failures = issuingFailures(made, issuer, contents.chainPem ?? '', at);
  if (contents.force !== true) assertHolds(failures, made);
  return failures.length > 0 ? { ...issued, failures } : issued;
}

/** @throws EnrollkitError ISSUER_NOT_ALLOWED */
function nameOfIssuer({ subject }: Certificate): Buffer {
  try {
    return encodedName(subject);
  } catch (cause) {
    const { message } = cause as EnrollkitError;
    throw new EnrollkitError('ISSUER_NOT_ALLOWED', sentences.pkiMake.certificateCannotSign(message), {
      cause,
    });
  }
}

/** 128 random bits (RFC 5280 section 4.1.2.2: at most 20 octets, positive). */
export function randomSerialNumber(): Uint8Array {
  const serial = randomBytes(16);
  return serial.some((octet) => octet !== 0) ? serial : randomSerialNumber();
}
