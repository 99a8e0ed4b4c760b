/** X.509 certificates (RFC 5280 section 4.1), read with our own strict DER reader. */

import { hash, type KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { blocksOf, withoutTrustSettings } from '../containers/contents.js';
import { pemEncode } from '../containers/pem.js';
import { certificatesInPkcs7, pkcs7Label } from '../containers/pkcs7-content.js';
import {
  bitStringOf,
  DerError,
  type Element,
  expect,
  integerOf,
  objectIdentifierOf,
  readOnly,
  sequenceOf,
  smallIntegerOf,
  tags,
  timeOf,
} from '../der/read.js';
import {
  authorityKeyIdentifierOf,
  type BasicConstraints,
  basicConstraintsOf,
  type Extension,
  extendedKeyUsageOf,
  extensionsOf,
  extensionTypes,
  type KeyUsage,
  keyUsageOf,
  subjectKeyIdentifierOf,
} from './extensions.js';
import { type GeneralName, generalNamesOf } from './general-name.js';
import { type Name, nameOf } from './name.js';
import { importPublicKey, type PublicKeyInfo, publicKeyInfoOf } from './public-key.js';

/** Far more than any certificate in use; limits the work per input. */
const maxCertificateBytes = 1_048_576;

export interface AlgorithmIdentifier {
  /** The whole AlgorithmIdentifier. */
  der: Buffer;
  /** Object identifier, dotted. */
  type: string;
  /** The parameters' DER. */
  parameters?: Buffer;
}

export interface Certificate {
  readonly der: Buffer;
  /** The signed part. */
  readonly toBeSigned: Buffer;
  readonly version: 1 | 2 | 3;
  /** Upper-case hexadecimal, as openssl writes it. */
  readonly serialNumber: string;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKeyInfo: PublicKeyInfo;
  /** Imported on first use. @throws EnrollkitError INVALID_CERTIFICATE when the key is invalid */
  readonly publicKey: KeyObject;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Buffer;
  /** By object identifier. */
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly basicConstraints?: BasicConstraints;
  readonly keyUsage?: readonly KeyUsage[];
  /** Object identifiers, dotted. */
  readonly extendedKeyUsage?: readonly string[];
  /** Upper-case hexadecimal. */
  readonly subjectKeyIdentifier?: string;
  /** The key identifier in it, upper-case hexadecimal. */
  readonly authorityKeyIdentifier?: string;
  readonly subjectAlternativeNames?: readonly GeneralName[];
}

/**
 * Reads one certificate: PEM (other blocks are ignored), DER, or PKCS#7, in any encoding that {@link decode} undoes.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE, saying what is wrong; also when there is more than one
 */
export function parseCertificate(input: string | Uint8Array): Certificate {
  const certificate = certificateInDer(input);
  if (certificate) return certificate;
  const ders = certificateDers(input);
  if (ders.length > 1) {
    throw invalid(sentences.pkiX509.severalCertificates(ders.length));
  }
  return readCertificate(ders[0]!, '');
}

/**
 * Reads all certificates of a PEM bundle or a PKCS#7 file, in order, or one DER certificate.
 *
 * @returns at least one
 * @throws EnrollkitError INVALID_CERTIFICATE, with the certificate's number in the bundle
 */
export function parseCertificates(input: string | Uint8Array): Certificate[] {
  const certificate = certificateInDer(input);
  if (certificate) return [certificate];
  const ders = certificateDers(input);
  return ders.map((der, index) =>
    readCertificate(der, ders.length > 1 ? sentences.pkiX509.certificateNumber(index + 1) : ''),
  );
}

/** PEM of one certificate, with a final newline. */
export function certificateToPem(certificate: Certificate): string {
  return pemEncode('CERTIFICATE', certificate.der);
}

/** SHA-1 of the DER, upper-case hexadecimal: what Azure calls a certificate's thumbprint. */
export function sha1Thumbprint({ der }: Pick<Certificate, 'der'>): string {
  return hash('sha1', der, 'hex').toUpperCase();
}

/** SHA-256 of the DER, upper-case hexadecimal. */
export function sha256Thumbprint(certificate: Pick<Certificate, 'der'>): string {
  let thumbprint = sha256Thumbprints.get(certificate);
  if (thumbprint === undefined) {
    thumbprint = hash('sha256', certificate.der, 'hex').toUpperCase();
    sha256Thumbprints.set(certificate, thumbprint);
  }
  return thumbprint;
}

/** Computed once: a CA's is needed again and again. */
const sha256Thumbprints = new WeakMap<Pick<Certificate, 'der'>, string>();

const certificateLabel = /^(X509 |TRUSTED )?CERTIFICATE$/;
const wanted = {
  label: new RegExp(`${certificateLabel.source}|${pkcs7Label.source}`),
  block: 'CERTIFICATE',
  kinds: ['certificate', 'PKCS#7 file'],
  what: 'certificate',
  invalid,
} as const;

/**
 * The DER of every certificate in an input, unparsed: PEM, DER, or PKCS#7 in either.
 *
 * @returns at least one
 * @throws EnrollkitError INVALID_CERTIFICATE
 */
export function certificateDers(input: string | Uint8Array): Buffer[] {
  const ders = blocksOf(input, wanted).flatMap(({ label, der }) => {
    if (label === 'TRUSTED CERTIFICATE') return [asCertificate(() => withoutTrustSettings(der))];
    return pkcs7Label.test(label) ? asCertificate(() => certificatesInPkcs7(der)) : [der];
  });
  if (ders.length === 0) throw invalid(sentences.pkiX509.noCertificate);
  return ders;
}

/** The usual input, without finding out first what it is; undefined if it is anything else. */
function certificateInDer(input: string | Uint8Array): Certificate | undefined {
  if (typeof input === 'string' || input[0] !== 0x30 || input.length > maxCertificateBytes) return undefined;
  try {
    return new ParsedCertificate(Buffer.from(input));
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function readCertificate(der: Buffer, position: string): Certificate {
  if (der.length > maxCertificateBytes) {
    throw invalid(`${position}${sentences.pkiX509.certificateSize(der.length, maxCertificateBytes)}`);
  }
  return asCertificate(() => new ParsedCertificate(der), position);
}

/** @throws EnrollkitError INVALID_CERTIFICATE in place of a DerError */
function asCertificate<Result>(read: () => Result, position = ''): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw invalid(`${position}${sentences.pkiX509.notACertificate(error.message)}`);
  }
}

class ParsedCertificate implements Certificate {
  readonly toBeSigned: Buffer;
  readonly version: 1 | 2 | 3;
  readonly serialNumber: string;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKeyInfo: PublicKeyInfo;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Buffer;
  readonly extensions: ReadonlyMap<string, Extension>;
  declare readonly basicConstraints?: BasicConstraints;
  declare readonly keyUsage?: readonly KeyUsage[];
  declare readonly extendedKeyUsage?: readonly string[];
  declare readonly subjectKeyIdentifier?: string;
  declare readonly authorityKeyIdentifier?: string;
  declare readonly subjectAlternativeNames?: readonly GeneralName[];
  #publicKey: KeyObject | undefined;

  /** @throws DerError */
  constructor(readonly der: Buffer) {
    const [toBeSigned, algorithm, signature, ...rest] = sequenceOf(readOnly(der));
    if (rest.length > 0) throw new DerError(sentences.pkiX509.moreThanThreeParts);
    this.toBeSigned = expect(toBeSigned, tags.sequence).raw;
    this.signatureAlgorithm = algorithmOf(algorithm);
    const { bytes, unusedBits } = bitStringOf(signature);
    if (unusedBits !== 0) throw new DerError(sentences.pkiX509.signatureOctets);
    this.signature = bytes;

    const parts = sequenceOf(toBeSigned);
    this.version = parts[0]?.tag === 0xa0 ? versionOf(parts.shift()!) : 1;
    this.serialNumber = serialNumberOf(parts.shift());
    if (!algorithmOf(parts.shift()).der.equals(this.signatureAlgorithm.der)) {
      throw new DerError(sentences.pkiX509.twoAlgorithms);
    }
    this.issuer = nameOf(parts.shift());
    const validity = sequenceOf(parts.shift());
    if (validity.length !== 2) throw new DerError(sentences.pkiX509.validityShape);
    this.notBefore = timeOf(validity[0]);
    this.notAfter = timeOf(validity[1]);
    this.subject = nameOf(parts.shift());
    this.publicKeyInfo = publicKeyInfoOf(parts.shift());
    for (const uniqueIdentifier of [0x81, 0x82]) if (parts[0]?.tag === uniqueIdentifier) parts.shift();
    const extensions = parts.shift();
    if (parts.length > 0) throw new DerError(sentences.pkiX509.afterLastField);
    this.extensions = extensions
      ? extensionsOf(readOnly(expect(extensions, 0xa3).content, tags.sequence))
      : new Map<string, Extension>();
    if (extensions && this.version !== 3)
      throw new DerError(sentences.pkiX509.extensionsInVersion(this.version));

    const value = (type: string) => this.extensions.get(type)?.value;
    const basicConstraints = value(extensionTypes.basicConstraints);
    if (basicConstraints) this.basicConstraints = basicConstraintsOf(basicConstraints);
    const keyUsage = value(extensionTypes.keyUsage);
    if (keyUsage) this.keyUsage = keyUsageOf(keyUsage);
    const extendedKeyUsage = value(extensionTypes.extendedKeyUsage);
    if (extendedKeyUsage) this.extendedKeyUsage = extendedKeyUsageOf(extendedKeyUsage);
    const subjectKeyIdentifier = value(extensionTypes.subjectKeyIdentifier);
    if (subjectKeyIdentifier) this.subjectKeyIdentifier = subjectKeyIdentifierOf(subjectKeyIdentifier);
    const authorityKeyIdentifier = value(extensionTypes.authorityKeyIdentifier);
    const keyIdentifier = authorityKeyIdentifier && authorityKeyIdentifierOf(authorityKeyIdentifier);
    if (keyIdentifier !== undefined) this.authorityKeyIdentifier = keyIdentifier;
    const alternativeNames = value(extensionTypes.subjectAlternativeName);
    if (alternativeNames) this.subjectAlternativeNames = generalNamesOf(alternativeNames);
  }

  get publicKey(): KeyObject {
    if (!this.#publicKey) {
      try {
        this.#publicKey = importPublicKey(this.publicKeyInfo);
      } catch (cause) {
        const why = sentences.pkiX509.keyUnusable(this.publicKeyInfo.name, this.subject.text);
        throw new EnrollkitError('INVALID_CERTIFICATE', why, { cause });
      }
    }
    return this.#publicKey;
  }
}

/** Reads an AlgorithmIdentifier. @throws DerError */
export function algorithmOf(element: Element | undefined): AlgorithmIdentifier {
  const [type, parameters, ...rest] = sequenceOf(element);
  if (rest.length > 0) throw new DerError(sentences.pkiX509.algorithmParameters);
  const algorithm = { der: element!.raw, type: objectIdentifierOf(type) };
  return parameters ? { ...algorithm, parameters: parameters.raw } : algorithm;
}

function versionOf(element: Element): 1 | 2 | 3 {
  const version = smallIntegerOf(readOnly(element.content)) + 1;
  if (version !== 1 && version !== 2 && version !== 3) throw new DerError(sentences.pkiX509.version(version));
  return version;
}

/** Upper-case hexadecimal, with a minus sign if negative. @throws DerError */
export function serialNumberOf(element: Element | undefined): string {
  const octets = integerOf(element);
  if (octets[0]! & 0x80) {
    const magnitude = (1n << BigInt(octets.length * 8)) - BigInt(`0x${octets.toString('hex')}`);
    const hex = magnitude.toString(16).toUpperCase();
    return `-${hex.length % 2 === 1 ? '0' : ''}${hex}`;
  }
  const significant = octets.length > 1 && octets[0] === 0 ? octets.subarray(1) : octets;
  return significant.toString('hex').toUpperCase();
}

function invalid(message: string, next?: string): EnrollkitError {
  return new EnrollkitError('INVALID_CERTIFICATE', message, next === undefined ? {} : { next });
}
