/** Files that a person names. */

import { readFileSync } from 'node:fs';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { reason } from '../../workspace/files.js';

/**
 * The text of a file; `-` is standard input. A byte order mark is left out; with one of UTF-16, as Windows PowerShell
 * writes, it is read as that, else as UTF-8.
 *
 * @throws EnrollkitError FILE_UNREADABLE, naming the file
 */
export function readInputFile(path: string): string {
  try {
    return decoded(readFileSync(path === '-' ? 0 : path));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? sentences.cliInput.noFile(path)
        : sentences.cliInput.unreadable(path, reason(cause));
    throw new EnrollkitError('FILE_UNREADABLE', why, { cause });
  }
}

const byteOrderMarks = { 'utf-8': 'efbbbf', 'utf-16le': 'fffe', 'utf-16be': 'feff' } as const;

function decoded(bytes: Buffer): string {
  for (const [encoding, mark] of Object.entries(byteOrderMarks)) {
    if (bytes.toString('hex', 0, mark.length / 2) === mark) return new TextDecoder(encoding).decode(bytes);
  }
  return bytes.toString('utf8');
}
