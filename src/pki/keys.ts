/** Key pairs: generate, write as PKCS#8, read back. */

import { createPublicKey, generateKeyPair as generate, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { blocksOf, knownKind, octetsAfter } from './containers/contents.js';
import { type Deriving, runReader, runReaderSync } from './containers/deriving.js';
import { assertCipher, openEncryptedKey, openEncryptedPem } from './containers/encrypted-key.js';
import { deriveKey, encryptPrivateKeyInfo } from './containers/encryption.js';
import { type PemBlock, pemEncode } from './containers/pem.js';
import { type KeyAlgorithm, keyAlgorithms } from './key-algorithms.js';
import { privateKeyOf, signsFor } from './private-key.js';
import { type Derivation, runSlowWork, runSlowWorkSync } from './slow-work.js';

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
  return pemEncode('ENCRYPTED PRIVATE KEY', encryptPrivateKeyInfo(der, await deriveKey(passphrase)));
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

/**
 * For many keys with one passphrase: what several of them share is derived once, such as a fleet's.
 *
 * @returns like {@link privateKeyFromPem}
 */
export function privateKeyOpener(passphrase: string | undefined): (input: string) => KeyObject {
  const derived = new Map<string, Buffer>();
  const derive = (work: Derivation) => {
    const { passphrase: _, salt, ...parameters } = work;
    const id = JSON.stringify([Buffer.from(salt).toString('hex'), parameters]);
    const key = derived.get(id) ?? runSlowWorkSync(work);
    // Keys made by other tools may each have a different salt.
    if (derived.size === 16) derived.clear();
    derived.set(id, key);
    return key;
  };
  return (input) => runReaderSync(keyReader(input, passphrase), derive);
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
  const extra = octetsAfter(der);
  if (extra > 0)
    throw new EnrollkitError('INVALID_KEY', sentences.pkiContainers.moreAfterDer(der.length - extra, extra));
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
