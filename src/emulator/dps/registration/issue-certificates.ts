/** Issues certificates to devices, and creates the CAs that sign them. */
import type { KeyObject } from 'node:crypto';
import { generateKeyPair, type KeyPair } from '../../../pki/keys.js';
import { issue } from '../../../pki/make/issue.js';
import { loadProfile } from '../../../pki/make/profile.js';

export interface IssuingAuthority {
  /** PEM. */
  certificate: string;
  privateKey: KeyPair['privateKey'];
}

/** @param issuer undefined for a root */
export async function createAuthority(
  commonName: string,
  at: Date,
  issuer?: IssuingAuthority,
): Promise<IssuingAuthority> {
  const { publicKey, privateKey } = await generateKeyPair('ec-p384');
  const { pem } = await issue({
    profile: loadProfile(issuer ? 'intermediate' : 'root'),
    subject: { commonName },
    publicKey,
    issuer: issuer ?? { privateKey },
    at,
  });
  return { certificate: pem, privateKey };
}

/** @returns the operational certificate of a device, DER */
export async function issueDeviceCertificate(
  registrationId: string,
  publicKey: KeyObject,
  issuer: IssuingAuthority,
  at: Date,
  validityDays: number,
): Promise<Buffer> {
  const { der } = await issue({
    profile: loadProfile('device'),
    subject: { commonName: registrationId },
    publicKey,
    issuer,
    at,
    validityDays,
  });
  return der;
}
