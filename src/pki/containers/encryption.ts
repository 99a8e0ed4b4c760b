/** What is encrypted with a passphrase: PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC (RFC 8018). */
import { createCipheriv, randomBytes } from 'node:crypto';
import { integer, nullValue, objectIdentifier, octetString, sequence } from '../der/write.js';
import { runSlowWork } from '../slow-work.js';
import { iterations } from './iterations.js';

const oids = {
  pbes2: objectIdentifier('1.2.840.113549.1.5.13'),
  pbkdf2: objectIdentifier('1.2.840.113549.1.5.12'),
  aes256Cbc: objectIdentifier('2.16.840.1.101.3.4.1.42'),
};
const hmacWithSha256 = sequence(objectIdentifier('1.2.840.113549.2.9'), nullValue());

/**
 * A key derived from a passphrase, which takes a quarter of a second. It may encrypt any number of things: each has its
 * own initialization vector, and whoever guesses the passphrase has all of them anyway.
 */
export interface DerivedKey {
  salt: Uint8Array;
  iterations: number;
  /** 32 octets. */
  key: Uint8Array;
}

/** @param salt a new one by default */
export async function deriveKey(passphrase: string, salt: Uint8Array = randomBytes(16)): Promise<DerivedKey> {
  const count = passphrase === '' ? iterations.withoutPassphrase : iterations.pbkdf2;
  const key = await runSlowWork({
    kind: 'pbkdf2',
    passphrase,
    salt,
    iterations: count,
    length: 32,
    hash: 'sha256',
  });
  return { salt, iterations: count, key };
}

/** EncryptedPrivateKeyInfo (RFC 5958 section 3) of a PrivateKeyInfo; also PKCS#12's shrouded key bag. */
export function encryptPrivateKeyInfo(privateKeyInfo: Uint8Array, key: DerivedKey): Buffer {
  const { algorithm, ciphertext } = encryptPbes2(privateKeyInfo, key);
  return sequence(algorithm, octetString(ciphertext));
}

/** PBES2 (RFC 8018 section 6.2): the AlgorithmIdentifier and the ciphertext. */
export function encryptPbes2(
  plaintext: Uint8Array,
  { salt, iterations: count, key }: DerivedKey,
): { algorithm: Buffer; ciphertext: Buffer } {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const algorithm = sequence(
    oids.pbes2,
    sequence(
      sequence(oids.pbkdf2, sequence(octetString(salt), integer(count), hmacWithSha256)),
      sequence(oids.aes256Cbc, octetString(iv)),
    ),
  );
  return { algorithm, ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final()]) };
}
