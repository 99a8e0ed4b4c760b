/**
 * Decrypts encrypted keys and the contents of PKCS#12 files: PBES2 (RFC 8018) and the older algorithms of RFC 7292
 * appendix C.
 */

import { createDecipheriv } from 'node:crypto';
import { sentences } from '../../../languages/language.js';
import {
  countOf,
  DerError,
  type Element,
  expect,
  octetStringOf,
  readOnly,
  sequenceOf,
  smallIntegerOf,
  tags,
} from '../../der/read.js';
import type { Pbkdf2Parameters, ScryptParameters } from '../../slow-work.js';
import { type AlgorithmIdentifier, algorithmOf } from '../../x509/certificate.js';
import { type Deriving, slowly } from '../deriving.js';
import { derivePkcs12Key, passphraseOctets, purposes } from './key-derivation.js';
import { obsoleteName } from './obsolete-ciphers.js';
import { decryptRc2 } from './rc2.js';
import type { KeyDerivationWork } from './work.js';

/** What is not read here, but by OpenSSL, which can convert it. */
export class Convertible extends DerError {}

/** A passphrase in both encodings. */
export interface Passphrase {
  /** UTF-8, for PBES2. */
  text: string;
  /** For the key derivation of PKCS#12. */
  octets: Buffer;
}

export const passphraseOf = (text: string): Passphrase => ({ text, octets: passphraseOctets(text) });

interface Cipher {
  name: string;
  keyLength: number;
}

const pbes2 = '1.2.840.113549.1.5.13';

/** @throws DerError */
type DerivationReader = (parameters: Element, keyLength: number, work: KeyDerivationWork) => Salted;

/** Key derivation functions, by object identifier. */
const derivations: Readonly<Record<string, DerivationReader>> = {
  '1.2.840.113549.1.5.12': pbkdf2Of,
  '1.3.6.1.4.1.11591.4.11': scryptOf,
};

/** The ciphers that programs reasonably use, of all that OpenSSL can write. */
const ciphers: Readonly<Record<string, Cipher>> = {
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyLength: 24 },
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyLength: 16 },
  '2.16.840.1.101.3.4.1.3': { name: 'aes-128-ofb', keyLength: 16 },
  '2.16.840.1.101.3.4.1.4': { name: 'aes-128-cfb', keyLength: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyLength: 24 },
  '2.16.840.1.101.3.4.1.23': { name: 'aes-192-ofb', keyLength: 24 },
  '2.16.840.1.101.3.4.1.24': { name: 'aes-192-cfb', keyLength: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyLength: 32 },
  '2.16.840.1.101.3.4.1.43': { name: 'aes-256-ofb', keyLength: 32 },
  '2.16.840.1.101.3.4.1.44': { name: 'aes-256-cfb', keyLength: 32 },
  '1.2.392.200011.61.1.1.1.2': { name: 'camellia-128-cbc', keyLength: 16 },
  '1.2.392.200011.61.1.1.1.3': { name: 'camellia-192-cbc', keyLength: 24 },
  '1.2.392.200011.61.1.1.1.4': { name: 'camellia-256-cbc', keyLength: 32 },
  '1.2.410.200046.1.1.2': { name: 'aria-128-cbc', keyLength: 16 },
  '1.2.410.200046.1.1.7': { name: 'aria-192-cbc', keyLength: 24 },
  '1.2.410.200046.1.1.12': { name: 'aria-256-cbc', keyLength: 32 },
  '1.2.156.10197.1.104.2': { name: 'sm4-cbc', keyLength: 16 },
};

/** RFC 8018 appendix B.1. */
const pseudorandomFunctions: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.6': 'md5',
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
  '1.2.840.113549.2.12': 'sha512-224',
  '1.2.840.113549.2.13': 'sha512-256',
};

/** RFC 7292 appendix C, all with SHA-1 and CBC mode. Without RC4, which no known file uses. */
const legacyCiphers: Readonly<Record<string, Cipher>> = {
  '1.2.840.113549.1.12.1.3': { name: 'des-ede3-cbc', keyLength: 24 },
  '1.2.840.113549.1.12.1.4': { name: 'des-ede-cbc', keyLength: 16 },
  '1.2.840.113549.1.12.1.5': { name: 'rc2', keyLength: 16 },
  '1.2.840.113549.1.12.1.6': { name: 'rc2', keyLength: 5 },
};

/**
 * Decrypts data.
 *
 * @returns undefined for a wrong passphrase
 * @throws DerError for an unknown algorithm, invalid parameters or too much key derivation
 */
