/** Reading text files that may be large. */

import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';

/**
 * The lines of a file without their line feeds, including a last one that has none.
 *
 * @param length octets of the file to read; all of them by default
 * @throws EnrollkitError FILE_UNREADABLE
 */
export async function* linesOf(path: string, length?: number): AsyncGenerator<string, void, undefined> {
  const stream = createReadStream(path, {
    encoding: 'utf8',
    highWaterMark: 262_144,
    ...(length === undefined ? {} : { end: length - 1 }),
  });
  let rest = '';
  try {
    for await (const chunk of stream) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
  } catch (cause) {
    throw fileError(path, cause);
  } finally {
    stream.destroy();
  }
  if (rest !== '') yield rest;
}

/** The last octets of a file, as Latin-1. @throws a system error */
export function endOfFile(path: string, size: number): string {
  const file = openSync(path, 'r');
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
  const why =
    code === 'ENOENT' ? sentences.fleet.noFile(path) : sentences.fleet.notReadable(path, String(code));
  return new EnrollkitError('FILE_UNREADABLE', why, { cause });
}
