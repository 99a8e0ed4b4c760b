/** Reads and writes PEM (RFC 7468). */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';

export interface PemBlock {
  /** The text after BEGIN: CERTIFICATE, PRIVATE KEY, ... */
  label: string;
  der: Buffer;
  /** As in RFC 1421 section 4.6: `Proc-Type` and `DEK-Info` of encrypted private keys, comments of some programs. */
  headers?: ReadonlyMap<string, string>;
  /** Number of the block and line of BEGIN, both from 1: `PEM block 2 (CERTIFICATE) at line 14`. */
  position: string;
}

/** Encodes one block, lines of 64 characters, with a final newline. */
export function pemEncode(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64');
  return `-----BEGIN ${label}-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;
}

/**
 * Reads every block of a text. Accepts the line endings of any system, a byte order mark, and text before, between and
 * after the blocks (RFC 7468 section 2).
 *
 * @throws EnrollkitError INVALID_CERTIFICATE, with the number and line of the block, when one is cut off, empty or not
 *   base64
 */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  const begin = /-----BEGIN ([A-Z0-9 #]+)-----/g;
  let line = 1;
  let counted = 0;
  for (let match = begin.exec(text); match; match = begin.exec(text)) {
    const label = match[1]!;
    line += text.slice(counted, match.index).match(/\r\n?|\n/g)?.length ?? 0;
    counted = match.index;
    const position = sentences.pkiContainers.pemPosition(blocks.length + 1, label, line);
    const endLine = `-----END ${label}-----`;
    const end = text.indexOf(endLine, begin.lastIndex);
    if (end < 0)
      throw new EnrollkitError('INVALID_CERTIFICATE', sentences.pkiContainers.pemCutOff(position, endLine));
    const { headers, rest } = withoutHeaders(text.slice(begin.lastIndex, end));
    const body = rest.replace(/\s+/g, '');
    if (body === '')
      throw new EnrollkitError('INVALID_CERTIFICATE', sentences.pkiContainers.pemEmpty(position));
    if (body.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(body)) {
      throw new EnrollkitError('INVALID_CERTIFICATE', sentences.pkiContainers.pemNotBase64(position));
    }
    blocks.push({ label, der: Buffer.from(body, 'base64'), ...(headers ? { headers } : {}), position });
    begin.lastIndex = end + endLine.length;
  }
  return blocks;
}

/** The two headers of an encrypted key, also when its lines were joined to one. */
const encryptionHeaders = /^\s*Proc-Type:\s*(4,\s*ENCRYPTED)\s+DEK-Info:\s*(\S+)\s+/;

/** RFC 7468 has no headers, but OpenSSL skips them before any contents, and encrypted private keys need theirs. */
function withoutHeaders(text: string): { headers?: ReadonlyMap<string, string>; rest: string } {
  const encryption = encryptionHeaders.exec(text);
  if (encryption) {
    const headers = new Map([
      ['Proc-Type', encryption[1]!],
      ['DEK-Info', encryption[2]!],
    ]);
    return { headers, rest: text.slice(encryption[0].length) };
  }
  const body = text.replace(/^[ \t]+/gm, '');
  const [whole, lines] =
    /^\s*((?:[A-Za-z][A-Za-z0-9-]*:[^\r\n]*(?:\r\n?|\n))+)\s*?(?:\r\n?|\n)/.exec(body) ?? [];
  if (whole === undefined) return { rest: body };
  const headers = new Map<string, string>();
  for (const line of lines!.split(/[\r\n]/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { headers, rest: body.slice(whole.length) };
}
