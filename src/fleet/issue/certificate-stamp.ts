/**
 * Stamps certificates: what all certificates of a fleet have in common was made once, by `issue()`; what differs is
 * filled in. Loaded by every worker, so it imports nothing heavy.
 */
import { createSign, type KeyObject } from 'node:crypto';
import { writeShort } from '../short-text.js';

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
  /** The subject key identifier, 20 octets, as Latin-1: node:crypto makes texts faster than buffers. */
  keyIdentifier: string;
  /** The complete extension; DER. */
  alternativeNames?: Uint8Array | undefined;
}

/** SET { SEQUENCE { commonName, UTF8String } }, without its lengths and its text. */
const commonNameType = Uint8Array.of(0x06, 0x03, 0x55, 0x04, 0x03);
const keyIdentifierSize = 20;
const version3 = Uint8Array.of(0xa0, 0x03, 0x02, 0x01, 0x02);
/** Room after the signed part for the algorithm and the largest signature: RSA 16384. */
const tail = 2304;

/** Where the parts are that differ, in a signed part whose other octets are written. */
interface Layout {
  buffer: Buffer;
  /** Where the signed part begins. There is room before it. */
  begin: number;
  /** Where the signature begins, behind its algorithm. There is room for it. */
  signature: number;
  /** The signed part. It is kept: Node.js takes long for the first use of a view. */
  toBeSigned: Buffer;
  /** Whole certificates in the buffer, by where they end. */
  certificates: Map<number, Buffer>;
  /** Where the parts that differ begin; undefined for what the profile does not have. */
  serialNumber: number;
  subjectPrefix: number;
  commonName: number;
  publicKeyInfo: number;
  keyIdentifier: number | undefined;
  alternativeNames: number | undefined;
  /** The sizes of those that may have another one, octets. */
  sizes: Sizes;
}

interface Sizes {
  serialNumber: number;
  subjectPrefix: number;
  commonName: number;
  publicKeyInfo: number;
  alternativeNames: number;
}

/**
 * Writes certificates one over another, since most have parts of the same sizes: what it returns is valid until the
 * next call.
 */
export class CertificateStamp {
  readonly #template: CertificateTemplate;
  readonly #extensions: readonly ExtensionPart[];
  /** By the size of the serial number, of which there are two. */
  readonly #layouts = new Map<number, Layout>();

  constructor(template: CertificateTemplate) {
    this.#template = template;
    this.#extensions = [...template.extensions].reverse();
  }

  /** TBSCertificate (RFC 5280 section 4.1). */
  toBeSigned(stamping: Stamping): Buffer {
    return this.#fill(stamping).toBeSigned;
  }

