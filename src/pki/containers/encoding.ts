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
 * variables, JSON), the quotes of source code and e-mail, percent encoding, HTML, the dashes and spaces of a word
 * processor, and base64 or hexadecimal digits without the lines BEGIN and END, as Azure Key Vault returns secrets.
 *
 * @returns copies, so that the caller cannot change them after they were checked
 */
export function decode(input: string | Uint8Array): Decoded {
  let layer = input;
  for (let depth = 0; ; depth += 1) {
    if (typeof layer !== 'string' && isDer(layer)) return { der: Buffer.from(layer) };
    const text = asWritten(typeof layer === 'string' ? layer.replace(/^\ufeff/, '') : textOf(layer));
    const inner = depth < maxLayers && !carriesPem(text) ? (bareHex(text) ?? bareBase64(text)) : undefined;
    if (!inner) return { text };
    layer = inner;
  }
}

/** The first octet is also the digit 0, with which 0x and the lines of `openssl s_client` begin. */
function isDer(bytes: Uint8Array): boolean {
  if (bytes[0] !== derSequence || bytes[1] === 0) return false;
  if (bytes[1]! >= 0x80) return true;
  const buffer = Buffer.from(bytes);
  return !/^0x30/i.test(buffer.toString('latin1', 0, 4)) && !buffer.includes('-----BEGIN ');
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

/** PEM as it was before something rewrote it; any other text as it is. */
function asWritten(text: string): string {
  if (!/BEGIN\W/.test(text)) return text;
  const plain = withoutEscapes(withPlainPunctuation(withoutMarkup(percentDecoded(text))));
  return carriesPem(plain) ? withoutQuotes(plain) : plain;
}

/** As proxies pass a client's certificate in a header (nginx: `$ssl_client_escaped_cert`). */
function percentDecoded(text: string): string {
  if (!/-----BEGIN(%20|\+)/.test(text)) return text;
  const spaced = text.replace(/-----(BEGIN|END)[A-Z0-9+]*-----/g, (line) => line.replaceAll('+', ' '));
  return spaced.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => character(digits, 16));
}

/** HTML that was copied with its text. */
function withoutMarkup(text: string): string {
  if (!/<br|<\/p|&[#a-z]\w*;/i.test(text)) return text;
  return text
    .replace(/<[^<>\n]*>/g, '\n')
    .replace(/&#x([0-9a-f]{1,4});/gi, (_, digits: string) => character(digits, 16))
    .replace(/&#([0-9]{1,5});/g, (_, digits: string) => character(digits, 10))
    .replaceAll('&nbsp;', ' ');
}

/** Other characters than ASCII, and any number of hyphens but five. */
const damagedPunctuation =
  /[^\0-\x7f]|-{6}|(?:^|[^-])-{1,4} ?(?:BEGIN|END) |(?:BEGIN|END) [A-Z0-9 ]{1,40}-{1,4}(?:[^-]|$)/;

/** Word processors and chats turn hyphens into dashes and insert spaces that nobody sees; copies lose a hyphen. */
function withPlainPunctuation(text: string): string {
  if (!damagedPunctuation.test(text)) return text;
  // A text that was read as Latin-1 is UTF-8 in truth.
  const utf8 = /[\x80-\xff]/.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;
  const readable = /[\u0100-\uffff]/.test(text) || utf8.includes('\ufffd') ? text : utf8;
  return readable
    .replace(/[\u200b-\u200d\u2060\ufeff\u00ad]/g, '')
    .replaceAll('\u00a0', ' ')
    .replace(
      /[-\u2010-\u2015\u2212]{1,8} ?(BEGIN|END) ([A-Z0-9 ]{0,40}(?:CERTIFICATE|KEY|REQUEST|PKCS7|PKCS12|CRL|CMS)) ?[-\u2010-\u2015\u2212]{1,8}/g,
      '-----$1 $2-----',
    );
}

/** Lines as strings of source code (C, C#, Java, Python, shell), and as e-mail programs quote them. */
function withoutQuotes(text: string): string {
  if (!/^[ \t]{0,16}["'>][ \t"'>]{0,16}[A-Za-z0-9+/=]{4}|[\\"']$/m.test(text)) return text;
  return text
    .replace(/["'\\][ \t"'\\;,+.)]{0,16}$/gm, '')
    .replace(/^[ \t]{0,16}["'>][ \t"'>]{0,16}(?=[A-Za-z0-9+/=-])/gm, '');
}

const character = (digits: string, radix: number) => String.fromCharCode(Number.parseInt(digits, radix));

/** The escapes of a JSON string; .NET writes + as \u002B. Each may have been escaped once more. */
function withoutEscapes(text: string): string {
  if (!carriesPem(text) || !/\\[nru/]/.test(text)) return text;
  return text
    .replace(/\\u([0-9a-f]{4})/gi, (_, digits: string) => character(digits, 16))
    .replace(/\\+r\\+n|\\+[nr]/g, '\n')
    .replaceAll('\\/', '/');
}

/** The octets of a text that is nothing but the hexadecimal digits of DER, with or without 0x, colons and commas. */
function bareHex(text: string): Buffer | undefined {
  const digits = text.replace(/0x|[\s:,]+/gi, '');
  return /^30(?:[0-9a-f]{2}){15,}$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}

/** The octets of a text that is nothing but base64 or base64url of DER or of PEM; undefined for any other. */
function bareBase64(text: string): Buffer | undefined {
  const body = text
    .replace(/^\s*["']|["']\s*$|\\[nr]/g, '')
    .replace(/^data:[^,]*;base64,/, '')
    .replace(/\s+/g, '');
  if (body.length < 16 || body.includes('-----') || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(body)) return undefined;
  const bytes = Buffer.from(body, 'base64');
  if (bytes[0] === derSequence) return bytes;
  const decoded = bytes.toString('latin1');
  return carriesPem(decoded) || /^[\sA-Za-z0-9+/=]+$/.test(decoded) ? bytes : undefined;
}
