/** Files that a person names. */
import { readFileSync } from 'node:fs';
import { EnrollkitError } from '../errors.js';

/**
 * The text of a file; `-` is standard input.
 *
 * @throws EnrollkitError FILE_UNREADABLE, naming the file
 */
export function readInputFile(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read: ${code}.`;
    throw new EnrollkitError('FILE_UNREADABLE', why, { cause });
  }
}
