/** Symbolic links inside a folder: writing through one changes something outside of the folder. */

import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { lookAt } from './files.js';

/**
 * The part of a path that is a symbolic link, of those below a folder; undefined when none is. The folder itself may
 * be one, since that is what the user named.
 *
 * @param path in that folder; what of it does not exist yet is no link
 * @param folders that were looked at a moment ago, for many paths at once; those of this path are added
 */
export function linkBelow(folder: string, path: string, folders?: Set<string>): string | undefined {
  let at = folder;
  for (const name of relative(folder, path).split(sep).filter(Boolean)) {
    at = join(at, name);
    if (folders?.has(at)) continue;
    const found = lookAt(at);
    if (found?.isSymbolicLink()) return at;
    if (found?.isDirectory()) folders?.add(at);
  }
  return undefined;
}

/**
 * Refuses a path that leads through a symbolic link.
 *
 * @param folders see {@link linkBelow}
 * @throws EnrollkitError FILE_UNWRITABLE, naming the link
 */
export function assertNoLinkBelow(folder: string, path: string, folders?: Set<string>): void {
  const link = linkBelow(folder, path, folders);
  if (link !== undefined) throw isLink(link);
}

/**
 * Refuses a path that leads through a symbolic link, or, where it is a folder, that has one anywhere in it.
 *
 * @throws EnrollkitError FILE_UNWRITABLE, naming the link
 */
export function assertNoLinkIn(folder: string, path: string): void {
  assertNoLinkBelow(folder, path);
  for (const below of pathsIn(path)) if (lookAt(below)?.isSymbolicLink()) throw isLink(below);
}

/** Everything below a folder; nothing for a file, or for a folder that cannot be read or has just been removed. */
function pathsIn(path: string): string[] {
  if (!lookAt(path)?.isDirectory()) return [];
  try {
    return readdirSync(path).flatMap((name) => [join(path, name), ...pathsIn(join(path, name))]);
  } catch {
    return [];
  }
}

function isLink(path: string): EnrollkitError {
  return new EnrollkitError('FILE_UNWRITABLE', sentences.workspace.symbolicLink(path), {
    next: sentences.workspace.replaceLink,
    context: { file: path },
  });
}
