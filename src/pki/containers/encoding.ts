/**
 * The encodings in which certificates, keys and what goes with them reach us: DER, PEM, base64 of either, and text as
 * editors, shells and services rewrite it.
 */

/** DER, or text that should hold PEM blocks. */
export type Decoded = { der: Buffer } | { text: string };

/** Base64 of base64 is the most that a client sends: the az CLI. */
const maxLayers = 3;
/** The first octet of every DER structure that is read here. */
const derSequence = 0x30;
const carriesPem = (text: string) => text.includes('-----BEGIN ');

/**
 * Undoes what has nothing to do with the contents: a byte order mark, UTF-16, line ends written out as `\n` (environment
 * variables, JSON), and base64 without the lines BEGIN and END, as Azure Key Vault returns secrets.
 *
 * @returns copies, so that the caller cannot change them after they were checked
 */
export function decode(input: string | Uint8Array): Decoded {
  let layer = input;
  for (let depth = 0; ; depth += 1) {
    if (typeof layer !== 'string' && isDer(layer)) return { der: Buffer.from(layer) };
    const text = withoutEscapes(typeof layer === 'string' ? layer.replace(/^\ufeff/, '') : textOf(layer));
    const inner = depth < maxLayers && !carriesPem(text) ? bareBase64(text) : undefined;
    if (!inner) return { text };
    layer = inner;
  }
}

/** The first octet is also the digit 0, with which the lines of `openssl s_client` begin. */
function isDer(bytes: Uint8Array): boolean {
  if (bytes[0] !== derSequence || bytes[1] === 0) return false;
  return bytes[1]! >= 0x80 || !Buffer.from(bytes).includes('-----BEGIN ');
}

function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes);
  const [first, second] = buffer;
  if (first === 0xff && second === 0xfe) return buffer.toString('utf16le').slice(1);
  if (first === 0xfe && second === 0xff) return bigEndian(buffer).slice(1);
  // PEM and base64 are ASCII: in UTF-16, every other octet is zero.
  if (first === 0 && second !== 0) return bigEndian(buffer);
  if (second === 0 && first !== 0) return buffer.toString('utf16le');
  return buffer.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
}

function bigEndian(buffer: Buffer): string {
  return buffer
    .subarray(0, buffer.length & ~1)
    .swap16()
    .toString('utf16le');
}

/** The escapes of a JSON string; .NET writes + as \u002B. */
function withoutEscapes(text: string): string {
  if (!carriesPem(text) || !/\\[nru/]/.test(text)) return text;
  return text
    .replace(/\\u([0-9a-f]{4})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    .replace(/\\r\\n|\\[nr]/g, '\n')
    .replaceAll('\\/', '/');
}

/** The octets of a text that is nothing but base64 or base64url of DER or of PEM; undefined for any other. */
function bareBase64(text: string): Buffer | undefined {
  const body = text.replace(/^\s*["']|["']\s*$|\\[nr]/g, '').replace(/\s+/g, '');
  if (body.length < 16 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(body)) return undefined;
  const bytes = Buffer.from(body, 'base64');
  if (bytes[0] === derSequence) return bytes;
  const decoded = bytes.toString('latin1');
  return carriesPem(decoded) || /^[\sA-Za-z0-9+/=]+$/.test(decoded) ? bytes : undefined;
}
