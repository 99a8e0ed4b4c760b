/** Reads PKCS#12 files (RFC 7292) of any program: a private key, its certificate and the chain. */

import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { fromBer } from '../der/from-ber.js';
import {
  children,
  countOf,
  DerError,
  type Element,
  expect,
  integerOf,
  objectIdentifierOf,
  octetStringOf,
  readOnly,
  sequenceOf,
  smallIntegerOf,
  tags,
} from '../der/read.js';
import { isKeyPair, type OpenPrivateKeyOptions } from '../keys.js';
import { privateKeyOf } from '../private-key.js';
import { algorithmOf, type Certificate, parseCertificate } from '../x509/certificate.js';
import { blocksOf, pfxLabel } from './contents.js';
import { type Deriving, runReader, runReaderSync } from './deriving.js';
import type { PemBlock } from './pem.js';
import { Convertible, decrypt, type Passphrase, passphraseOf } from './pkcs12/decrypt.js';
import { derivePkcs12Key, type Pkcs12Hash, purposes } from './pkcs12/key-derivation.js';
import { pbmac1, pbmac1Of } from './pkcs12/pbmac1.js';
import { type DerivedKeys, KeyDerivationWork } from './pkcs12/work.js';

/** SafeContents bags can be nested; no known program does it. */
const maxDepth = 4;
const maxBags = 1_000;

const contentTypes = { data: '1.2.840.113549.1.7.1', encryptedData: '1.2.840.113549.1.7.6' } as const;
const bagTypes = {
  key: '1.2.840.113549.1.12.10.1.1',
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
  safeContents: '1.2.840.113549.1.12.10.1.6',
} as const;
const x509Certificate = '1.2.840.113549.1.9.22.1';

const macHashes: Readonly<Record<string, Pkcs12Hash>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

export interface PfxReading {
  /** The private key's certificate first, then its issuers as far as present, then the others. At least one. */
  certificates: Certificate[];
  privateKey?: KeyObject;
}

/**
 * Reads a PKCS#12 file of OpenSSL, Windows, Java or enrollkit: encrypted with PBES2 or the older 3DES and RC2, or
 * unencrypted. Verifies its MAC (SHA-1 or SHA-2) before decrypting anything. Blocks this thread, for a few seconds at
 * most; {@link openPfx} does not.
 *
 * @param input DER or BER, or base64 of it, as Azure Key Vault returns it
 * @param passphrase may be empty
 * @throws EnrollkitError WRONG_PASSPHRASE; INVALID_PFX, saying what is wrong, also if the file has no certificate or
 *   more than one private key, or needs too much key derivation; KEY_MISMATCH if the private key belongs to none of the
 *   certificates
 */
export function readPfx(input: string | Uint8Array, passphrase: string): PfxReading {
  return readPfxWith(new Map(), input, passphrase);
}

/**
 * Like {@link readPfx}, for many files with one passphrase and salt.
 *
 * @param derived keys of files that were read before; those of this file are added
 */
export function readPfxWith(
  derived: DerivedKeys,
  input: string | Uint8Array,
  passphrase: string,
): PfxReading {
  return runReaderSync(pfxReader(input, passphrase, derived));
}

/**
 * Like {@link readPfx}, but without blocking this thread.
 *
 * @param options keyAlone: a file with a private key and no certificate is read, too
 * @throws EnrollkitError as {@link readPfx} does; the signal's reason
 */
export function openPfx(
  input: string | Uint8Array,
  { passphrase = '', signal, keyAlone = false }: OpenPrivateKeyOptions & { keyAlone?: boolean },
): Promise<PfxReading> {
  return runReader(pfxReader(input, passphrase, undefined, keyAlone), signal);
}

function* pfxReader(
  input: string | Uint8Array,
  passphrase: string,
  derived?: DerivedKeys,
  keyAlone = false,
): Deriving<PfxReading> {
  const [{ der }] = blocksOf(input, {
    label: new RegExp(`^${pfxLabel}$`),
    block: pfxLabel,
    kinds: ['PKCS#12 file'],
    what: 'PKCS#12 file',
    invalid,
  }) as [PemBlock];
  try {
    const found = yield* readAuthenticated(fromBer(der), passphrase, new KeyDerivationWork(derived));
    const [privateKey, ...others] = found.privateKeys;
    const isKeyAlone = keyAlone && found.certificates.length === 0 && others.length === 0;
    return isKeyAlone && privateKey ? { certificates: [], privateKey } : privateKeyFirst(found);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw invalid(
      sentences.pkiContainers.pfxUnreadable(error.message),
      error instanceof Convertible ? sentences.pkiContainers.convertPfx : undefined,
    );
  }
}

