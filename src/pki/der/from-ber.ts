/**
 * Converts BER to DER, as far as PKCS#7 and PKCS#12 files need it: indefinite lengths become definite, and constructed
 * strings primitive. Windows, Java and NSS write such files; RFC 7292 allows it.
 */
import { sentences } from '../../languages/language.js';
import { DerError } from './read.js';
import { tlv } from './write.js';

/** Far more than any such file needs; limits the work per input. */
const maxDepth = 32;
const maxElements = 500_000;
const octetStringInPieces = 0x24;
const octetString = 0x04;

/** Returns DER unchanged. @throws DerError when the bytes are neither BER nor DER */
export function fromBer(bytes: Buffer): Buffer {
  const { der, end } = convert(bytes, 0, 0, { left: maxElements });
  if (end !== bytes.length) throw new DerError(sentences.pkiX509.followsEnd);
  return der;
}

function convert(
  bytes: Buffer,
  at: number,
  depth: number,
  elements: { left: number },
): { der: Buffer; end: number } {
  elements.left -= 1;
  if (depth > maxDepth || elements.left < 0) throw new DerError(sentences.pkiX509.tooManyElements);
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new DerError(sentences.pkiX509.endsInElement);
  if ((tag & 0x1f) === 0x1f) throw new DerError(sentences.pkiX509.longTag);
  const isIndefinite = first === 0x80;
  let start = at + 2;
  let end = -1;
  if (!isIndefinite) {
    let length = first;
    if (first > 0x80) {
      const octets = first & 0x7f;
      if (octets > 4 || start + octets > bytes.length) throw new DerError(sentences.pkiX509.lengthTooLong);
      length = bytes.readUIntBE(start, octets);
      start += octets;
    }
    end = start + length;
    if (end > bytes.length) throw new DerError(sentences.pkiX509.cutOff);
  }
  const isConstructed = (tag & 0x20) !== 0;
  if (!isConstructed) {
    if (isIndefinite) throw new DerError(sentences.pkiX509.indefiniteNotAllowed);
    return { der: tlv(tag, bytes.subarray(start, end)), end };
  }
  const children: Buffer[] = [];
  let position = start;
  while (isIndefinite ? !isEndOfContents(bytes, position) : position < end) {
    const child = convert(bytes, position, depth + 1, elements);
    children.push(child.der);
    position = child.end;
  }
  if (!isIndefinite && position !== end) throw new DerError(sentences.pkiX509.elementOutside);
  return { der: joined(tag, children), end: isIndefinite ? position + 2 : end };
}

function joined(tag: number, children: Buffer[]): Buffer {
  if (tag === octetStringInPieces) {
    if (!children.every((child) => child[0] === octetString))
      throw new DerError(sentences.pkiX509.stringPieces);
    return tlv(octetString, ...children.map(contentOf));
  }
  return tlv(tag, ...children);
}

function contentOf(element: Buffer): Buffer {
  const first = element[1]!;
  return element.subarray(first < 0x80 ? 2 : 2 + (first & 0x7f));
}

function isEndOfContents(bytes: Buffer, at: number): boolean {
  if (at + 1 >= bytes.length) throw new DerError(sentences.pkiX509.cutOff);
  return bytes[at] === 0 && bytes[at + 1] === 0;
}
