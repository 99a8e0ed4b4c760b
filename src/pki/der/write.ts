/** DER encoders (ITU-T X.690) for the structures that @peculiar/x509 does not write, such as PBES2 keys and PKCS#12. */

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
export const octetString = (bytes: Uint8Array) => tlv(0x04, bytes);
export const nullValue = () => tlv(0x05);
/** [number] EXPLICIT. */
export const explicit = (number: number, content: Uint8Array) => tlv(0xa0 | number, content);
/** [number] IMPLICIT, of a primitive type. */
export const implicitPrimitive = (number: number, bytes: Uint8Array) => tlv(0x80 | number, bytes);

/** A non-negative INTEGER. */
export function integer(value: number): Buffer {
  let hex = value.toString(16);
  if (hex.length % 2 === 1) hex = `0${hex}`;
  const bytes = Buffer.from(hex, 'hex');
  return tlv(0x02, bytes[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
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
