/** What protects the contents of a PKCS#12 file: PBES2 (RFC 8018), or the older ways of RFC 7292 appendix C. */
import { createDecipheriv, pbkdf2Sync } from 'node:crypto';
import {
  DerError,
  expect,
  octetStringOf,
  readOnly,
  sequenceOf,
  smallIntegerOf,
  tags,
} from '../../der/read.js';
import { type AlgorithmIdentifier, algorithmOf } from '../../x509/certificate.js';
import { deriveKey, purposes } from './key-derivation.js';
import { decryptRc2 } from './rc2.js';
import type { KeyDerivationWork } from './work.js';

/** A passphrase in both of its forms. */
export interface Passphrase {
  /** UTF-8, as PBES2 takes it. */
  text: string;
  /** As PKCS#12's own key derivation takes it. */
  octets: Buffer;
}

interface Cipher {
  name: string;
  keyLength: number;
}

export const pbes2 = '1.2.840.113549.1.5.13';
export const pbkdf2 = '1.2.840.113549.1.5.12';

/** All in CBC mode. */
const ciphers: Readonly<Record<string, Cipher>> = {
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyLength: 24 },
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyLength: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyLength: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyLength: 32 },
};

/** RFC 8018 appendix B.1. */
const pseudorandomFunctions: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

/** RFC 7292 appendix C, all with SHA-1 and in CBC mode. RC4, a stream cipher, is in no file that was seen. */
const olderCiphers: Readonly<Record<string, Cipher>> = {
  '1.2.840.113549.1.12.1.3': { name: 'des-ede3-cbc', keyLength: 24 },
  '1.2.840.113549.1.12.1.4': { name: 'des-ede-cbc', keyLength: 16 },
  '1.2.840.113549.1.12.1.5': { name: 'rc2', keyLength: 16 },
  '1.2.840.113549.1.12.1.6': { name: 'rc2', keyLength: 5 },
};

/**
 * @returns undefined when the passphrase is not the right one
 * @throws DerError when it is protected in a way that is not known, or not protected as the way prescribes
 */
export function decrypt(
  { type, parameters }: AlgorithmIdentifier,
  ciphertext: Buffer,
  passphrase: Passphrase,
  work: KeyDerivationWork,
): Buffer | undefined {
  if (!parameters) throw new DerError(`it is encrypted by ${type} without parameters`);
  if (type === pbes2) return decryptPbes2(parameters, ciphertext, passphrase.text, work);
  const cipher = olderCiphers[type];
  if (!cipher) throw new DerError(`it is encrypted in a way that is not read here (${type})`);
  const [saltElement, iterationsElement, ...rest] = sequenceOf(readOnly(parameters));
  if (rest.length > 0) throw new DerError('its encryption has parameters of a wrong shape');
  const derivation = {
    hash: 'sha1',
    passphrase: passphrase.octets,
    salt: octetStringOf(saltElement),
    iterations: work.pkcs12(smallIntegerOf(iterationsElement)),
  } as const;
  const key = deriveKey({ ...derivation, purpose: purposes.key, length: cipher.keyLength });
  const iv = deriveKey({ ...derivation, purpose: purposes.iv, length: 8 });
  return cipher.name === 'rc2'
    ? decryptRc2(key, iv, ciphertext)
    : decryptCbc(cipher.name, key, iv, ciphertext);
}

function decryptPbes2(
  parameters: Buffer,
  ciphertext: Buffer,
  passphrase: string,
  work: KeyDerivationWork,
): Buffer | undefined {
  const [derivationElement, schemeElement, ...rest] = sequenceOf(readOnly(parameters));
  if (rest.length > 0) throw new DerError('its encryption has parameters of a wrong shape');
  const derivation = algorithmOf(derivationElement);
  const scheme = algorithmOf(schemeElement);
  const cipher = ciphers[scheme.type];
  if (derivation.type !== pbkdf2 || !derivation.parameters || !cipher || !scheme.parameters) {
    const ways = `PBES2 with ${derivation.type} and ${scheme.type}`;
    throw new DerError(`it is encrypted in a way that is not read here (${ways})`);
  }
  const [salt, rounds, ...options] = sequenceOf(readOnly(derivation.parameters));
  const iterations = work.pbkdf2(smallIntegerOf(rounds));
  if (options[0]?.tag === tags.integer && smallIntegerOf(options.shift()) !== cipher.keyLength) {
    throw new DerError('its encryption names a key length that does not fit its cipher');
  }
  const hash = options.length > 0 ? pseudorandomFunctions[algorithmOf(options.shift()).type] : 'sha1';
  if (!hash || options.length > 0) {
    throw new DerError('its key derivation has parameters of a wrong shape');
  }
  const iv = expect(readOnly(scheme.parameters), tags.octetString).content;
  if (iv.length !== (cipher.name.startsWith('aes') ? 16 : 8)) {
    throw new DerError('its encryption has an initialisation vector of a wrong length');
  }
  const key = pbkdf2Sync(passphrase, octetStringOf(salt), iterations, cipher.keyLength, hash);
  return decryptCbc(cipher.name, key, iv, ciphertext);
}

function decryptCbc(name: string, key: Buffer, iv: Buffer, ciphertext: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(name, key, iv);
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    return undefined;
  }
}
