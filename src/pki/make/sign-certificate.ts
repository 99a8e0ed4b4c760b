/** Signs what `issue` and `renew` put together. */

import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { pemEncode } from '../containers/pem.js';
import { signatureAlgorithm, toSigningKey, type X509, x509 } from '../crypto.js';
import { bitStringOf, readOnly, sequenceOf } from '../der/read.js';
import { type Certificate, parseCertificate } from '../x509/certificate.js';
import { assertHolds, issuingFailures } from './holds.js';
import type { IssuedCertificate } from './issuer.js';
import { encodedName } from './requested-names.js';
import { validityOf } from './validity.js';

/** Devices' clocks can be slow, and a certificate must not be in their future. */
export const usualBackdateMinutes = 15;
const minuteMs = 60_000;

interface Contents {
  subject: X509.Name;
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
  extensions: X509.Extension[];
  serialNumber?: Uint8Array;
  /** How much earlier than `at` it begins; 15 by default. */
  backdateMinutes?: number;
}

/**
 * Signs a certificate, and reads it as its verifiers will. Its validity is limited to the issuer's.
 *
 * @throws EnrollkitError ISSUER_NOT_ALLOWED when the issuer's name has a value of an unsupported type, or the certificate
 *   cannot be valid under it; INVALID_VALIDITY
 */
export async function signCertificate(contents: Contents): Promise<IssuedCertificate> {
  const { subject, publicKey, issuer, signingKey, at, end, extensions } = contents;
  const backdate = (contents.backdateMinutes ?? usualBackdateMinutes) * minuteMs;
  const validity = validityOf({ at: at.getTime(), backdate, end, issuer });
  const created = await x509.X509CertificateGenerator.create({
    serialNumber: Buffer.from(contents.serialNumber ?? randomSerialNumber()).toString('hex'),
    subject,
    issuer: issuer ? nameOfIssuer(issuer) : subject,
    ...validity,
    signingAlgorithm: signatureAlgorithm(signingKey),
    publicKey: arrayBuffer(publicKey.export({ format: 'der', type: 'spki' })),
    signingKey: await toSigningKey(signingKey),
    extensions,
  });
  const der = Buffer.from(created.rawData);
  const issued = { der, pem: pemEncode('CERTIFICATE', der) };
  const made = parseCertificate(der);
  const failures = issuingFailures(made, issuer, contents.chainPem ?? '', at);
  if (contents.force !== true) assertHolds(failures, made);
  return failures.length > 0 ? { ...issued, failures } : issued;
}

/** @throws EnrollkitError ISSUER_NOT_ALLOWED */
function nameOfIssuer({ subject }: Certificate): X509.Name {
  try {
    return encodedName(subject);
  } catch (cause) {
    const { message } = cause as EnrollkitError;
    throw new EnrollkitError('ISSUER_NOT_ALLOWED', sentences.pkiMake.certificateCannotSign(message), {
      cause,
    });
  }
}

/** Subject and authority key identifiers (RFC 5280 sections 4.2.1.1 and 4.2.1.2). */
export function keyIdentifierExtensions(
  publicKey: KeyObject,
  issuer: Certificate | undefined,
): [X509.SubjectKeyIdentifierExtension, X509.AuthorityKeyIdentifierExtension] {
  const own = keyIdentifier(publicKey);
  const authority = issuer ? (issuer.subjectKeyIdentifier ?? keyIdentifier(issuer.publicKey)) : own;
  return [new x509.SubjectKeyIdentifierExtension(own), new x509.AuthorityKeyIdentifierExtension(authority)];
}

/** RFC 5280 section 4.2.1.2, method 1: SHA-1 of the public key's bits; hexadecimal. */
function keyIdentifier(publicKey: KeyObject): string {
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const { bytes } = bitStringOf(sequenceOf(readOnly(spki))[1]);
  return createHash('sha1').update(bytes).digest('hex');
}

/** 128 random bits (RFC 5280 section 4.1.2.2: at most 20 octets, positive). */
export function randomSerialNumber(): Uint8Array {
  const serial = randomBytes(16);
  return serial.some((octet) => octet !== 0) ? serial : randomSerialNumber();
}

/** A copy, in the type that the generators of @peculiar/x509 expect. */
export function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
