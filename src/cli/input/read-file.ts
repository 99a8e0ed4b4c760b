/** Files that a person names. */

import { isUtf8 } from 'node:buffer';
import { EnrollkitError, isAbort } from '../../errors.js';
import { type Contents, holdsKey, readContents } from '../../pki/containers/contents.js';
import { lookAt } from '../../workspace/files.js';
import { readGivenFile } from '../../workspace/given-file.js';

/** A system's whole bundle of public roots has 0.25 MB; anything larger is some other file. */
const maxFileBytes = 4_194_304;

/**
 * Reads a file and tells what it is.
 *
 * @throws EnrollkitError FILE_UNREADABLE, also for a file that is too large; INVALID_CERTIFICATE for one that is
 *   neither PEM nor DER, or was cut off; each names the file
 */
export function contentsOf(path: string): Contents {
  const bytes = readBytes(path);
  return naming(path, () => readContents(bytes));
}

/**
 * Whether a file holds a private key, or anything that is not known to be without one. A text is, unless it has the words
 * of a key: a program, a list, notes.
 */
export function mayHoldKey(path: string): boolean {
  try {
    return holdsKey(contentsOf(path));
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    if (lookAt(path)?.size === 0) return false;
    return !(error.code === 'INVALID_CERTIFICATE' && isTextWithoutKey(readBytes(path)));
  }
}

/** The words of damaged PEM, of JSON Web Keys, PuTTY and age, which may all be keys of someone. */
const wordsOfKeys = /PRIVATE[ -]KEY|SECRET-KEY|PuTTY-User-Key|"(d|k)"\s*:/i;

function isTextWithoutKey(bytes: Buffer): boolean {
  const isText = isUtf8(bytes) && bytes.every((byte) => byte >= 0x20 || (byte >= 9 && byte <= 13));
  const text = bytes.toString('utf8');
  // A line of a key has no spaces; most long lines of other texts do.
  const isSpaced = text.split('\n').every((line) => line.length < 40 || line.includes(' '));
  return isText && isSpaced && !wordsOfKeys.test(text);
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
  if (!(error instanceof EnrollkitError) || isAbort(error) || isNamedIn(error, path)) return error;
  const { code, message, next, context } = error;
  return new EnrollkitError(code, `${path}: ${message}`, {
    next,
    context: { ...context, file: path },
    cause: error,
  });
}

/** Whether an error names a file: "It is empty." does not name a file called "empty". */
function isNamedIn({ code, message, context }: EnrollkitError, path: string): boolean {
  if (context?.file === path || code.startsWith('FILE_')) return true;
  return message.startsWith(path) || (/[./\\]/.test(path) && message.includes(path));
}

/** @throws EnrollkitError FILE_UNREADABLE, naming the file, also when it is too large */
export function readBytes(path: string): Buffer {
  return readGivenFile(path, { maxBytes: maxFileBytes });
}
