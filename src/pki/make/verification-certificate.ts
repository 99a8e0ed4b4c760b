/**
 * Issues the certificate for a proof of possession: its common name is the verification code, and the CA signs it.
 *
 * Source: Microsoft Learn, "How to verify X.509 CA certificates with your Device Provisioning Service".
 */
import { EnrollkitError } from '../../errors.js';
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
  if (code === '') return 'A verification code is missing.';
  if (!/^[A-Za-z0-9-]+$/.test(code)) return 'A verification code is one word of letters and digits.';
  if (code.length > 64) return `This code has ${code.length} characters; a verification code has at most 64.`;
  if (code.length < 16)
    return `This code has ${code.length} characters; it may have been cut off when it was copied.`;
  return undefined;
}