interface BagContents {
  certificates: Certificate[];
  privateKeys: KeyObject[];
}

/** Verifies the MAC, if present, and reads the contents that it protects. @throws DerError */
function* readAuthenticated(file: Buffer, text: string, work: KeyDerivationWork): Deriving<BagContents> {
  const [version, content, mac, ...rest] = sequenceOf(readOnly(file));
  if (smallIntegerOf(version) !== 3 || rest.length > 0)
    throw new DerError(sentences.pkiContainers.pfxVersion);
  const { type, value } = contentOf(content);
  if (type !== contentTypes.data) {
    throw new DerError(sentences.pkiContainers.pfxByPublicKey);
  }
  const authenticated = octetStringOf(value);
  // Programs encode an empty passphrase in two ways: as a terminator alone, or as no octets at all.
  const candidates = [passphraseOf(text)];
  if (text === '') candidates.push({ text, octets: Buffer.alloc(0) });
  let passphrase: Passphrase | undefined;
  if (mac) {
    for (const candidate of candidates) {
      if (yield* verifyMac(mac, authenticated, candidate, work)) {
        passphrase = candidate;
        break;
      }
    }
    if (!passphrase) throw wrongPassphrase();
  }

  const bags = new Bags(passphrase ? [passphrase] : candidates, mac !== undefined, work);
  for (const part of sequenceOf(readOnly(fromBer(authenticated)))) yield* bags.readContent(part);
  return bags.found;
}

/** MacData (RFC 7292 section 4). @throws DerError */
function* verifyMac(
  macData: Element,
  authenticated: Buffer,
  { octets, text }: Passphrase,
  work: KeyDerivationWork,
): Deriving<boolean> {
  const [digestInfo, salt, iterations, ...rest] = sequenceOf(macData);
  const [algorithm, digest, ...more] = sequenceOf(digestInfo);
  if (rest.length + more.length > 0) throw new DerError(sentences.pkiContainers.pfxAuthentication);
  const { type, parameters } = algorithmOf(algorithm);
  if (type === pbmac1)
    return isSame(yield* pbmac1Of(parameters, authenticated, text, work), octetStringOf(digest));
  const hash = macHashes[type];
  if (!hash) throw new Convertible(sentences.pkiContainers.pfxAuthenticationUnknown(type));
  const expected = octetStringOf(digest);
  const derivation = {
    hash,
    passphrase: octets,
    salt: octetStringOf(salt),
    iterations: work.pkcs12(iterations ? countOf(iterations) : 1),
    purpose: purposes.mac,
    length: expected.length,
  };
  const key = yield* work.key(derivation, derivePkcs12Key);
  return isSame(createHmac(hash, key).update(authenticated).digest(), expected);
}

