/** Makes the emulator's TLS root and server certificate. */

import { generateKeyPair, type KeyPair, privateKeyFromPem, privateKeyToPem } from '../../../pki/keys.js';
import { issue, type SubjectAlternativeNames } from '../../../pki/make/issue.js';
import { loadProfile } from '../../../pki/make/profile.js';

export const rootCommonName = 'enrollkit emulator TLS root';

export interface IssuedPair {
  certificatePem: string;
  /** PKCS#8, not encrypted: the emulator starts unattended. */
  keyPem: string;
}

/** Makes the root: self-signed, EC P-256. */
export async function issueRoot(at: Date): Promise<IssuedPair> {
  const { publicKey, privateKey } = await generateKeyPair('ec-p256');
  const { pem } = await issue({
    profile: loadProfile('root'),
    subject: { commonName: rootCommonName },
    publicKey,
    issuer: { privateKey },
    at,
  });
  return { certificatePem: pem, keyPem: await privateKeyToPem(privateKey) };
}

/**
 * Makes the server certificate, signed by the root.
 *
 * @param validityDays the profile's by default; a negative number makes one that has expired
 */
export async function issueServer(
  root: IssuedPair,
  names: SubjectAlternativeNames,
  { publicKey, privateKey }: KeyPair,
  at: Date,
  validityDays?: number,
): Promise<IssuedPair> {
  const { pem } = await issue({
    profile: loadProfile('server'),
    ...(validityDays === undefined ? {} : { validityDays }),
    subject: { commonName: 'enrollkit emulator' },
    publicKey,
    issuer: { certificate: root.certificatePem, privateKey: privateKeyFromPem(root.keyPem) },
    at,
    subjectAlternativeNames: names,
  });
  return { certificatePem: pem, keyPem: await privateKeyToPem(privateKey) };
}
