/** What a file holds, as a digest that the journal can keep. */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { lookAt } from './files.js';

/** SHA-256, upper-case hexadecimal. */
export function sha256Of(contents: string | Uint8Array): string {
  return hash('sha256', contents, 'hex').toUpperCase();
}

/** SHA-256 of a file; undefined if there is none, when it cannot be read, and for links and folders. */
export function sha256OfFile(path: string): string | undefined {
  if (!lookAt(path)?.isFile()) return undefined;
  try {
    return sha256Of(readFileSync(path));
  } catch {
    return undefined;
  }
}
