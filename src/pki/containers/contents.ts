/**
 * The one way in for certificates, keys, requests, revocation lists and the files that wrap them: what an input holds,
 * and what it is when it is not what was asked for.
 */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { DerError, type Element, objectIdentifierOf, readElement, sequenceOf, tags } from '../der/read.js';
import { type Decoded, decode } from './encoding.js';
import { type PemBlock, pemBlocks } from './pem.js';

/** Far more than any file in use; limits the work per input. */
const maxInputBytes = 16_777_216;

/** The PEM label of PKCS#12 files. */
export const pfxLabel = 'PKCS12';

export type DerKind =
  | 'certificate'
  | 'certificate request'
  | 'revocation list'
  | 'PKCS#7 file'
  | 'PKCS#12 file'
  | 'private key'
  | 'encrypted private key'
  | 'public key';

export type Contents =
  | { form: 'pem'; text: string; blocks: PemBlock[] }
  | { form: 'der'; der: Buffer; kind: DerKind };

/**
 * Tells what an input is. See {@link decode} for the encodings.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE for one that is empty, too large, cut off, or neither PEM nor DER; the
 *   message says what it is instead, as far as that is known
 */
export function readContents(input: string | Uint8Array): Contents {
  assertSize(input, invalid);
  const decoded = withoutPfxArmor(decode(input));
  if ('der' in decoded) return { form: 'der', der: decoded.der, kind: kindOfDer(decoded.der) };
  const blocks = pemBlocks(decoded.text);
  if (blocks.length === 0) {
    throw (
      foreign(decoded.text) ??
      invalid(
        beginningMissing(decoded.text) ?? sentences.pkiContainers.notPemNorDer,
        sentences.pkiContainers.givePemOrDer,
      )
    );
  }
  return { form: 'pem', text: decoded.text, blocks };
}

export interface Wanted {
  /** PEM labels. */
  label: RegExp;
  /** The usual label. */
  block: string;
  kinds: readonly DerKind[];
  /** For the error. */
  what: DerKind;
  /** Creates the error. */
  invalid: (why: string, next?: string) => EnrollkitError;
}

/**
 * The PEM blocks of an input that are wanted, in order, or the DER of the input itself as one block.
 *
 * @returns at least one
 * @throws EnrollkitError of `invalid`, saying what the input is instead
 */
export function blocksOf(input: string | Uint8Array, wanted: Wanted): PemBlock[] {
  const { label, block, what, invalid } = wanted;
  assertSize(input, invalid);
  const decoded = decode(input);
  if ('der' in decoded) return [wantedDer(decoded.der, wanted)];
  try {
    const blocks = pemBlocks(decoded.text);
    const found = blocks.filter((one) => label.test(one.label));
    if (found.length > 0) return found;
    throw blocks.length > 0
      ? invalid(
          sentences.pkiContainers.holdsOtherBlocks(labelsOf(blocks), sentences.pkiContainers.kinds[what]),
        )
      : (foreign(decoded.text) ??
          invalid(
            beginningMissing(decoded.text) ??
              sentences.pkiContainers.holdsNeither(sentences.pkiContainers.kinds[what], block),
          ));
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    throw invalid(error.message, foreign(decoded.text)?.next);
  }
}

/** Bytes that are of no known kind are left to the reader, which says what is wrong with them. */
function wantedDer(der: Buffer, { kinds, what, invalid }: Wanted): PemBlock {
  const kind = knownKind(der);
  if (kind && !kinds.includes(kind))
    throw invalid(
      sentences.pkiContainers.holdsOther(
        sentences.pkiContainers.kinds[kind],
        sentences.pkiContainers.kinds[what],
      ),
    );
  return { label: kind === 'PKCS#7 file' ? 'PKCS7' : 'DER', der, position: 'DER' };
}

/** A PKCS#12 file as GnuTLS writes it, in PEM, is read like one in DER. */
function withoutPfxArmor(decoded: Decoded): Decoded {
  if ('der' in decoded || !decoded.text.includes(`-----BEGIN ${pfxLabel}-----`)) return decoded;
  const [block, ...others] = pemBlocks(decoded.text);
  return block?.label === pfxLabel && others.length === 0 ? { der: block.der } : decoded;
}

/** The DER of a PKCS#12 file in any encoding; undefined if the input is something else. */
export function pfxIn(input: string | Uint8Array): Buffer | undefined {
  const decoded = withoutPfxArmor(decode(input));
  return 'der' in decoded && knownKind(decoded.der) === 'PKCS#12 file' ? decoded.der : undefined;
}

/** What an input holds, in words: `a private key in DER`, `PRIVATE KEY and CERTIFICATE`. */
export function heldBy(contents: Contents): string {
  return contents.form === 'der'
    ? sentences.pkiContainers.inDer(sentences.pkiContainers.kinds[contents.kind])
    : sentences.pkiContainers.blocks(labelsOf(contents.blocks));
}

/** Whether PEM blocks or DER hold a private key, encrypted or not. */
export function holdsKey(contents: Contents): boolean {
  return contents.form === 'pem'
    ? contents.blocks.some(({ label }) => label.endsWith('PRIVATE KEY'))
    : /private key|PKCS#12/.test(contents.kind);
}

function assertSize(input: string | Uint8Array, invalid: Wanted['invalid']): void {
  if (input.length > maxInputBytes)
    throw invalid(sentences.pkiContainers.tooLarge(input.length, maxInputBytes));
  if (input.length === 0) throw invalid(sentences.pkiContainers.empty);
}

