/** A device's credentials, checked before anything is sent. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { isEncryptedKey, isKeyPair, type OpenPrivateKeyOptions, openPrivateKey } from '../../pki/keys.js';
import { parseCertificates } from '../../pki/x509/certificate.js';

export interface DeviceCredentials {
  /** PEM: the device's certificate, then each issuer up to the root. */
  certificateChain: string;
  /** PEM, encrypted or not. */
  privateKey: string;
  passphrase?: string | undefined;
}

/** For TLS; `privateKey` is unencrypted. */
export interface ClientCertificate {
  chain: string;
  privateKey: string;
}

/**
 * Checks credentials and decrypts the key once: TLS would do the key derivation again for each connection.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE, INVALID_KEY, PASSPHRASE_REQUIRED, WRONG_PASSPHRASE, KEY_MISMATCH; the
 *   signal's reason
 */
export async function openCredentials({
  certificateChain,
  privateKey,
  passphrase,
  signal,
}: DeviceCredentials & Pick<OpenPrivateKeyOptions, 'signal'>): Promise<ClientCertificate> {
  const key = await openPrivateKey(privateKey, { passphrase, signal });
  const [leaf] = parseCertificates(certificateChain);
  if (!isKeyPair(key, leaf!.publicKey)) {
    throw new EnrollkitError('KEY_MISMATCH', sentences.dpsClient.keyMismatch);
  }
  const clear = isEncryptedKey(privateKey)
    ? key.export({ format: 'pem', type: 'pkcs8' }).toString()
    : privateKey;
  return { chain: certificateChain, privateKey: clear };
}
