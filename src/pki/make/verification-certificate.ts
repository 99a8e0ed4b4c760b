/**
 * Issues the certificate for a proof of possession: its common name is the verification code, and the CA signs it.
 *
 * Source: Microsoft Learn, "How to verify X.509 CA certificates with your Device Provisioning Service".
 */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { generateKeyPair } from '../keys.js';
import { issue } from './issue.js';
import type { IssuedCertificate, Issuer } from './issuer.js';
import { loadProfile } from './profile.js';

/**
 * Issues a verification certificate.
 *
 * @param code the verification code from DPS, with its letter case: 48 hexadecimal digits today, but nothing guarantees
 *   that
 * @param issuer the uploaded CA, root or intermediate
 * @param options force: as of `issue()`
 * @returns the certificate; its private key is not needed and discarded
 * @throws EnrollkitError INVALID_VERIFICATION_CODE, and what {@link issue} throws
 */
export async function issueVerificationCertificate(
  code: string,
  issuer: Issuer & { certificate: string | Uint8Array },
  at: Date,
  { force = false } = {},
): Promise<IssuedCertificate> {
  const problem = verificationCodeProblem(code);
  if (problem) throw new EnrollkitError('INVALID_VERIFICATION_CODE', problem);
  const { publicKey } = await generateKeyPair('ec-p256');
  return issue({
    profile: loadProfile('verification'),
    subject: { commonName: code },
    publicKey,
    issuer,
    at,
    force,
  });
}

/** What is wrong with a verification code, as a sentence, or undefined. */
export function verificationCodeProblem(code: string): string | undefined {
  if (code === '') return sentences.pkiMake.codeMissing;
  if (!/^[A-Za-z0-9-]+$/.test(code)) return sentences.pkiMake.codeCharacters;
  if (code.length > 64) return sentences.pkiMake.codeTooLong(code.length);
  if (code.length < 16) return sentences.pkiMake.codeTooShort(code.length);
  return undefined;
}
