import { relative } from 'node:path';

/** A path as a person would type it in the current folder. */
export function here(path: string): string {
  const shorter = relative('', path);
  return shorter === '' || shorter.startsWith('..') ? path : shorter;
}
