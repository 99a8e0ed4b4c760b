/** Key pairs: generate, write as PKCS#8, read back. */

import {
  createCipheriv,
  createPublicKey,
  generateKeyPair as generate,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { blocksOf, knownKind } from './containers/contents.js';
import { type Deriving, runReader, runReaderSync } from './containers/deriving.js';
import { assertCipher, openEncryptedKey, openEncryptedPem } from './containers/encrypted-key.js';
import { iterations } from './containers/iterations.js';
import { type PemBlock, pemEncode } from './containers/pem.js';
import { integer, nullValue, objectIdentifier, octetString, sequence } from './der/write.js';
import { type KeyAlgorithm, keyAlgorithms } from './key-algorithms.js';
import { privateKeyOf, signsFor } from './private-key.js';
import { runSlowWork } from './slow-work.js';

export { type KeyAlgorithm, keyAlgorithms };

export interface KeyPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

/** What is needed to open a private key that may be encrypted. */
export interface OpenPrivateKeyOptions {
  passphrase?: string | undefined;
  /** Cancels the key derivation, which can take seconds. */
  signal?: AbortSignal | undefined;
}

/**
 * Generates a key pair with the platform's secure random generator.
 *
 * @param signal cancels the generation: RSA keys of 3072 bits and more take seconds
 * @throws the signal's reason
 */
export async function generateKeyPair(algorithm: KeyAlgorithm, signal?: AbortSignal): Promise<KeyPair> {
  const curve = { 'ec-p256': 'prime256v1', 'ec-p384': 'secp384r1' }[algorithm as string];
  if (curve !== undefined) return promisify(generate)('ec', { namedCurve: curve });
  const bits = Number(algorithm.slice('rsa-'.length));
  const privateKey = privateKeyOf(await runSlowWork({ kind: 'rsa', bits }, signal));
  return { publicKey: createPublicKey(privateKey), privateKey };
}

/**
 * A private key as PKCS#8 PEM (RFC 5958); with a passphrase, encrypted by PBES2: PBKDF2-HMAC-SHA256 and AES-256-CBC
 * (RFC 8018).
 */
export async function privateKeyToPem(key: KeyObject, passphrase?: string): Promise<string> {
  const der = key.export({ format: 'der', type: 'pkcs8' });
  if (passphrase === undefined) return pemEncode('PRIVATE KEY', der);
  return pemEncode('ENCRYPTED PRIVATE KEY', await encryptPrivateKeyInfo(der, passphrase));
}

/** EncryptedPrivateKeyInfo (RFC 5958 section 3) of a PrivateKeyInfo; also PKCS#12's shrouded key bag. */
export async function encryptPrivateKeyInfo(privateKeyInfo: Uint8Array, passphrase: string): Promise<Buffer> {
  const { algorithm, ciphertext } = await encryptPbes2(privateKeyInfo, passphrase);
  return sequence(algorithm, octetString(ciphertext));
}

/** PBES2 (RFC 8018 section 6.2): the AlgorithmIdentifier and the ciphertext. */
export async function encryptPbes2(
  plaintext: Uint8Array,
  passphrase: string,
): Promise<{ algorithm: Buffer; ciphertext: Buffer }> {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const count = passphrase === '' ? iterations.withoutPassphrase : iterations.pbkdf2;
  const key = await runSlowWork({
    kind: 'pbkdf2',
    passphrase,
    salt,
    iterations: count,
    length: 32,
    hash: 'sha256',
  });
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const hmacWithSha256 = sequence(objectIdentifier('1.2.840.113549.2.9'), nullValue());
  const algorithm = sequence(
    objectIdentifier('1.2.840.113549.1.5.13'), // PBES2
    sequence(
      sequence(
        objectIdentifier('1.2.840.113549.1.5.12'), // PBKDF2
        sequence(octetString(salt), integer(count), hmacWithSha256),
      ),
      sequence(objectIdentifier('2.16.840.1.101.3.4.1.42'), octetString(iv)), // AES-256-CBC
    ),
  );
  return { algorithm, ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final()]) };
}

/** Whether an input holds an encrypted private key. */
export function isEncryptedKey(input: string | Uint8Array): boolean {
  try {
    return blocksOf(input, wanted).some(isEncrypted);
  } catch (error) {
    if (error instanceof EnrollkitError) return false;
    throw error;
  }
}

