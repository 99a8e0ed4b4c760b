/** Which folder is locked, and has the temporary files, while a command writes: all of its files together if possible. */
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { lookAt } from '../../workspace/files.js';
import { certificateFolderOf, type Layout, layoutOf } from '../../workspace/layout.js';
import { lockHolder } from '../../workspace/lock.js';

/** Files that are written together, as absolute paths. */
export interface WritePlace {
  layout: Layout;
  paths: string[];
}

/**
 * The places of some files. Those of a certificate folder are written together, and so are all others, unless they are
 * on different file systems, or no folder that they share can be written: then those of each folder are.
 */
export function placesOf(paths: readonly string[]): WritePlace[] {
  const places = new Map<string, WritePlace>();
  const others: string[] = [];
  for (const path of paths.map((one) => resolve(one))) {
    const layout = certificateFolderOf(path);
    if (!layout) others.push(path);
    else place(places, layout).paths.push(path);
  }
  const roots = others.map((path) => rootOf(path));
  const shared = roots.length > 0 ? commonFolder(roots) : undefined;
  for (const [index, path] of others.entries()) {
    place(places, stateIn(shared ?? roots[index]!)).paths.push(path);
  }
  return [...places.values()];
}

function place(places: Map<string, WritePlace>, layout: Layout): WritePlace {
  const found = places.get(layout.state) ?? { layout, paths: [] };
  places.set(layout.state, found);
  return found;
}

/** The places of some files in which a killed process has left something. */
export function interruptedPlaces(paths: readonly string[]): Layout[] {
  const absolute = paths.map((path) => resolve(path));
  const layouts = [
    ...placesOf(paths).map(({ layout }) => layout),
    // Where they were if a key was to be kept, or not.
    ...absolute
      .filter((path) => !certificateFolderOf(path))
      .flatMap((path) => {
        const folder = dirname(path);
        return [stateIn(folder), stateIn(dirname(folder))];
      }),
  ];
  const byState = new Map(layouts.map((layout) => [layout.state, layout]));
  return [...byState.values()].filter(
    ({ state, pending, lock }) =>
      ((lookAt(pending) ?? lookAt(lock))?.isDirectory() && lockHolder(lock) === undefined) ||
      isEmptyFolder(state),
  );
}

/** A process that is killed as the last thing that it does, removing the folder, leaves it empty. */
function isEmptyFolder(path: string): boolean {
  return lookAt(path)?.isDirectory() === true && readdirSync(path).length === 0;
}

/** Whether a replaced key is kept in a folder beside its own: if that can be made, and is not a folder around us. */
export function goesToOwnFolder(path: string): boolean {
  const folder = dirname(resolve(path));
  const isAbove = !relative(folder, process.cwd()).startsWith('..');
  if (basename(path) !== 'key.pem' || isAbove) return false;
  if (certificateFolderOf(path)?.folder === folder) return false;
  return deviceOf(folder) === deviceOf(dirname(folder)) && isWritable(dirname(folder));
}

/** The folder in which everything happens when a file is written. */
function rootOf(path: string): string {
  const folder = dirname(path);
  return existsSync(path) && goesToOwnFolder(path) ? dirname(folder) : folder;
}

/** Another user's state, as in /tmp, is neither used nor completed. */
function stateIn(folder: string): Layout {
  const layout = layoutOf(folder);
  const [owner, uid] = [lookAt(layout.state)?.uid, process.getuid?.()];
  return owner === undefined || uid === undefined || owner === uid
    ? layout
    : layoutOf(folder, `.enrollkit-${uid}`);
}

/** The deepest folder around all, if files can be renamed from there to each of them. */
function commonFolder(folders: readonly string[]): string | undefined {
  let folder = folders[0]!;
  while (
    !folders.every((one) => one === folder || one.startsWith(folder.endsWith(sep) ? folder : folder + sep))
  )
    folder = dirname(folder);
  if (folders.every((one) => one === folder)) return folder;
  const isTop = dirname(folder) === folder;
  const sameDevice = folders.every((one) => deviceOf(one) === deviceOf(folder));
  return !isTop && sameDevice && isWritable(folder) ? folder : undefined;
}

/** Of the folder, or of the nearest one above it that exists. */
function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));
}

function deviceOf(folder: string): number {
  return statSync(existing(folder)).dev;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(existing(folder), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