  /** The certificate, signed with the issuer's key; DER. */
  certificate(stamping: Stamping, issuerKey: KeyObject): Buffer {
    const { buffer, begin, signature: signatureBegin, toBeSigned, certificates } = this.#fill(stamping);
    // The function sign() takes a percent longer in Node.js 20 and 22, the same in 24.
    const signature = createSign(this.#template.digest).update(toBeSigned).sign(issuerKey);
    let end = signatureBegin;
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
    const at = wrap(buffer, 0x30, begin, end);
    let certificate = certificates.get(end);
    if (certificate?.byteOffset !== at + buffer.byteOffset) {
      certificate = buffer.subarray(at, end);
      certificates.set(end, certificate);
    }
    return certificate;
  }

  #fill(stamping: Stamping): Layout {
    const { serialNumber, subjectPrefix, commonName, publicKeyInfo, alternativeNames } = stamping;
    // A positive INTEGER in as few octets as possible (X.690 section 8.3.2).
    let first = 0;
    while (first < serialNumber.length - 1 && serialNumber[first] === 0) first += 1;
    const padding = serialNumber[first]! >> 7;
    const serialSize = serialNumber.length - first + padding;
    let layout = this.#layouts.get(serialSize);
    if (
      layout?.sizes.commonName !== commonName.length ||
      layout.sizes.subjectPrefix !== subjectPrefix.length ||
      layout.sizes.publicKeyInfo !== publicKeyInfo.length ||
      layout.sizes.alternativeNames !== (alternativeNames?.length ?? 0)
    ) {
      layout = this.#layOut({
        serialNumber: serialSize,
        subjectPrefix: subjectPrefix.length,
        commonName: commonName.length,
        publicKeyInfo: publicKeyInfo.length,
        alternativeNames: alternativeNames?.length ?? 0,
      });
      this.#layouts.set(serialSize, layout);
    }
    const { buffer } = layout;
    buffer[layout.serialNumber] = 0;
    buffer.set(first === 0 ? serialNumber : serialNumber.subarray(first), layout.serialNumber + padding);
    if (subjectPrefix.length > 0) buffer.set(subjectPrefix, layout.subjectPrefix);
    writeShort(buffer, layout.commonName, commonName);
    buffer.set(publicKeyInfo, layout.publicKeyInfo);
    if (layout.keyIdentifier !== undefined) writeShort(buffer, layout.keyIdentifier, stamping.keyIdentifier);
    if (alternativeNames && layout.alternativeNames !== undefined)
      buffer.set(alternativeNames, layout.alternativeNames);
    return layout;
  }

  /** Writes everything but the parts that differ, backwards, since lengths come first in DER. */
  #layOut(sizes: Sizes): Layout {
    const end = this.#room(sizes);
    const buffer = Buffer.allocUnsafe(end + tail);
    let at = end;
    const bytes = (part: Uint8Array) => {
      at -= part.length;
      buffer.set(part, at);
    };
    const skip = (size: number) => {
      at -= size;
      return at;
    };
    const close = (tag: number, partEnd: number) => {
      at = wrap(buffer, tag, at, partEnd);
    };
    let keyIdentifier: number | undefined;
    let alternativeNames: number | undefined;
    for (const part of this.#extensions) {
      if (part === 'keyIdentifier') keyIdentifier = skip(keyIdentifierSize);
      else if (part === 'alternativeNames') alternativeNames = skip(sizes.alternativeNames);
      else bytes(part);
    }
    close(0x30, end);
    close(0xa3, end);
    const publicKeyInfo = skip(sizes.publicKeyInfo);
    const subjectEnd = at;
    const commonName = skip(sizes.commonName);
    close(0x0c, subjectEnd);
    bytes(commonNameType);
    close(0x30, subjectEnd);
    close(0x31, subjectEnd);
    const subjectPrefix = skip(sizes.subjectPrefix);
    close(0x30, subjectEnd);
    bytes(this.#template.middle);
    const serialNumberEnd = at;
    const serialNumber = skip(sizes.serialNumber);
    close(0x02, serialNumberEnd);
    bytes(version3);
    close(0x30, end);
    const toBeSigned = buffer.subarray(at, end);
    const { signatureAlgorithm } = this.#template;
    buffer.set(signatureAlgorithm, end);
    const signature = end + signatureAlgorithm.length;
    return {
      ...{ buffer, begin: at, signature, toBeSigned, certificates: new Map(), sizes },
      ...{ serialNumber, subjectPrefix, commonName, publicKeyInfo, keyIdentifier, alternativeNames },
    };
  }

  /** Enough octets for the signed part and the tags and lengths around it. */
  #room(sizes: Sizes): number {
    let room = this.#template.middle.length;
    for (const part of this.#extensions) room += typeof part === 'string' ? keyIdentifierSize : part.length;
    for (const size of Object.values(sizes)) room += size;
    return room + 64;
  }
}

/** Writes tag and length before what is from `at` to `end`. @returns where the tag is */
function wrap(buffer: Buffer, tag: number, at: number, end: number): number {
  const length = end - at;
  let begin = at;
  buffer[--begin] = length & 0xff;
  if (length > 0xffff) {
    buffer[--begin] = (length >> 8) & 0xff;
    buffer[--begin] = length >> 16;
    buffer[--begin] = 0x83;
  } else if (length > 0xff) {
    buffer[--begin] = length >> 8;
    buffer[--begin] = 0x82;
  } else if (length > 0x7f) buffer[--begin] = 0x81;
  buffer[--begin] = tag;
  return begin;
}
