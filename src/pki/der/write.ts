/** DER encoders (ITU-T X.690). */

/** One TLV with a one-byte tag. */
export function tlv(tag: number, ...contents: Uint8Array[]): Buffer {
  let length = 0;
  for (const { length: one } of contents) length += one;
  let octetsOfLength = 0;
  if (length > 0x7f) for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octetsOfLength += 1;
  let at = 2 + octetsOfLength;
  const encoded = Buffer.allocUnsafe(at + length);
  encoded[0] = tag;
  encoded[1] = octetsOfLength === 0 ? length : 0x80 | octetsOfLength;
  if (octetsOfLength > 0) encoded.writeUIntBE(length, 2, octetsOfLength);
  for (const one of contents) {
    encoded.set(one, at);
    at += one.length;
  }
  return encoded;
}

export const sequence = (...items: Uint8Array[]) => tlv(0x30, ...items);
/** SET OF with one member, so that DER's ordering is not needed. */
export const setOfOne = (item: Uint8Array) => tlv(0x31, item);
export const utf8String = (text: string) => tlv(0x0c, Buffer.from(text, 'utf8'));
export const printableString = (text: string) => tlv(0x13, Buffer.from(text, 'latin1'));
export const octetString = (bytes: Uint8Array) => tlv(0x04, bytes);
export const nullValue = () => tlv(0x05);
export const trueValue = () => tlv(0x01, Buffer.from([0xff]));
/** BIT STRING of whole octets. */
export const bitString = (bytes: Uint8Array) => tlv(0x03, Buffer.from([0]), bytes);
/** [number] EXPLICIT. */
export const explicit = (number: number, content: Uint8Array) => tlv(0xa0 | number, content);
/** [number] IMPLICIT, of a primitive type. */
export const implicitPrimitive = (number: number, bytes: Uint8Array) => tlv(0x80 | number, bytes);

/** A non-negative INTEGER. */
export function integer(value: number): Buffer {
  return tlv(0x02, integerOctets(octetsOf(value)));
}

/**
 * The content of a non-negative INTEGER, in as few octets as possible.
 *
 * @param value big-endian, at least one octet
 */
export function integerOctets(value: Uint8Array): Buffer {
  const first = value.findIndex((octet) => octet !== 0);
  const octets = value.subarray(first === -1 ? value.length - 1 : first);
  return Buffer.concat([octets[0]! & 0x80 ? Buffer.from([0]) : Buffer.alloc(0), octets]);
}

/**
 * BIT STRING in which each bit has a name: without the zeros at its end.
 *
 * @param bits the numbers of those that are set; 0 is the first
 */
export function namedBits(bits: readonly number[]): Buffer {
  const last = Math.max(-1, ...bits);
  const octets = Buffer.alloc((last >> 3) + 1);
  for (const bit of bits) octets[bit >> 3]! |= 0x80 >> (bit & 7);
  return tlv(0x03, Buffer.from([7 - (last & 7)]), octets);
}

/** Time (RFC 5280 section 4.1.2.5), whole seconds: UTCTime until 2049, and then GeneralizedTime. */
export function time(date: Date): Buffer {
  const text = `${date.toISOString().replace(/\D/g, '').slice(0, 14)}Z`;
  const year = date.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? tlv(0x17, Buffer.from(text.slice(2), 'latin1'))
    : tlv(0x18, Buffer.from(text, 'latin1'));
}

/** BMPString: UCS-2, most significant byte first. */
export function bmpString(text: string): Buffer {
  return tlv(0x1e, Buffer.from(text, 'utf16le').swap16());
}

/** OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted: string): Buffer {
  const arcs = dotted.split('.').map(Number);
  const bytes = [arcs[0]! * 40 + arcs[1]!];
  for (const arc of arcs.slice(2)) {
    const groups = [arc & 0x7f];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
      groups.unshift((rest & 0x7f) | 0x80);
    }
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

/** Big-endian. */
function octetsOf(value: number): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex');
}
