/**
 * Stamps certificates: what all certificates of a fleet have in common was made once, by `issue()`; what differs is
 * filled in. Loaded by every worker, so it imports nothing heavy.
 */
import { type KeyObject, sign } from 'node:crypto';

/** The parts that all certificates have in common; DER. Plain data, for worker threads. */
export interface CertificateTemplate {
  /** AlgorithmIdentifier of the signature. */
  signatureAlgorithm: Uint8Array;
  /** Everything between serial number and subject: signature algorithm, issuer, validity. */
  middle: Uint8Array;
  /** The extensions in order, cut where something is filled in. */
  extensions: readonly ExtensionPart[];
  /** The digest of the signature, as node:crypto calls it. */
  digest: string;
  /** The validity in `middle`; ISO 8601, whole seconds. */
  notBefore: string;
  notAfter: string;
}

export type ExtensionPart = Uint8Array | 'keyIdentifier' | 'alternativeNames';

/** What differs from device to device. */
export interface Stamping {
  /** 1 to 20 octets, big-endian; an unsigned number. */
  serialNumber: Uint8Array;
  /** The relative distinguished names before the common name; DER, may be empty. */
  subjectPrefix: Uint8Array;
  /** ASCII, 1 to 64 characters. */
  commonName: string;
  /** SubjectPublicKeyInfo; DER. */
  publicKeyInfo: Uint8Array;
  /** The subject key identifier; 20 octets. */
  keyIdentifier: Uint8Array;
  /** The complete extension; DER. */
  alternativeNames?: Uint8Array | undefined;
}

/** SET { SEQUENCE { commonName, UTF8String } }, without its lengths and its text. */
const commonNameType = Uint8Array.of(0x06, 0x03, 0x55, 0x04, 0x03);
const version3 = Uint8Array.of(0xa0, 0x03, 0x02, 0x01, 0x02);
/** Room after the signed part for the algorithm and the largest signature: RSA 16384. */
const tail = 2304;

/** Writes certificates into one buffer, one after another: what it returns is valid until the next call. */
export class CertificateStamp {
  readonly #template: CertificateTemplate;
  readonly #extensions: readonly ExtensionPart[];
  #buffer = Buffer.allocUnsafe(4096 + tail);
  /** Where the signed part ends, and where the next write ends: DER is written backwards, since lengths come first. */
  #end = 4096;
  #at = 4096;

  constructor(template: CertificateTemplate) {
    this.#template = template;
    this.#extensions = [...template.extensions].reverse();
  }

  /** TBSCertificate (RFC 5280 section 4.1). */
  toBeSigned(stamping: Stamping): Buffer {
    const { subjectPrefix, commonName, publicKeyInfo, alternativeNames, serialNumber } = stamping;
    this.#reserve(subjectPrefix.length + publicKeyInfo.length + (alternativeNames?.length ?? 0));
    this.#at = this.#end;
    for (const part of this.#extensions) {
      if (part === 'keyIdentifier') this.#bytes(stamping.keyIdentifier);
      else if (part !== 'alternativeNames') this.#bytes(part);
      else if (alternativeNames) this.#bytes(alternativeNames);
    }
    this.#wrap(0x30, this.#end);
    this.#wrap(0xa3, this.#end);
    this.#bytes(publicKeyInfo);
    this.#subject(subjectPrefix, commonName);
    this.#bytes(this.#template.middle);
    this.#serialNumber(serialNumber);
    this.#bytes(version3);
    this.#wrap(0x30, this.#end);
    return this.#buffer.subarray(this.#at, this.#end);
  }

  /** The certificate, signed with the issuer's key; DER. */
  certificate(stamping: Stamping, issuerKey: KeyObject): Buffer {
    const { digest, signatureAlgorithm } = this.#template;
    const signature = sign(digest, this.toBeSigned(stamping), issuerKey);
    const buffer = this.#buffer;
    let end = this.#end;
    buffer.set(signatureAlgorithm, end);
    end += signatureAlgorithm.length;
    buffer[end++] = 0x03; // BIT STRING, no unused bits
    const length = signature.length + 1;
    if (length > 0xff) {
      buffer[end++] = 0x82;
      buffer[end++] = length >> 8;
    } else if (length > 0x7f) buffer[end++] = 0x81;
    buffer[end++] = length & 0xff;
    buffer[end++] = 0;
    buffer.set(signature, end);
    end += signature.length;
    this.#wrap(0x30, end);
    return buffer.subarray(this.#at, end);
  }

  #subject(prefix: Uint8Array, commonName: string): void {
    const end = this.#at;
    this.#at -= commonName.length;
    this.#buffer.write(commonName, this.#at, 'latin1');
    this.#wrap(0x0c, end);
    this.#bytes(commonNameType);
    this.#wrap(0x30, end);
    this.#wrap(0x31, end);
    this.#bytes(prefix);
    this.#wrap(0x30, end);
  }

  /** A positive INTEGER in as few octets as possible (X.690 section 8.3.2). */
  #serialNumber(octets: Uint8Array): void {
    const end = this.#at;
    let first = 0;
    while (first < octets.length - 1 && octets[first] === 0) first += 1;
    this.#bytes(octets.subarray(first));
    if (octets[first]! & 0x80) this.#buffer[--this.#at] = 0;
    this.#wrap(0x02, end);
  }

  #bytes(bytes: Uint8Array): void {
    this.#at -= bytes.length;
    this.#buffer.set(bytes, this.#at);
  }

  /** Puts tag and length before everything up to `end`. */
  #wrap(tag: number, end: number): void {
    const buffer = this.#buffer;
    const length = end - this.#at;
    buffer[--this.#at] = length & 0xff;
    if (length > 0xffff) {
      buffer[--this.#at] = (length >> 8) & 0xff;
      buffer[--this.#at] = length >> 16;
      buffer[--this.#at] = 0x83;
    } else if (length > 0xff) {
      buffer[--this.#at] = length >> 8;
      buffer[--this.#at] = 0x82;
    } else if (length > 0x7f) buffer[--this.#at] = 0x81;
    buffer[--this.#at] = tag;
  }

  /** Makes room. @param variable octets of the parts whose size differs */
  #reserve(variable: number): void {
    let fixed = this.#template.middle.length;
    for (const part of this.#extensions) fixed += typeof part === 'string' ? 20 : part.length;
    const needed = fixed + variable + 256;
    if (needed <= this.#end) return;
    this.#end = needed * 2;
    this.#buffer = Buffer.allocUnsafe(this.#end + tail);
  }
}
