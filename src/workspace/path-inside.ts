/** Paths read from a file that anyone can edit: a journal, or a list of changes. */

/**
 * Whether a path is relative, has `/` between its parts, and stays in its folder on every system. Windows takes a
 * backslash for a separator, and a colon for the end of a drive's name; no file that enrollkit names has either.
 */
export function isPathInside(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a file system stops reading at NUL.
  if (/[\\:\u0000]/.test(path)) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
