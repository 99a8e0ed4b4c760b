/** Files that a person names, as what is in them: PEM blocks, or one DER value of a kind that is told by its shape. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { EnrollkitError, isAbort } from '../../errors.js';
import { type PemBlock, pemBlocks } from '../../pki/containers/pem.js';
import { DerError, objectIdentifierOf, readElement, sequenceOf, tags } from '../../pki/der/read.js';
import { lookAt, reason } from '../../workspace/files.js';

/** A system's whole bundle of public roots has 0.25 MB; anything larger is some other file. */
const maxFileBytes = 4_194_304;

export type DerKind =
  | 'certificate'
  | 'request'
  | 'pkcs7'
  | 'pkcs12'
  | 'private key'
  | 'encrypted private key';

export type FileContents =
  | { form: 'pem'; path: string; text: string; blocks: PemBlock[] }
  | { form: 'der'; path: string; der: Buffer; kind: DerKind };

/**
 * Reads a file and tells what it is. A byte order mark, line ends of any system and UTF-16, as Windows PowerShell
 * writes it, are fine.
 *
 * @throws EnrollkitError FILE_UNREADABLE, also for a file that is too large; INVALID_CERTIFICATE for one that is
 *   neither PEM nor DER, or was cut off; each names the file
 */
export function readContents(path: string): FileContents {
  const bytes = readBytes(path);
  return naming(path, () => {
    if (bytes.length === 0) throw new EnrollkitError('INVALID_CERTIFICATE', 'It is empty.');
    if (bytes[0] === tags.sequence && bytes[1] !== 0) {
      return { form: 'der', path, der: bytes, kind: derKind(bytes) };
    }
    const text = textOf(bytes);
    const blocks = pemBlocks(text);
    if (blocks.length === 0) {
      throw new EnrollkitError('INVALID_CERTIFICATE', 'It is neither PEM nor DER.', {
        next: 'Give a file with a block that begins with -----BEGIN, or a DER file.',
      });
    }
    return { form: 'pem', path, text, blocks };
  });
}

/** Whether a file holds a private key, or anything that is not known to be without one. */
export function mayHoldKey(path: string): boolean {
  try {
    const contents = readContents(path);
    if (contents.form === 'pem') return contents.blocks.some(({ label }) => label.endsWith('PRIVATE KEY'));
    return !['certificate', 'request', 'pkcs7'].includes(contents.kind);
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    return lookAt(path)?.size !== 0;
  }
}

/** What a file holds, in words: `a private key`, `PRIVATE KEY and CERTIFICATE`. */
export function heldBy(contents: FileContents): string {
  if (contents.form === 'der')
    return `${contents.kind === 'encrypted private key' ? 'an' : 'a'} ${contents.kind} in DER`;
  return [...new Set(contents.blocks.map(({ label }) => label))].join(' and ');
}

/** Runs what looks into a file; an error of ours gets the file's path in front, and keeps all else. */
export function naming<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw withPath(path, error);
  }
}

/** As {@link naming}, of what takes its time. */
export async function namingLater<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw withPath(path, error);
  }
}

/** An error of ours with a file's path in front; any other as it is, and so is the end by a signal. */
export function withPath(path: string, error: unknown): unknown {
  if (!(error instanceof EnrollkitError) || isAbort(error) || error.message.includes(path)) return error;
  const { code, message, next, context } = error;
  return new EnrollkitError(code, `${path}: ${message}`, {
    next,
    context: { ...context, file: path },
    cause: error,
  });
}

/** @throws EnrollkitError FILE_UNREADABLE, naming the file, also when it is too large */
export function readBytes(path: string): Buffer {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      if (size > maxFileBytes) {
        const why = `${path} has ${size} bytes; at most ${maxFileBytes} are read from a file of certificates or keys.`;
        throw new EnrollkitError('FILE_UNREADABLE', why, {
          next: 'Check that it is the file that you mean.',
        });
      }
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (cause instanceof EnrollkitError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: `There is no file ${path}.`,
      EISDIR: `${path} is a folder; a file belongs here.`,
    };
    throw new EnrollkitError(
      'FILE_UNREADABLE',
      reasons[code ?? ''] ?? `${path} cannot be read${reason(cause)}.`,
      {
        cause,
      },
    );
  }
}

function textOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le');
  const isBigEndian = bytes[0] === 0xfe && bytes[1] === 0xff && bytes.length % 2 === 0;
  return isBigEndian ? Buffer.from(bytes).swap16().toString('utf16le') : bytes.toString('latin1');
}

const oids = { signedData: '1.2.840.113549.1.7.2', data: '1.2.840.113549.1.7.1' };

/** @throws EnrollkitError INVALID_CERTIFICATE */
function derKind(bytes: Buffer): DerKind {
  // PKCS#12 and PKCS#7 may come with indefinite lengths (BER); their readers take them.
  if (bytes[1] === 0x80) return bytes[2] === tags.integer ? 'pkcs12' : 'pkcs7';
  try {
    const whole = readElement(bytes);
    if (whole.end < bytes.length) {
      const more = bytes.length - whole.end;
      throw new EnrollkitError(
        'INVALID_CERTIFICATE',
        `The first DER value ends at byte ${whole.end}, and ${more} more follow; a DER file holds one value.`,
        { next: 'Give several certificates as PEM or PKCS#7.' },
      );
    }
    const parts = sequenceOf(whole);
    const [first, second] = parts;
    if (first?.tag === tags.objectIdentifier) {
      if (objectIdentifierOf(first) === oids.signedData) return 'pkcs7';
    } else if (first?.tag === tags.integer) {
      const isPkcs12 = second?.tag === tags.sequence && parts.length <= 3 && isData(sequenceOf(second)[0]);
      return isPkcs12 ? 'pkcs12' : 'private key';
    } else if (first?.tag === tags.sequence) {
      const inner = sequenceOf(first);
      if (second?.tag === tags.octetString) return 'encrypted private key';
      if (parts.length === 3 && inner[0]?.tag === tags.integer && inner.length <= 4) return 'request';
      if (parts.length === 3) return 'certificate';
    }
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new EnrollkitError('INVALID_CERTIFICATE', `It begins like DER, yet ${error.message}.`, {
      cause: error,
    });
  }
  throw new EnrollkitError(
    'INVALID_CERTIFICATE',
    'It is DER, and neither a certificate nor anything that goes with one.',
  );
}

function isData(element: Parameters<typeof objectIdentifierOf>[0]): boolean {
  return element?.tag === tags.objectIdentifier && objectIdentifierOf(element) === oids.data;
}
