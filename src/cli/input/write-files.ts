/** The files that a command writes: never over others unless asked, all or none, and never losing a private key. */

import { existsSync } from 'node:fs';
import { basename, dirname, join, parse, resolve } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { assertReadsBack } from '../../pki/read-back.js';
import { sha256Of, sha256OfFile } from '../../workspace/digest.js';
import { lookAt, removeIfEmpty } from '../../workspace/files.js';
import { certificateFolderOf } from '../../workspace/layout.js';
import { openFolder } from '../../workspace/open-folder.js';
import { assertNoLinkBelow } from '../../workspace/symbolic-links.js';
import type { Context } from '../kernel/command.js';
import { displayPath } from '../terminal/text.js';
import { mayHoldKey } from './read-file.js';
import { goesToOwnFolder, interruptedPlaces, placesOf } from './write-place.js';

export interface NewFile {
  path: string;
  contents: string | Uint8Array;
  /** `secretFileMode` or `publicFileMode`. */
  mode: number;
  /** A file that it replaces contains the same private key, so that no copy is kept. */
  hasSameKey?: true;
  /** What opens it, if it is encrypted. */
  passphrase?: string | undefined;
  /** Text without certificates and keys, which is not read back as one. */
  isPlainText?: true;
}

/** A replaced file that contained a private key. */
export interface KeptKey {
  path: string;
  keptAs: string;
}

/** Commands that write files of one folder at the same time, as under `make -j`, wait for each other. */
const patienceMs = 2000;

/**
 * Call it before the work, so that nobody waits for files that cannot be written. What a killed process left beside
 * them is completed or removed.
 *
 * @throws EnrollkitError FILE_EXISTS, naming the first that exists; only regular files can be replaced.
 *   FILE_UNWRITABLE for a path that leads through a symbolic link inside a certificate folder
 */
export function assertFree(paths: readonly string[], force: boolean): void {
  finishInterrupted(paths, () => new Date());
  for (const path of paths) {
    const layout = certificateFolderOf(path);
    if (layout) assertNoLinkBelow(layout.folder, resolve(path));
    const existing = lookAt(path);
    if (!existing || (force && existing.isFile())) continue;
    const { exists, isLink, isNoFile, choosePlace, chooseOrReplace } = sentences.cliInput.output;
    const why = existing.isFile() ? exists : existing.isSymbolicLink() ? isLink : isNoFile;
    throw new EnrollkitError('FILE_EXISTS', why(path), {
      next: existing.isFile() ? chooseOrReplace : choosePlace,
      context: { file: path },
    });
  }
}

/**
 * Writes all files or none, as one transaction, once they were read as their readers will. A replaced file with a private key is kept under another name. In a
 * certificate folder, the journal follows the files that runs wrote, so that `clean` still knows them.
 *
 * @param request of {@link requestOf}, for {@link isCompletedEarlier}
 * @returns the private keys that were replaced
 * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE; FOLDER_IN_USE, JOURNAL_UNREADABLE
 */
export function writeFiles(
  files: readonly NewFile[],
  force: boolean,
  now: () => Date = () => new Date(),
  request?: string,
): KeptKey[] {
  const paths = files.map(({ path }) => path);
  assertFree(paths, force);
  assertReadsBack(files.filter(({ isPlainText }) => !isPlainText));
  const newFolders = [...new Set(paths.flatMap((path) => missingFolders(dirname(path))))];
  const kept: KeptKey[] = [];
  try {
    for (const { layout, paths: group } of placesOf(paths)) {
      const folder = openFolder(layout, now, patienceMs);
      try {
        const change = folder.files.change();
        for (const { path, contents, mode, hasSameKey } of files.filter((one) =>
          group.includes(resolve(one.path)),
        )) {
          const absolute = resolve(path);
          const note = { note: folder.files.isUnchanged(absolute) };
          if (lookAt(path) && !hasSameKey && mayHoldKey(path)) {
            const aside = placeForKey(path);
            // The same key may have been kept earlier.
            if (sha256OfFile(aside) !== sha256OfFile(path)) change.move(absolute, resolve(aside));
            kept.push({ path, keptAs: aside });
          }
          if (lookAt(path)) change.replace(absolute, contents, mode, note);
          else change.create(absolute, contents, mode, note);
        }
        change.commit(request);
      } finally {
        folder.close();
      }
    }
  } catch (error) {
    for (const { keptAs } of kept) removeIfEmpty(dirname(keptAs));
    for (const folder of newFolders) removeIfEmpty(folder);
    throw error;
  }
  return kept;
}

/**
 * What a command was asked for, as a text that tells it from others. The order of flags does not matter.
 *
 * @param parts its name, arguments and flags
 */
export function requestOf(...parts: unknown[]): string {
  const sorted = (_name: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return sha256Of(JSON.stringify(parts, sorted));
}

/**
 * Completes what the same command was writing when it was killed, or removes its temporary files. Call it before
 * anything else is read or made.
 *
 * @param request of {@link requestOf}
 * @returns whether its files are in their places now, so that there is nothing left to do
 */
function completedEarlier(paths: readonly string[], request: string, now: () => Date): boolean {
  return finishInterrupted(paths, now).includes(request);
}

/**
 * Completes what a killed process was writing beside some files, or removes its temporary files.
 *
 * @returns the requests of the changes that were completed
 * @throws EnrollkitError FOLDER_IN_USE, JOURNAL_UNREADABLE, FILE_EXISTS, FILE_UNWRITABLE
 */
export function finishInterrupted(paths: readonly string[], now: () => Date): (string | undefined)[] {
  return interruptedPlaces(paths).map((layout) => {
    const { completed, close } = openFolder(layout, now, patienceMs);
    close();
    return completed?.request;
  });
}

/** As {@link completedEarlier}, with a message. */
export function isCompletedEarlier(
  paths: readonly string[],
  request: string,
  { output, now }: Pick<Context, 'output' | 'now'>,
): boolean {
  if (!completedEarlier(paths, request, now)) return false;
  output.note('file.completed', sentences.cliInput.output.completed);
  return true;
}

/** As {@link writeFiles}, with a message for each private key that was replaced. */
export function writeAndReport(
  files: readonly NewFile[],
  force: boolean,
  { output, now }: Pick<Context, 'output' | 'now'>,
  request?: string,
): void {
  for (const { path, keptAs } of writeFiles(files, force, now, request)) {
    output.note('file.key-kept', sentences.cliInput.output.keyKept(displayPath(path), displayPath(keptAs)));
  }
}

/**
 * Where a file with a private key goes when another takes its place: `key.pem` of a folder into a folder beside that
 * one, any other file beside itself, with 8 digits of its SHA-256.
 */
function placeForKey(path: string): string {
  const digits = `previous-${sha256OfFile(path)!.slice(0, 8)}`;
  const { dir, name, ext } = parse(path);
  if (!goesToOwnFolder(path)) return join(dir, `${name}.${digits}${ext}`);
  return join(`${resolve(dir)}.${digits}`, basename(path));
}

/** A folder and its parents, as far as they do not exist; the deepest first. */
function missingFolders(folder: string): string[] {
  if (existsSync(folder) || dirname(folder) === folder) return [];
  return [folder, ...missingFolders(dirname(folder))];
}
