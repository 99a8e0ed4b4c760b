/**
 * Certificates by stamping: everything that is the same in all certificates of a fleet was made once, by `issue()`;
 * what differs is written into its place. Loaded by every worker, so it imports nothing heavy.
 */

import type { KeyObject } from 'node:crypto';
import { sign } from 'node:crypto';

/** The parts of a certificate that do not change from device to device; DER. Plain data, for worker threads. */
export interface CertificateTemplate {
  /** AlgorithmIdentifier of the signature. */
  signatureAlgorithm: Uint8Array;
  /** What stands between serial number and subject: signature algorithm, issuer, validity. */
  middle: Uint8Array;
  /** The extensions in their order, cut where something is to be filled in. */
  extensions: readonly ExtensionPart[];
  /** The digest that the issuer signs with, in node:crypto's words. */
  digest: string;
  /** What the certificate says, for those who list it; ISO 8601, whole seconds. */
  notBefore: string;
  notAfter: string;
}

export type ExtensionPart = Uint8Array | 'keyIdentifier' | 'alternativeNames';

/** What is different from device to device. */
export interface Stamping {
  /** 1 to 20 octets, most significant first; a positive number whatever its first bit. */
  serialNumber: Uint8Array;
  /** The relative distinguished names that stand before the common name; DER, empty when there are none. */
  subjectPrefix: Uint8Array;
  /** ASCII, 1 to 64 characters. */
  commonName: string;
  /** SubjectPublicKeyInfo; DER. */
  publicKeyInfo: Uint8Array;
  /** The subject key identifier; 20 octets. */
  keyIdentifier: Uint8Array;
  /** The whole extension; DER. */
  alternativeNames?: Uint8Array | undefined;
}

/** SET { SEQUENCE { commonName, UTF8String } }, without its lengths and its text. */
const commonNameType = Uint8Array.of(0x06, 0x03, 0x55, 0x04, 0x03);
const version3 = Uint8Array.of(0xa0, 0x03, 0x02, 0x01, 0x02);
/** Room after the signed part for the algorithm and the largest signature: RSA 16384. */
const tail = 2304;

/**
 * Writes certificates one after the other into one buffer: what it returns is valid until the next call.
 */
export class CertificateStamp {
  readonly #template: CertificateTemplate;
  readonly #extensions: readonly ExtensionPart[];
  #buffer = Buffer.allocUnsafe(4096 + tail);
  /** Where the signed part ends, and where what is written next ends: DER is written backwards, for its lengths. */
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

  /** A positive INTEGER in as few octets as it takes (X.690 section 8.3.2). */
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

  /** Puts tag and length in front of what was written since `end`. */
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

  /** Room for everything that has no fixed size, and for the rest. */
  #reserve(variable: number): void {
    let fixed = this.#template.middle.length;
    for (const part of this.#extensions) fixed += typeof part === 'string' ? 20 : part.length;
    const needed = fixed + variable + 256;
    if (needed <= this.#end) return;
    this.#end = needed * 2;
    this.#buffer = Buffer.allocUnsafe(this.#end + tail);
  }
}
