/** A path for the commands in the comments of a program: nothing in it can end the comment, or be an escape there. */

/** As a shell takes it; undefined for a path with other characters than those of usual names. */
export function programWord(path: string): string | undefined {
  if (!/^[\p{L}\p{M}\p{N}_.,+=@%: /-]+$/u.test(path) || path.startsWith('-')) return undefined;
  return /^[\w.,+=@%:/-]+$/.test(path) ? path : `'${path}'`;
}
