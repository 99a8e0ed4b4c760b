/** Opens encrypted private keys, if their key derivation is within bounds. */

import { createDecipheriv, createHash, getCipherInfo, type KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { DerError, octetStringOf, readOnly, sequenceOf } from '../der/read.js';
import { privateKeyOf } from '../private-key.js';
import { algorithmOf } from '../x509/certificate.js';
import type { Deriving } from './deriving.js';
import type { PemBlock } from './pem.js';
import { decrypt, passphraseOf } from './pkcs12/decrypt.js';
import { obsoleteCipher } from './pkcs12/obsolete-ciphers.js';
import { KeyDerivationWork } from './pkcs12/work.js';

/**
 * PKCS#8 (RFC 5958 section 3).
 *
 * @param der an EncryptedPrivateKeyInfo
 * @throws EnrollkitError WRONG_PASSPHRASE, INVALID_KEY; neither quotes the key
 */
export function* openEncryptedKey(der: Buffer, passphrase: string): Deriving<KeyObject> {
  let plaintext: Buffer | undefined;
  try {
    const [algorithm, ciphertext, ...rest] = sequenceOf(readOnly(der));
    if (rest.length > 0) throw new DerError(sentences.pkiContainers.keyMoreThanTwoParts);
    const work = new KeyDerivationWork();
    const encrypted = octetStringOf(ciphertext);
    plaintext = yield* decrypt(algorithmOf(algorithm), encrypted, passphraseOf(passphrase), work);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw unreadable(error.message);
  }
  return importKey(plaintext);
}

/**
 * OpenSSL's older format: the headers of the PEM block say how its body is encrypted. Key derivation is one round of
 * MD5.
 *
 * Source: OpenSSL's PEM_read_bio_PrivateKey(3), "PEM encryption format".
 *
 * @throws EnrollkitError WRONG_PASSPHRASE, INVALID_KEY; neither quotes the key
 */
export function openEncryptedPem({ label, der, headers }: PemBlock, passphrase: string): KeyObject {
  const [, name, hex = ''] = /^([A-Z0-9-]+),([0-9A-Fa-f]+)$/.exec(headers?.get('DEK-Info') ?? '') ?? [];
  if (name === undefined) throw unreadable(sentences.pkiContainers.dekInfoMissing);
  const cipher = getCipherInfo(name);
  const iv = Buffer.from(hex, 'hex');
  if (cipher?.mode !== 'cbc') throw obsolete(name);
  if (iv.length !== cipher.ivLength) throw unreadable(sentences.pkiContainers.dekInfoLength);
  const key = bytesToKey(passphrase, iv.subarray(0, 8), cipher.keyLength);
  let decipher: ReturnType<typeof createDecipheriv>;
  try {
    decipher = createDecipheriv(name, key, iv);
  } catch {
    // Node knows the name of a cipher that its OpenSSL no longer has.
    throw obsolete(name);
  }
  let plaintext: Buffer | undefined;
  try {
    plaintext = Buffer.concat([decipher.update(der), decipher.final()]);
  } catch {
    // The padding is wrong.
  }
  return importKey(plaintext, label);
}

/** EVP_BytesToKey(3) with MD5 and one round. */
function bytesToKey(passphrase: string, salt: Uint8Array, length: number): Buffer {
  let key = Buffer.alloc(0);
  for (let digest = key; key.length < length; key = Buffer.concat([key, digest])) {
    digest = createHash('md5').update(digest).update(passphrase).update(salt).digest();
  }
  return key.subarray(0, length);
}

function importKey(plaintext: Buffer | undefined, label?: string): KeyObject {
  try {
    if (plaintext) return privateKeyOf(plaintext, label);
  } catch (error) {
    if (error instanceof EnrollkitError) throw error;
    // One wrong passphrase in 256 yields valid padding, but not a valid key.
  }
  throw new EnrollkitError('WRONG_PASSPHRASE', sentences.pkiContainers.wrongPassphrase);
}

/**
 * Refuses a cipher that is not decrypted here, before anyone is asked for the passphrase.
 *
 * @param key an EncryptedPrivateKeyInfo, or a PEM block of OpenSSL's older format
 * @throws EnrollkitError INVALID_KEY, naming the cipher and the command that converts the key
 */
export function assertCipher(key: Buffer | PemBlock): void {
  if (!Buffer.isBuffer(key)) {
    const name = /^([A-Z0-9-]+),/.exec(key.headers?.get('DEK-Info') ?? '')?.[1];
    if (name && /^(DES-CBC|RC2|RC4|IDEA|BF|CAST5|SEED)/.test(name)) throw obsolete(name);
    return;
  }
  const name = obsoleteCipher(key);
  if (name !== undefined) throw obsolete(name);
}

function obsolete(name: string): EnrollkitError {
  return new EnrollkitError('INVALID_KEY', sentences.pkiContainers.keyObsoleteCipher(name), {
    next: sentences.pkiContainers.convertKey,
  });
}

function unreadable(why: string): EnrollkitError {
  return new EnrollkitError('INVALID_KEY', sentences.pkiContainers.keyUnreadable(why));
}
