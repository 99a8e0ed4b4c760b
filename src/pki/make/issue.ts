/** Issues certificates, for every role. */

import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Certificate } from '../x509/certificate.js';
import type { Extension } from '../x509/extensions.js';
import type { Name } from '../x509/name.js';
import type { Subject, SubjectAlternativeNames } from '../x509/subject.js';
import { alternativeNameExtension } from './alternative-names.js';
import {
  basicConstraintsExtension,
  extendedKeyUsageExtension,
  keyIdentifierExtensions,
  keyUsageExtension,
} from './extensions.js';
import { assertMaySign, type IssuedCertificate, type Issuer } from './issuer.js';
import type { KeyUsageName, Profile } from './profile.js';
import { authorityOf, shapeExtensions } from './profile-extensions.js';
import { subjectName } from './requested-names.js';
import { randomSerialNumber, signCertificate } from './sign-certificate.js';
import { dayMs } from './validity.js';

export type { Subject, SubjectAlternativeNames } from '../x509/subject.js';
export type { IssuedCertificate, Issuer } from './issuer.js';

export interface IssueRequest {
  profile: Profile;
  /** Written out, or as read from a certificate request. */
  subject: Subject | Name;
  publicKey: KeyObject;
  issuer: Issuer;
  /**
   * The current time. The certificate is valid from 15 minutes earlier, or as the profile says, but not before its
   * issuer.
   */
  at: Date;
  /**
   * Overrides the profile's. The end is never later than the issuer's, or than 9999-12-31T23:59:59Z, which means no
   * expiration date.
   */
  validityDays?: number;
  subjectAlternativeNames?: SubjectAlternativeNames;
  /** Big-endian, 1 to 20 octets; by default 128 random bits. */
  serialNumber?: Uint8Array;
  /** Issues the certificate even if it can never be valid under its issuer; `failures` then says why. */
  force?: boolean;
}

/**
 * Issues a certificate (RFC 5280 section 4): version 3, with subject and authority key identifiers and critical basic
 * constraints and key usage. Signs with ECDSA and the hash of the issuer's curve, or with RSA and SHA-256.
 *
 * @throws EnrollkitError INVALID_COMMON_NAME, COMMON_NAME_TOO_LONG, INVALID_SUBJECT, INVALID_ALTERNATIVE_NAME;
 *   KEY_MISMATCH when the issuer's key is not its certificate's; ISSUER_NOT_ALLOWED when the issuer is not a CA, is not
 *   valid at `at`, or its path length is used up, and when `validateChain` would refuse the certificate under it, such as
 *   for its name constraints or extended key usage; INVALID_KEY when the issuer's key type is not supported for signing;
 *   INVALID_VALIDITY when the dates are not in the years 1950 to 9999 (RFC 5280 section 4.1.2.5)
 */
export async function issue(request: IssueRequest): Promise<IssuedCertificate> {
  const { profile, publicKey, at } = request;
  const { certificateAuthority } = profile.basicConstraints;
  const issuer = assertMaySign(request.issuer, { publicKey, certificateAuthority, at });
  const subject = subjectName(request.subject);
  const serialNumber = request.serialNumber ?? randomSerialNumber();
  const authority = issuer ? authorityOf(issuer) : { issuer: subject, serialNumber };
  return signCertificate({
    subject,
    publicKey,
    issuer,
    signingKey: request.issuer.privateKey,
    chainPem: request.issuer.chainPem,
    force: request.force,
    at,
    end: at.getTime() + (request.validityDays ?? profile.validityDays) * dayMs,
    extensions: shapeExtensions(profile, extensions(request, issuer), authority),
    serialNumber,
    ...(profile.backdateMinutes === undefined ? {} : { backdateMinutes: profile.backdateMinutes }),
  });
}

function extensions(request: IssueRequest, issuer: Certificate | undefined): Extension[] {
  const { profile, publicKey, subject } = request;
  const { certificateAuthority } = profile.basicConstraints;
  const usages: KeyUsageName[] = [
    ...profile.keyUsage,
    ...(publicKey.asymmetricKeyType === 'rsa' ? (profile.additionalKeyUsageForRsa ?? []) : []),
  ];
  const result = [
    basicConstraintsExtension(
      { certificateAuthority, ...pathLength(profile, issuer) },
      profile.basicConstraints.critical ?? true,
    ),
    keyUsageExtension(usages, true),
    ...keyIdentifierExtensions(publicKey, issuer),
  ];
  if (profile.extendedKeyUsage?.length) result.push(extendedKeyUsageExtension(profile.extendedKeyUsage));
  // RFC 5280 section 4.2.1.6: without a subject, the alternative names identify the certificate.
  const isNameless = 'isEmpty' in subject && subject.isEmpty;
  const alternatives = alternativeNameExtension(request.subjectAlternativeNames, isNameless);
  if (isNameless && (certificateAuthority || !alternatives)) {
    throw new EnrollkitError('INVALID_SUBJECT', sentences.pkiMake.subjectEmpty);
  }
  if (alternatives) result.push(alternatives);
  return result;
}

/** A CA's path length: the profile's, or less if the issuer allows less (RFC 5280 section 6.1.4 m). */
function pathLength(profile: Profile, issuer: Certificate | undefined): { pathLength?: number } {
  const { certificateAuthority, pathLength: own } = profile.basicConstraints;
  const above = issuer?.basicConstraints?.pathLength;
  const pathLength = above === undefined ? own : Math.min(own ?? above - 1, above - 1);
  return certificateAuthority && pathLength !== undefined ? { pathLength } : {};
}