export function* decrypt(
  { type, parameters }: AlgorithmIdentifier,
  ciphertext: Buffer,
  passphrase: Passphrase,
  work: KeyDerivationWork,
): Deriving<Buffer | undefined> {
  if (!parameters) throw new DerError(sentences.pkiContainers.encryptedWithoutParameters(type));
  const obsolete = obsoleteName({ type, parameters });
  if (obsolete !== undefined) throw new Convertible(sentences.pkiContainers.pfxObsoleteCipher(obsolete));
  if (type === pbes2) return yield* decryptPbes2(parameters, ciphertext, passphrase.text, work);
  const cipher = legacyCiphers[type];
  if (!cipher) throw unknownAlgorithm(type);
  const [saltElement, iterationsElement, ...rest] = sequenceOf(readOnly(parameters));
  if (rest.length > 0) throw new DerError(sentences.pkiContainers.encryptionParameters);
  const derivation = {
    hash: 'sha1',
    passphrase: passphrase.octets,
    salt: octetStringOf(saltElement),
    iterations: work.pkcs12(countOf(iterationsElement)),
  } as const;
  const key = yield* derivePkcs12Key({ ...derivation, purpose: purposes.key, length: cipher.keyLength });
  const iv = yield* derivePkcs12Key({ ...derivation, purpose: purposes.iv, length: 8 });
  return cipher.name === 'rc2' ? decryptRc2(key, iv, ciphertext) : decipher(cipher.name, key, iv, ciphertext);
}

function* decryptPbes2(
  algorithm: Buffer,
  ciphertext: Buffer,
  passphrase: string,
  work: KeyDerivationWork,
): Deriving<Buffer | undefined> {
  const [derivationElement, schemeElement, ...rest] = sequenceOf(readOnly(algorithm));
  if (rest.length > 0) throw new DerError(sentences.pkiContainers.encryptionParameters);
  const derivation = algorithmOf(derivationElement);
  const scheme = algorithmOf(schemeElement);
  const cipher = ciphers[scheme.type];
  const derived = derivations[derivation.type];
  if (!derived || !derivation.parameters || !cipher || !scheme.parameters) {
    throw unknownAlgorithm(`PBES2 with ${derivation.type} and ${scheme.type}`);
  }
  const iv = expect(readOnly(scheme.parameters), tags.octetString).content;
  if (iv.length !== (cipher.name.startsWith('des') ? 8 : 16)) {
    throw new DerError(sentences.pkiContainers.encryptionVector);
  }
  const length = cipher.keyLength;
  const parameters = { ...derived(readOnly(derivation.parameters), length, work), passphrase, length };
  const key = yield* work.key(parameters, slowly);
  return decipher(cipher.name, key, iv, ciphertext);
}

type Salted = { salt: Buffer } & (Pbkdf2Parameters | ScryptParameters);

/** RFC 8018 appendix A.2. @throws DerError */
function pbkdf2Of(parameters: Element, keyLength: number, work: KeyDerivationWork): Salted {
  const [salt, rounds, ...options] = sequenceOf(parameters);
  const iterations = work.pbkdf2(countOf(rounds));
  if (options[0]?.tag === tags.integer) assertKeyLength(options.shift(), keyLength);
  const hash = options.length > 0 ? pseudorandomFunctions[algorithmOf(options.shift()).type] : 'sha1';
  if (!hash || options.length > 0) throw new DerError(sentences.pkiContainers.derivationParameters);
  return { kind: 'pbkdf2', salt: octetStringOf(salt), iterations, hash };
}

/** RFC 7914 section 7.1. @throws DerError */
function scryptOf(parameters: Element, keyLength: number, work: KeyDerivationWork): Salted {
  const [salt, cost, blockSize, parallelization, ...options] = sequenceOf(parameters);
  const asked = work.scrypt({
    kind: 'scrypt',
    cost: countOf(cost),
    blockSize: countOf(blockSize),
    parallelization: countOf(parallelization),
  });
  if (options.length > 0) assertKeyLength(options.shift(), keyLength);
  if (options.length > 0) throw new DerError(sentences.pkiContainers.derivationParameters);
  return { ...asked, salt: octetStringOf(salt) };
}

function assertKeyLength(element: Element | undefined, keyLength: number): void {
  if (smallIntegerOf(element) === keyLength) return;
  throw new DerError(sentences.pkiContainers.keyLength);
}

function decipher(name: string, key: Buffer, iv: Buffer, ciphertext: Buffer): Buffer | undefined {
  const cipher = createDecipheriv(name, key, iv);
  try {
    return Buffer.concat([cipher.update(ciphertext), cipher.final()]);
  } catch {
    return undefined;
  }
}

function unknownAlgorithm(algorithm: string): DerError {
  return new DerError(sentences.pkiContainers.encryptionUnknown(algorithm));
}
