/**
 * A strict DER reader (ITU-T X.690): definite, minimal lengths, one-byte tags, nothing left over. It reads one level
 * at a time, so no input makes it recurse.
 */
import { sentences } from '../../languages/language.js';

/** No standard has longer ones; limits the work per identifier. */
const maxObjectIdentifierLength = 128;

/** The input is not DER. Callers turn it into an error that names the certificate. */
export class DerError extends Error {
  override name = 'DerError';
}

/** One tag, length and value: a view of the input. */
export class Element {
  constructor(
    private readonly bytes: Buffer,
    private readonly start: number,
    private readonly contentStart: number,
    /** Offset of the next element. */
    readonly end: number,
  ) {}

  /** The identifier octet. */
  get tag(): number {
    return this.bytes[this.start]!;
  }

  /** Header and content. */
  get raw(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }

  get content(): Buffer {
    return this.bytes.subarray(this.contentStart, this.end);
  }
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Reads the element at an offset. @throws DerError */
export function readElement(bytes: Buffer, at = 0): Element {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new DerError(sentences.pkiX509.endsInElement);
  if ((tag & 0x1f) === 0x1f) throw new DerError(sentences.pkiX509.longTag);
  let length = first;
  let start = at + 2;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0) throw new DerError(sentences.pkiX509.indefinite);
    if (octets > 4 || start + octets > bytes.length) throw new DerError(sentences.pkiX509.lengthTooLong);
    length = bytes.readUIntBE(start, octets);
    if (length < 0x80 || bytes[start] === 0) throw new DerError(sentences.pkiX509.lengthNotMinimal);
    start += octets;
  }
  if (start + length > bytes.length) throw new DerError(sentences.pkiX509.cutOff);
  return new Element(bytes, at, start, start + length);
}

/** Reads bytes that are one element and nothing else. @throws DerError */
export function readOnly(bytes: Buffer, tag?: number): Element {
  const element = readElement(bytes);
  if (element.end !== bytes.length) throw new DerError(sentences.pkiX509.followsEnd);
  if (tag !== undefined) expect(element, tag);
  return element;
}

/** The elements inside a constructed one. @throws DerError */
export function children(element: Element): Element[] {
  if ((element.tag & 0x20) === 0) throw new DerError(sentences.pkiX509.notConstructed);
  const { content } = element;
  const result: Element[] = [];
  for (let at = 0; at < content.length; ) {
    const child = readElement(content, at);
    result.push(child);
    at = child.end;
  }
  return result;
}

/** The elements inside a SEQUENCE. @throws DerError */
export function sequenceOf(element: Element | undefined): Element[] {
  return children(expect(element, tags.sequence));
}

/** Returns the element. @throws DerError when it is missing or has another tag */
export function expect(element: Element | undefined, tag: number): Element {
  if (element?.tag !== tag) {
    throw new DerError(sentences.pkiX509.tag(element?.tag, tag));
  }
  return element;
}

/** OBJECT IDENTIFIER in its dotted form. @throws DerError */
export function objectIdentifierOf(
  element: Element | undefined,
  tag: number = tags.objectIdentifier,
): string {
  const { content } = expect(element, tag);
  if (content.length === 0 || content.at(-1)! & 0x80 || content.length > maxObjectIdentifierLength) {
    throw new DerError(sentences.pkiX509.oidBroken);
  }
  let dotted = '';
  let start = 0;
  for (let at = 0; at < content.length; at += 1) {
    if (content[at]! & 0x80) continue;
    if (content[start] === 0x80) throw new DerError(sentences.pkiX509.oidNotMinimal);
    const arc = base128(content, start, at);
    if (start > 0) dotted += `.${arc}`;
    else if (arc < 80) dotted = arc < 40 ? `0.${arc}` : `1.${Number(arc) - 40}`;
    else dotted = typeof arc === 'number' ? `2.${arc - 80}` : `2.${arc - 80n}`;
    start = at + 1;
  }
  return dotted;
}

