import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path is inside a folder. */
export function isPathBelow(folder: string, path: string): boolean {
  const between = relative(folder, path);
  return between !== '' && between !== '..' && !between.startsWith(`..${sep}`) && !isAbsolute(between);
}
