/** PEM (RFC 7468): what people paste, in and out. */
import { EnrollkitError } from '../errors.js';

export interface PemBlock {
  /** What stands between BEGIN and the dashes: CERTIFICATE, PRIVATE KEY, ... */
  label: string;
  der: Buffer;
}

/** Encodes one block, lines of 64 characters, with a final newline. */
export function pemEncode(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
  return `-----BEGIN ${label}-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;
}

/**
 * Reads every block of a text. Line ends of any system, a byte order mark, and text before, between and after the
 * blocks are fine, as RFC 7468 section 2 allows.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE, naming the block by its number, when one is cut off or not base64
 */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  const begin = /-----BEGIN ([A-Z0-9 #]+)-----/g;
  for (let match = begin.exec(text); match; match = begin.exec(text)) {
    const label = match[1]!;
    const position = `PEM block ${blocks.length + 1} (${label})`;
    const endLine = `-----END ${label}-----`;
    const end = text.indexOf(endLine, begin.lastIndex);
    if (end < 0)
      throw new EnrollkitError('INVALID_CERTIFICATE', `${position} has no line ${endLine}: it was cut off.`);
    const body = text.slice(begin.lastIndex, end).replace(/\s+/g, '');
    if (body === '' || body.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(body)) {
      throw new EnrollkitError('INVALID_CERTIFICATE', `${position} is not base64.`);
    }
    blocks.push({ label, der: Buffer.from(body, 'base64') });
    begin.lastIndex = end + endLine.length;
  }
  return blocks;
}
