/** Makes the certificates that the emulator gives to devices, and the CAs that sign them. */
import type { KeyObject } from 'node:crypto';
import { generateKeyPair } from '../../../pki/keys.js';
import { issue } from '../../../pki/make/issue.js';
import { loadProfile } from '../../../pki/make/profile.js';
import type { IssuingAuthority } from '../state/issuing-authorities.js';

/** The default of Azure Device Registry's policies, whose range is 1 to 90. */
const validityDays = 30;

/** @param issuer left out for a root */
export async function makeAuthority(
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

/** A device's operational certificate. */
export async function issueDeviceCertificate(
  registrationId: string,
  publicKey: KeyObject,
  issuer: IssuingAuthority,
  at: Date,
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