function isSame(actual: Buffer, expected: Buffer): boolean {
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/** Collects certificates and keys from the bags. */
class Bags {
  readonly found: BagContents = { certificates: [], privateKeys: [] };
  #bags = 0;

  constructor(
    private readonly passphrases: readonly Passphrase[],
    /** The passphrase is right, so data that cannot be decrypted is damaged. */
    private readonly isPassphraseRight: boolean,
    private readonly work: KeyDerivationWork,
  ) {}

  /** A ContentInfo of the authenticated safe. @throws DerError */
  *readContent(element: Element): Deriving<void> {
    const { type, value } = contentOf(element);
    if (type === contentTypes.data) {
      yield* this.#readSafeContents(octetStringOf(value), 0);
    } else if (type === contentTypes.encryptedData) {
      const [version, encrypted] = sequenceOf(value);
      integerOf(version);
      const [contentType, algorithm, ciphertext] = sequenceOf(encrypted);
      objectIdentifierOf(contentType);
      yield* this.#readSafeContents(yield* this.#decrypt(algorithm, implicitOctets(ciphertext)), 0);
    } else {
      throw new DerError(sentences.pkiContainers.pfxPartByPublicKey);
    }
  }

  *#readSafeContents(contents: Buffer, depth: number): Deriving<void> {
    if (depth > maxDepth) throw new DerError(sentences.pkiContainers.pfxNested);
    for (const bag of sequenceOf(readOnly(fromBer(contents)))) {
      this.#bags += 1;
      if (this.#bags > maxBags) throw new DerError(sentences.pkiContainers.pfxBags(maxBags));
      const [type, wrapped] = sequenceOf(bag);
      const value = readOnly(expect(wrapped, 0xa0).content);
      switch (objectIdentifierOf(type)) {
        case bagTypes.key:
          this.#addKey(value.raw);
          break;
        case bagTypes.shroudedKey: {
          const [algorithm, ciphertext] = sequenceOf(value);
          this.#addKey(yield* this.#decrypt(algorithm, octetStringOf(ciphertext)));
          break;
        }
        case bagTypes.certificate:
          this.#addCertificate(value);
          break;
        case bagTypes.safeContents:
          yield* this.#readSafeContents(value.raw, depth + 1);
          break;
        default: // Revocation lists and secrets are ignored.
      }
    }
  }

  #addCertificate(value: Element): void {
    const [type, wrapped] = sequenceOf(value);
    if (objectIdentifierOf(type) !== x509Certificate) return;
    const der = octetStringOf(readOnly(expect(wrapped, 0xa0).content));
    if (der.length === 0 || der[0] !== tags.sequence)
      throw new DerError(sentences.pkiContainers.pfxNoCertificate);
    try {
      this.found.certificates.push(parseCertificate(der));
    } catch (error) {
      if (!(error instanceof EnrollkitError)) throw error;
      throw invalid(
        sentences.pkiContainers.pfxCertificateUnreadable(this.found.certificates.length + 1, error.message),
      );
    }
  }

  #addKey(privateKeyInfo: Buffer): void {
    try {
      this.found.privateKeys.push(privateKeyOf(privateKeyInfo));
    } catch (error) {
      if (error instanceof EnrollkitError) throw invalid(error.message, error.next);
      // Not kept as the cause: node's error could quote the key.
      throw this.isPassphraseRight ? invalid(sentences.pkiContainers.pfxKeyUnreadable) : wrongPassphrase();
    }
  }

  *#decrypt(algorithm: Element | undefined, ciphertext: Buffer): Deriving<Buffer> {
    const identifier = algorithmOf(algorithm);
    for (const passphrase of this.passphrases) {
      const plaintext = yield* decrypt(identifier, ciphertext, passphrase, this.work);
      // One wrong passphrase in 256 yields valid padding, but not a valid key.
      if (plaintext?.[0] === tags.sequence) return plaintext;
    }
    if (this.isPassphraseRight) throw new DerError(sentences.pkiContainers.pfxBroken);
    throw wrongPassphrase();
  }
}

/** [0] IMPLICIT OCTET STRING, primitive or constructed. @throws DerError */
function implicitOctets(element: Element | undefined): Buffer {
  return element?.tag === 0xa0
    ? Buffer.concat(children(element).map(octetStringOf))
    : expect(element, 0x80).content;
}

/** ContentInfo (RFC 5652 section 3). @throws DerError */
function contentOf(element: Element | undefined): { type: string; value: Element } {
  const [type, wrapped, ...rest] = sequenceOf(element);
  if (rest.length > 0) throw new DerError(sentences.pkiContainers.pfxPart);
  const [value, ...more] = children(expect(wrapped, 0xa0));
  if (!value || more.length > 0) throw new DerError(sentences.pkiContainers.pfxPart);
  return { type: objectIdentifierOf(type), value };
}

function privateKeyFirst({ certificates, privateKeys }: BagContents): PfxReading {
  if (certificates.length === 0) throw invalid(sentences.pkiContainers.holdsNoCertificate);
  if (privateKeys.length > 1) {
    throw invalid(sentences.pkiContainers.pfxKeys(privateKeys.length));
  }
  const [privateKey] = privateKeys;
  const leaf = privateKey
    ? certificates.find((certificate) => isKeyPair(privateKey, certificate.publicKey))
    : certificates.find((one) =>
        certificates.every((other) => other === one || !other.issuer.equals(one.subject)),
      );
  if (privateKey && !leaf) {
    throw new EnrollkitError('KEY_MISMATCH', sentences.pkiContainers.pfxKeyOfNone);
  }
  const ordered: Certificate[] = [];
  const rest = new Set(certificates);
  for (let next: Certificate | undefined = leaf ?? certificates[0]; next; ) {
    ordered.push(next);
    rest.delete(next);
    const { issuer } = next;
    next = [...rest].find(({ subject }) => subject.equals(issuer));
  }
  return { certificates: [...ordered, ...rest], ...(privateKey ? { privateKey } : {}) };
}

function wrongPassphrase(): EnrollkitError {
  const message = sentences.pkiContainers.pfxWrongPassphrase;
  return new EnrollkitError('WRONG_PASSPHRASE', message, {
    next: sentences.pkiContainers.pfxGivePassphrase,
  });
}

function invalid(message: string, next?: string): EnrollkitError {
  return new EnrollkitError('INVALID_PFX', message, next === undefined ? {} : { next });
}
