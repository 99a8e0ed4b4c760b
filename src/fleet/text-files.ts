/** Reading text files that may be large. */

import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  type ReadStream,
  readSync,
} from 'node:fs';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { reason } from '../workspace/files.js';

/** Far more than any line of a fleet's files has; a file without line feeds is not read into memory. */
const maxLineCharacters = 16 * 1024 * 1024;

/**
 * The lines of a file without their line feeds, including a last one that has none.
 *
 * @param length octets of the file to read; all of them by default
 * @throws EnrollkitError FILE_UNREADABLE, also for what is not a regular file and for a line of more than 16 Mi characters
 */
export async function* linesOf(path: string, length?: number): AsyncGenerator<string, void, undefined> {
  if (length === 0) return;
  let stream: ReadStream | undefined;
  let number = 1;
  let rest = '';
  try {
    stream = readStreamOf(path, length);
    stream.setEncoding('utf8');
    for await (const chunk of stream as AsyncIterable<string>) {
      const lines = chunk.split('\n');
      lines[0] = rest + lines[0];
      rest = lines.pop()!;
      number += lines.length;
      yield* lines;
      if (rest.length > maxLineCharacters) {
        throw new EnrollkitError(
          'FILE_UNREADABLE',
          sentences.fleet.lineTooLong(path, number, maxLineCharacters),
          { next: sentences.workspace.checkFile, context: { file: path } },
        );
      }
    }
  } catch (cause) {
    throw fileError(path, cause);
  } finally {
    stream?.destroy();
  }
  if (rest !== '') yield rest;
}

/**
 * Streams the octets of a regular file.
 *
 * @param length how many; all by default
 * @throws as {@link openRegularFile}
 */
export function readStreamOf(path: string, length?: number): ReadStream {
  const fd = openRegularFile(path);
  const end = length === undefined ? {} : { end: length - 1 };
  return createReadStream(path, { fd, start: 0, highWaterMark: 262_144, ...end });
}

/**
 * Opens a regular file for reading. Anything else is refused without waiting: a named pipe may have nobody who writes to
 * it, and a device no end.
 *
 * @throws EnrollkitError FILE_UNREADABLE for what is not a regular file; a system error, which {@link fileError} turns
 *   into words
 */
export function openRegularFile(path: string): number {
  const file = openSync(path, constants.O_RDONLY | withoutWaiting);
  const stats = fstatSync(file);
  if (stats.isFile()) return file;
  closeSync(file);
  if (stats.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR', syscall: 'open' });
  throw notRegular(path);
}

/** Windows has no such flag, and no pipes among its files. */
export const withoutWaiting = constants.O_NONBLOCK ?? 0;

/** The error for what is not a regular file. */
export function notRegular(path: string): EnrollkitError {
  return new EnrollkitError('FILE_UNREADABLE', sentences.fleet.notAFile(path), {
    next: sentences.fleet.writeToFile,
    context: { file: path },
  });
}

/** The last octets of a file, as Latin-1. @throws as {@link openRegularFile} */
export function endOfFile(path: string, size: number): string {
  const file = openRegularFile(path);
  try {
    const { size: all } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, all));
    const read = readSync(file, bytes, 0, bytes.length, all - bytes.length);
    return bytes.toString('latin1', 0, read);
  } finally {
    closeSync(file);
  }
}

/** Turns a system error into FILE_UNREADABLE with the file's name; returns other errors as they are. */
export function fileError(path: string, cause: unknown): unknown {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (cause instanceof EnrollkitError || syscall === undefined) return cause;
  // A socket cannot be opened.
  if (code === 'ENXIO') return notRegular(path);
  const why =
    code === 'ENOENT' ? sentences.fleet.noFile(path) : sentences.workspace.unreadable(path, reason(cause));
  return new EnrollkitError('FILE_UNREADABLE', why, { cause });
}

/** The start of a text that others wrote, for an error. */
export function abridged(text: string): string {
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