const isEncrypted = ({ label, headers, der }: PemBlock) =>
  label === 'ENCRYPTED PRIVATE KEY' ||
  headers?.has('Proc-Type') === true ||
  (label === 'DER' && knownKind(der) === 'encrypted private key');

/**
 * Reads one private key, PEM or DER: PKCS#8, encrypted or not, and the older PKCS#1 and SEC 1 forms. Opening an
 * encrypted key blocks this thread, for a few seconds at most; {@link openPrivateKey} does not.
 *
 * @throws EnrollkitError PASSPHRASE_REQUIRED, WRONG_PASSPHRASE, KEY_MISMATCH if the two halves of the key do not belong
 *   together, or INVALID_KEY, also if the key derivation would take too long; no error quotes the key
 */
export function privateKeyFromPem(input: string | Uint8Array, passphrase?: string): KeyObject {
  return runReaderSync(keyReader(input, passphrase));
}

/**
 * Like {@link privateKeyFromPem}, but without blocking this thread.
 *
 * @throws EnrollkitError as {@link privateKeyFromPem} does; the signal's reason
 */
export function openPrivateKey(
  input: string | Uint8Array,
  { passphrase, signal }: OpenPrivateKeyOptions,
): Promise<KeyObject> {
  return runReader(keyReader(input, passphrase), signal);
}

const wanted = {
  label: /PRIVATE KEY$/,
  block: 'PRIVATE KEY',
  kinds: ['private key', 'encrypted private key'],
  what: 'private key',
  invalid: (message: string, next = sentences.pkiMake.giveKeyFile) =>
    new EnrollkitError('INVALID_KEY', message, { next }),
} as const;

function* keyReader(input: string | Uint8Array, passphrase: string | undefined): Deriving<KeyObject> {
  const [block, ...more] = blocksOf(input, wanted);
  if (more.length > 0) throw new EnrollkitError('INVALID_KEY', sentences.pkiMake.severalKeys);
  const { label, der, headers } = block!;
  if (label === 'OPENSSH PRIVATE KEY') throw openSshKey();
  if (isEncrypted(block!)) {
    const hasHeaders = label !== 'ENCRYPTED PRIVATE KEY' && headers?.has('Proc-Type') === true;
    assertCipher(hasHeaders ? block! : der);
    if (passphrase === undefined) {
      const message = sentences.pkiMake.passphraseRequired;
      throw new EnrollkitError('PASSPHRASE_REQUIRED', message);
    }
    return hasHeaders ? openEncryptedPem(block!, passphrase) : yield* openEncryptedKey(der, passphrase);
  }
  // DER does not say in which of the forms it is.
  const labels = label === 'DER' ? ['PRIVATE KEY', 'EC PRIVATE KEY', 'RSA PRIVATE KEY'] : [label];
  for (const form of labels) {
    try {
      return privateKeyOf(der, form);
    } catch (error) {
      // Node's own error is not kept as the cause: it may quote the key.
      if (error instanceof EnrollkitError) throw error;
    }
  }
  throw new EnrollkitError('INVALID_KEY', sentences.pkiMake.keyUnreadable);
}

function openSshKey(): EnrollkitError {
  return new EnrollkitError('INVALID_KEY', sentences.pkiMake.opensshKey, {
    next: sentences.pkiMake.convertOpensshKey,
  });
}

/** Whether a private key belongs to a public key. */
export function isKeyPair(privateKey: KeyObject, publicKey: KeyObject): boolean {
  // Comparing keys of two types leaves an error in OpenSSL's queue, which Node.js throws when the next key is imported.
  if (privateKey.asymmetricKeyType !== publicKey.asymmetricKeyType) return false;
  return createPublicKey(privateKey).equals(publicKey) && signsFor(privateKey, publicKey);
}

/** The algorithm of a key, as one of {@link keyAlgorithms}; undefined for any other key. */
export function keyAlgorithmOf(key: KeyObject): KeyAlgorithm | undefined {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  const name =
    key.asymmetricKeyType === 'rsa'
      ? `rsa-${modulusLength}`
      : { prime256v1: 'ec-p256', secp384r1: 'ec-p384' }[namedCurve ?? ''];
  return keyAlgorithms.find((algorithm) => algorithm === name);
}
