/** The lines of files that may be long. */
import { createReadStream } from 'node:fs';
import { EnrollkitError } from '../../errors.js';

/**
 * Lines without their ends (LF); a last one without an end counts, too.
 *
 * @param length how many octets of the file are read; all when left out
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

/** An error of ours as it is; one of the system as FILE_UNREADABLE, naming the file. */
export function fileError(path: string, cause: unknown): unknown {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (cause instanceof EnrollkitError || syscall === undefined) return cause;
  const why = code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read: ${code}.`;
  return new EnrollkitError('FILE_UNREADABLE', why, { cause });
}