/** The sentence on a text that has the end of a PEM block only. */
function beginningMissing(text: string): string | undefined {
  const [, label] = /-----END ([A-Z0-9 #]+)-----/.exec(text) ?? [];
  return label && sentences.pkiContainers.pemNoBeginning(label);
}

const labelsOf = (blocks: readonly PemBlock[]) => [...new Set(blocks.map(({ label }) => label))];

const beginning = (text: string) => new RegExp(`^${text}`);

/** Files of other programs that people take for a certificate or a key, by how they begin. */
const foreignFiles: readonly { begins: RegExp; is: () => string; next: () => string }[] = [
  {
    begins: /^(\u00fe\u00ed\u00fe\u00ed|\u00ce\u00ce\u00ce\u00ce)/,
    is: () => sentences.pkiContainers.javaKeystore,
    next: () => sentences.pkiContainers.convertJavaKeystore,
  },
  {
    begins: /^PuTTY-User-Key-File/,
    is: () => sentences.pkiContainers.puttyKey,
    next: () => sentences.pkiContainers.convertPuttyKey,
  },
  {
    begins: /^(ssh-|ecdsa-sha2-|sk-)\S+ AAAA/,
    is: () => sentences.pkiContainers.sshPublicKey,
    next: () => sentences.pkiContainers.notAnSshKey,
  },
  {
    begins: /^\s*[{[]/,
    is: () => 'JSON',
    next: () => sentences.pkiContainers.takeOutOfJson,
  },
  {
    begins: /^\s*<(!|\?|html|head)/i,
    is: () => sentences.pkiContainers.webPage,
    next: () => sentences.pkiContainers.downloadFile,
  },
  {
    begins: /^PK\W\W/,
    is: () => sentences.pkiContainers.zipArchive,
    next: () => sentences.pkiContainers.unpack,
  },
  {
    begins: beginning('\u001f\u008b'),
    is: () => sentences.pkiContainers.gzipArchive,
    next: () => sentences.pkiContainers.unpack,
  },
];

function foreign(text: string): EnrollkitError | undefined {
  const known = foreignFiles.find(({ begins }) => begins.test(text));
  return known && invalid(sentences.pkiContainers.isForeign(known.is()), known.next());
}

function invalid(message: string, next?: string): EnrollkitError {
  return new EnrollkitError('INVALID_CERTIFICATE', message, next === undefined ? {} : { next });
}

const contentTypes = { signedData: '1.2.840.113549.1.7.2', data: '1.2.840.113549.1.7.1' };

/** @throws EnrollkitError INVALID_CERTIFICATE */
function kindOfDer(der: Buffer): DerKind {
  try {
    const kind = kindByShape(der);
    if (kind) return kind;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new EnrollkitError('INVALID_CERTIFICATE', sentences.pkiContainers.beginsLikeDer(error.message), {
      cause: error,
    });
  }
  throw invalid(sentences.pkiContainers.unknownDer);
}

/** The kind of DER; undefined if it is malformed or of no known kind. */
export function knownKind(der: Buffer): DerKind | undefined {
  try {
    return kindByShape(der);
  } catch (error) {
    if (error instanceof DerError || error instanceof EnrollkitError) return undefined;
    throw error;
  }
}

/** How many octets follow the first value: readers such as Node.js's ignore them. 0 if it has no definite end. */
export function octetsAfter(der: Buffer): number {
  try {
    return der[1] === 0x80 ? 0 : der.length - readElement(der).end;
  } catch (error) {
    if (error instanceof DerError) return 0;
    throw error;
  }
}

/** @throws DerError; EnrollkitError INVALID_CERTIFICATE when something follows */
function kindByShape(der: Buffer): DerKind | undefined {
  // PKCS#12 and PKCS#7 can have indefinite lengths (BER); their readers accept them.
  if (der[1] === 0x80) return der[2] === tags.integer ? 'PKCS#12 file' : 'PKCS#7 file';
  const whole = readElement(der);
  if (whole.end < der.length) {
    const more = der.length - whole.end;
    throw invalid(sentences.pkiContainers.moreAfterDer(whole.end, more), sentences.pkiContainers.giveSeveral);
  }
  const parts = sequenceOf(whole);
  const [first, second] = parts;
  switch (first?.tag) {
    case tags.objectIdentifier:
      return objectIdentifierOf(first) === contentTypes.signedData ? 'PKCS#7 file' : undefined;
    case tags.integer:
      return kindOfNumbered(parts);
    case tags.sequence:
      if (second?.tag === tags.octetString) return 'encrypted private key';
      if (second?.tag === tags.bitString) return 'public key';
      return parts.length === 3 ? kindOfSigned(sequenceOf(first)) : undefined;
    default:
      return undefined;
  }
}

function kindOfNumbered(parts: readonly Element[]): DerKind {
  const [, second] = parts;
  if (parts.length === 2 && second!.tag === tags.integer) return 'public key';
  const isPkcs12 = second?.tag === tags.sequence && parts.length <= 3 && isData(sequenceOf(second)[0]);
  return isPkcs12 ? 'PKCS#12 file' : 'private key';
}

function kindOfSigned(parts: readonly Element[]): DerKind {
  const isNumbered = parts[0]?.tag === tags.integer;
  const time = parts[isNumbered ? 3 : 2]?.tag;
  if (time === tags.utcTime || time === tags.generalizedTime) return 'revocation list';
  return isNumbered && parts.length <= 4 ? 'certificate request' : 'certificate';
}

function isData(element: Element | undefined): boolean {
  return element?.tag === tags.objectIdentifier && objectIdentifierOf(element) === contentTypes.data;
}

/** The certificate in OpenSSL's BEGIN TRUSTED CERTIFICATE, whose trust settings follow it. @throws DerError */
export function withoutTrustSettings(der: Buffer): Buffer {
  return readElement(der).raw;
}
