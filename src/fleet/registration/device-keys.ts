/** The private keys of a fleet, which may be encrypted. */
import { privateKeyOpener } from '../../pki/keys.js';
import { isEncryptedPem } from '../formats/output-format.js';

/**
 * Returns a function that takes a key as the fleet has it, PEM, and returns it as PKCS#8 PEM that is not encrypted.
 *
 * @param passphrase of the encrypted keys
 * @throws EnrollkitError PASSPHRASE_REQUIRED, WRONG_PASSPHRASE, INVALID_KEY from the function
 */
export function keyOpener(passphrase: string | undefined): (pem: string) => string {
  const open = privateKeyOpener(passphrase);
  return (pem) =>
    isEncryptedPem(pem) ? (open(pem).export({ format: 'pem', type: 'pkcs8' }) as string) : pem;
}
