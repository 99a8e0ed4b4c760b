/** Files that a person names. */

import { readGivenFile, standardInput } from '../../workspace/given-file.js';

/**
 * The text of a file; `-` is standard input. A byte order mark is left out; with one of UTF-16, as Windows PowerShell
 * writes, it is read as that, else as UTF-8.
 *
 * @param limits a smaller limit than that of all files
 * @throws EnrollkitError FILE_UNREADABLE, naming the file
 */
export function readInputFile(path: string, limits: { maxBytes?: number } = {}): string {
  return decoded(readGivenFile(path === '-' ? standardInput : path, limits));
}

const byteOrderMarks = { 'utf-8': 'efbbbf', 'utf-16le': 'fffe', 'utf-16be': 'feff' } as const;

function decoded(bytes: Buffer): string {
  for (const [encoding, mark] of Object.entries(byteOrderMarks)) {
    if (bytes.toString('hex', 0, mark.length / 2) === mark) return new TextDecoder(encoding).decode(bytes);
  }
  return bytes.toString('utf8');
}
