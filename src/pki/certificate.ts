/** A certificate taken apart (RFC 5280 section 4.1), strictly: what cannot be read whole is not a certificate. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { EnrollkitError } from '../errors.js';
import {
  bitStringOf,
  children,
  DerError,
  type Element,
  expect,
  integerOf,
  objectIdentifierOf,
  readOnly,
  smallIntegerOf,
  tags,
  timeOf,
} from './der/read.js';
import { type Extension, type KnownExtensions, readExtensions } from './extensions.js';
import { type Name, parseName } from './name.js';
import { pemBlocks, pemEncode } from './pem.js';

export interface Certificate extends KnownExtensions {
  der: Buffer;
  /** 1 to 3. */
  version: number;
  /** Upper-case hexadecimal. */
  serialNumber: string;
  issuer: Name;
  subject: Name;
  notBefore: Date;
  notAfter: Date;
  /** Parsed when first asked for. @throws EnrollkitError INVALID_CERTIFICATE when node cannot read it */
  readonly publicKey: KeyObject;
  /** SubjectPublicKeyInfo, DER. */
  subjectPublicKeyInfo: Buffer;
  /** What is signed, DER. */
  tbsCertificate: Buffer;
  signatureAlgorithm: { oid: string; parameters: Element | undefined };
  signature: Buffer;
  extensions: Extension[];
}

/** No certificate of ours or of Azure comes near it; RSA 4096 with everything takes 3 kB. */
const maxSize = 1024 * 1024;

/**
 * Reads one certificate.
 *
 * @param input PEM text with exactly one certificate, or DER
 * @throws EnrollkitError INVALID_CERTIFICATE
 */
export function parseCertificate(input: string | Uint8Array): Certificate {
  const certificates = parseCertificates(input);
  if (certificates.length > 1) {
    throw invalid(`There are ${certificates.length} certificates here where one is wanted`);
  }
  return certificates[0]!;
}

/**
 * Reads a bundle.
 *
 * @param input PEM text with at least one certificate (keys and other blocks between them are passed over), or one DER
 * @throws EnrollkitError INVALID_CERTIFICATE, naming the block by its number
 */
export function parseCertificates(input: string | Uint8Array): Certificate[] {
  const text = typeof input === 'string' ? input : asPemText(input);
  if (text === undefined) return [parseDer(Buffer.from(input as Uint8Array), 'The certificate')];
  const blocks = pemBlocks(text).filter(({ label }) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label));
  if (blocks.length === 0) throw invalid('There is no certificate in PEM form here');
  return blocks.map(({ der }, index) =>
    parseDer(der, blocks.length === 1 ? 'The certificate' : `Certificate ${index + 1}`),
  );
}

/** A certificate as PEM. */
export function certificateToPem(certificate: Certificate): string {
  return pemEncode('CERTIFICATE', certificate.der);
}

/** SHA-256 of the DER, upper-case hexadecimal: how a validation's path names its certificates. */
export function sha256Thumbprint(certificate: Pick<Certificate, 'der'>): string {
  return createHash('sha256').update(certificate.der).digest('hex').toUpperCase();
}

/** SHA-1 of the DER, upper-case hexadecimal: Azure's "thumbprint". */
export function sha1Thumbprint(certificate: Pick<Certificate, 'der'>): string {
  return createHash('sha1').update(certificate.der).digest('hex').toUpperCase();
}

/** Bytes that are PEM; undefined when they are DER. */
function asPemText(bytes: Uint8Array): string | undefined {
  return bytes[0] === tags.sequence ? undefined : Buffer.from(bytes).toString('utf8');
}

function parseDer(der: Buffer, what: string): Certificate {
  if (der.length > maxSize) throw invalid(`${what} has ${der.length} bytes, more than any certificate`);
  try {
    return readCertificate(der);
  } catch (cause) {
    if (cause instanceof DerError) throw invalid(`${what} cannot be read: ${cause.message}`, cause);
    throw cause;
  }
}

function readCertificate(der: Buffer): Certificate {
  const [tbs, algorithm, signature, ...rest] = children(readOnly(der, tags.sequence));
  if (rest.length > 0) throw new DerError('it has more than three parts');
  const fields = children(expect(tbs, tags.sequence));
  const version = fields[0]?.tag === 0xa0 ? smallIntegerOf(children(fields.shift()!)[0]) + 1 : 1;
  if (version > 3) throw new DerError(`its version is ${version}`);
  const [serialNumber, innerAlgorithm, issuer, validity, subject, spki, ...optional] = fields;
  if (!expect(algorithm, tags.sequence).raw.equals(expect(innerAlgorithm, tags.sequence).raw)) {
    throw new DerError('it names two different signature algorithms');
  }
  const [oid, parameters] = children(algorithm!);
  const [notBefore, notAfter] = children(expect(validity, tags.sequence));
  const extensionsElement = optionalParts(optional, version);
  const { extensions, known } = readExtensions(extensionsElement);
  const signatureBits = bitStringOf(signature);
  if (signatureBits.unusedBits !== 0) throw new DerError('its signature is not whole bytes');
  const subjectPublicKeyInfo = expect(spki, tags.sequence).raw;
  let publicKey: KeyObject | undefined;
  return {
    ...known,
    der,
    version,
    serialNumber: hexadecimal(integerOf(serialNumber)),
    issuer: parseName(expect(issuer, tags.sequence)),
    subject: parseName(expect(subject, tags.sequence)),
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    get publicKey() {
      publicKey ??= readPublicKey(subjectPublicKeyInfo);
      return publicKey;
    },
    subjectPublicKeyInfo,
    tbsCertificate: tbs!.raw,
    signatureAlgorithm: { oid: objectIdentifierOf(oid), parameters },
    signature: signatureBits.bytes,
    extensions,
  };
}

/** issuerUniqueID, subjectUniqueID and extensions, each at most once and in this order. */
function optionalParts(parts: Element[], version: number): Element | undefined {
  let last = 0;
  let extensions: Element | undefined;
  for (const part of parts) {
    const number = part.tag & 0x1f;
    if (![0x81, 0x82, 0xa3].includes(part.tag) || number <= last)
      throw new DerError('it has a part that does not belong there');
    if (version < (number === 3 ? 3 : 2))
      throw new DerError(`it has parts that version ${version} does not know`);
    last = number;
    if (number === 3) extensions = part;
  }
  return extensions;
}

function readPublicKey(spki: Buffer): KeyObject {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch (cause) {
    throw invalid('The public key of the certificate cannot be read', cause);
  }
}

function hexadecimal(octets: Buffer): string {
  const hex = octets.toString('hex').toUpperCase();
  return octets.length > 1 && octets[0] === 0 ? hex.slice(2) : hex;
}

function invalid(message: string, cause?: unknown): EnrollkitError {
  return new EnrollkitError('INVALID_CERTIFICATE', `${message}.`, { cause });
}
