/** Key pairs: generate, write as PKCS#8, read back. */
import {
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPair as generate,
  type KeyObject,
  pbkdf2,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import { EnrollkitError } from '../errors.js';
import { openEncryptedKey } from './containers/encrypted-key.js';
import { pemBlocks, pemEncode } from './containers/pem.js';
import { integer, nullValue, objectIdentifier, octetString, sequence } from './der/write.js';

export const keyAlgorithms = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

export interface KeyPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

/** OWASP's figure for PBKDF2-HMAC-SHA256 (Password Storage Cheat Sheet, 2023). */
const pbkdf2Iterations = 600_000;
/** With an empty passphrase, as a PKCS#12 file may have one, rounds protect nothing and only cost time. */
const pbkdf2IterationsWithoutPassphrase = 2048;

/** Generates a key pair with the platform's secure random generator. */
export async function generateKeyPair(algorithm: KeyAlgorithm): Promise<KeyPair> {
  const generateAsync = promisify(generate) as (type: string, options: object) => Promise<KeyPair>;
  switch (algorithm) {
    case 'ec-p256':
      return generateAsync('ec', { namedCurve: 'prime256v1' });
    case 'ec-p384':
      return generateAsync('ec', { namedCurve: 'secp384r1' });
    default:
      return generateAsync('rsa', { modulusLength: Number(algorithm.slice('rsa-'.length)) });
  }
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
  const iterations = passphrase === '' ? pbkdf2IterationsWithoutPassphrase : pbkdf2Iterations;
  const key = await promisify(pbkdf2)(passphrase, salt, iterations, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const hmacWithSha256 = sequence(objectIdentifier('1.2.840.113549.2.9'), nullValue());
  const algorithm = sequence(
    objectIdentifier('1.2.840.113549.1.5.13'), // PBES2
    sequence(
      sequence(
        objectIdentifier('1.2.840.113549.1.5.12'), // PBKDF2
        sequence(octetString(salt), integer(iterations), hmacWithSha256),
      ),
      sequence(objectIdentifier('2.16.840.1.101.3.4.1.42'), octetString(iv)), // AES-256-CBC
    ),
  );
  return { algorithm, ciphertext: Buffer.concat([cipher.update(plaintext), cipher.final()]) };
}

/** Whether a PEM text holds an encrypted private key. */
export function isEncryptedKey(pem: string): boolean {
  return pem.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----') || /^Proc-Type: 4,ENCRYPTED/m.test(pem);
}

/**
 * Reads one private key: PKCS#8, encrypted or not, and the older PKCS#1 and SEC 1 forms.
 *
 * @throws EnrollkitError PASSPHRASE_REQUIRED, WRONG_PASSPHRASE or INVALID_KEY; none of them quotes the key
 */
export function privateKeyFromPem(pem: string, passphrase?: string): KeyObject {
  const isOldForm = pem.includes('Proc-Type:');
  const [block, ...more] = isOldForm
    ? []
    : pemBlocks(pem).filter(({ label }) => label.endsWith('PRIVATE KEY'));
  if (!block && !isOldForm) {
    throw new EnrollkitError('INVALID_KEY', 'There is no private key in PEM form here.');
  }
  if (more.length > 0) throw new EnrollkitError('INVALID_KEY', 'There is more than one private key here.');
  const encrypted = isEncryptedKey(pem);
  if (encrypted && passphrase === undefined) {
    throw new EnrollkitError(
      'PASSPHRASE_REQUIRED',
      'The private key is encrypted, and no passphrase was given.',
    );
  }
  if (block?.label === 'ENCRYPTED PRIVATE KEY') return openEncryptedKey(block.der, passphrase!);
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(encrypted ? { passphrase } : {}) });
  } catch (cause) {
    throw encrypted
      ? new EnrollkitError('WRONG_PASSPHRASE', 'The passphrase does not open the private key.', { cause })
      : new EnrollkitError('INVALID_KEY', 'The private key cannot be read.', { cause });
  }
}

/** Whether a private key belongs to a public key. */
export function isKeyPair(privateKey: KeyObject, publicKey: KeyObject): boolean {
  return createPublicKey(privateKey).equals(publicKey);
}

/** The algorithm of a key, in the words of {@link keyAlgorithms}; undefined for any other. */
export function keyAlgorithmOf(key: KeyObject): KeyAlgorithm | undefined {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  const name =
    key.asymmetricKeyType === 'rsa'
      ? `rsa-${modulusLength}`
      : { prime256v1: 'ec-p256', secp384r1: 'ec-p384' }[namedCurve ?? ''];
  return keyAlgorithms.find((algorithm) => algorithm === name);
}