/** Arcs made of UUIDs (ITU-T X.667) have 128 bits, more than a number holds. */
function base128(content: Buffer, start: number, last: number): number | bigint {
  if (last - start < 7) {
    let arc = 0;
    for (let at = start; at <= last; at += 1) arc = arc * 128 + (content[at]! & 0x7f);
    return arc;
  }
  let arc = 0n;
  for (let at = start; at <= last; at += 1) arc = (arc << 7n) | BigInt(content[at]! & 0x7f);
  return arc;
}

/** BOOLEAN. @throws DerError */
export function booleanOf(element: Element): boolean {
  const { content } = expect(element, tags.boolean);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
    throw new DerError(sentences.pkiX509.badBoolean);
  return content[0] === 0xff;
}

/** INTEGER as its content octets, checked to be minimal. @throws DerError */
export function integerOf(element: Element | undefined, tag: number = tags.integer): Buffer {
  const { content } = expect(element, tag);
  if (content.length === 0) throw new DerError(sentences.pkiX509.integerEmpty);
  const second = content[1];
  if (
    second !== undefined &&
    ((content[0] === 0 && second < 0x80) || (content[0] === 0xff && second >= 0x80))
  ) {
    throw new DerError(sentences.pkiX509.integerNotMinimal);
  }
  return content;
}

/** A small non-negative INTEGER. @throws DerError */
export function smallIntegerOf(element: Element | undefined, tag: number = tags.integer): number {
  const content = integerOf(element, tag);
  if (content[0]! & 0x80 || content.length > 5) throw new DerError(sentences.pkiX509.integerRange);
  return Number.parseInt(content.toString('hex'), 16);
}

/** A non-negative INTEGER of any size; rounded if it is too large for a number. @throws DerError */
export function countOf(element: Element | undefined): number {
  const content = integerOf(element);
  if (content[0]! & 0x80) throw new DerError(sentences.pkiX509.integerRange);
  return Number(`0x${content.toString('hex')}`);
}

/** OCTET STRING. @throws DerError */
export function octetStringOf(element: Element | undefined): Buffer {
  return expect(element, tags.octetString).content;
}

/** BIT STRING: its octets, and the number of unused bits in the last one. @throws DerError */
export function bitStringOf(element: Element | undefined): { bytes: Buffer; unusedBits: number } {
  const { content } = expect(element, tags.bitString);
  const unusedBits = content[0];
  if (unusedBits === undefined || unusedBits > 7 || (content.length === 1 && unusedBits > 0)) {
    throw new DerError(sentences.pkiX509.badBitString);
  }
  const last = content.length > 1 ? content.at(-1)! : 0;
  if (last & ((1 << unusedBits) - 1)) throw new DerError(sentences.pkiX509.unusedBits);
  return { bytes: content.subarray(1), unusedBits };
}

/** UTCTime or GeneralizedTime as RFC 5280 section 4.1.2.5 requires: in UTC, with seconds. @throws DerError */
export function timeOf(element: Element | undefined): Date {
  const isLong = element?.tag === tags.generalizedTime;
  const content = element?.content;
  const digits = isLong ? 14 : 12;
  if (!content || !(isLong || element.tag === tags.utcTime) || !isDigitsAndZ(content, digits))
    throw new DerError(sentences.pkiX509.dateForm);
  const pair = (at: number) => (content[at]! - 0x30) * 10 + content[at + 1]! - 0x30;
  let year = pair(0);
  if (isLong) year = year * 100 + pair(2);
  else year += year < 50 ? 2000 : 1900;
  const start = digits - 10;
  const [month, day, hour] = [pair(start), pair(start + 2), pair(start + 4)];
  const [minute, second] = [pair(start + 6), pair(start + 8)];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, 0);
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour;
  if (!same || minute > 59 || second > 59) throw new DerError(sentences.pkiX509.dateImpossible);
  return date;
}

function isDigitsAndZ(content: Buffer, digits: number): boolean {
  if (content.length !== digits + 1 || content[digits] !== 0x5a) return false;
  for (let at = 0; at < digits; at += 1) if (content[at]! < 0x30 || content[at]! > 0x39) return false;
  return true;
}
