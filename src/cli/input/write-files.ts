/** The files that a command writes: never over others unless asked, all or none, and never losing a private key. */
import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, parse, relative, resolve } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sha256OfFile } from '../../workspace/digest.js';
import { ensureFolder, lookAt, move, placeNew, removeIfEmpty, stageFile } from '../../workspace/files.js';
import { Journal } from '../../workspace/journal.js';
import { assertStateInFolder, certificateFolderOf } from '../../workspace/layout.js';
import { takeLock } from '../../workspace/lock.js';
import { OwnFiles } from '../../workspace/own-files.js';
import { assertNoLinkBelow } from '../../workspace/symbolic-links.js';
import type { Context } from '../kernel/command.js';
import { displayPath } from '../terminal/text.js';
import { mayHoldKey } from './read-file.js';

export interface NewFile {
  path: string;
  contents: string | Uint8Array;
  /** `secretFileMode` or `publicFileMode`. */
  mode: number;
}

/** A replaced file that contained a private key. */
export interface KeptKey {
  path: string;
  keptAs: string;
}

/**
 * Call it before the work, so that nobody waits for files that cannot be written.
 *
 * @throws EnrollkitError FILE_EXISTS, naming the first that exists; only regular files can be replaced.
 *   FILE_UNWRITABLE for a path that leads through a symbolic link inside a certificate folder
 */
export function assertFree(paths: readonly string[], force: boolean): void {
  for (const path of paths) {
    const layout = certificateFolderOf(path);
    if (layout) assertNoLinkBelow(layout.folder, resolve(path));
    const existing = lookAt(path);
    if (!existing || (force && existing.isFile())) continue;
    const why = existing.isFile()
      ? 'is there already'
      : existing.isSymbolicLink()
        ? 'is a symbolic link'
        : 'is a folder, or something else that is no file';
    throw new EnrollkitError('FILE_EXISTS', `${path} ${why}.`, {
      next: `Choose another place with --out${existing.isFile() ? ', or replace it with --force' : ''}.`,
      context: { file: path },
    });
  }
}

/**
 * Writes all files under temporary names, then moves them into place in order; a failure restores the previous state.
 * A replaced file with a private key is kept under another name. In a certificate folder, the journal follows the files
 * that runs wrote, so that `clean` still knows them.
 *
 * @returns the private keys that were replaced
 * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE; FOLDER_IN_USE, JOURNAL_UNREADABLE
 */
export function writeFiles(
  files: readonly NewFile[],
  force: boolean,
  now: () => Date = () => new Date(),
): KeptKey[] {
  assertFree(
    files.map(({ path }) => path),
    force,
  );
  const suffix = `.${randomBytes(6).toString('hex')}`;
  const newFolders = [...new Set(files.flatMap(({ path }) => missingFolders(dirname(path))))];
  const own = ownFilesOf(files, now);
  const undo: (() => void)[] = [];
  const kept: KeptKey[] = [];
  try {
    for (const { path, contents, mode } of files) {
      stageFile(path, contents, mode, `${path}${suffix}.new`);
      undo.unshift(() => rmSync(`${path}${suffix}.new`, { force: true }));
    }
    for (const { path, contents } of files) {
      const isOwn = own?.files.isUnchanged(resolve(path)) === true;
      if (lookAt(path)) {
        const holdsKey = mayHoldKey(path);
        const aside = holdsKey ? placeForKey(path) : `${path}${suffix}.old`;
        moveAside(path, aside);
        undo.unshift(() => {
          renameSync(aside, path);
          removeIfEmpty(dirname(aside));
        });
        if (holdsKey) kept.push({ path, keptAs: aside });
        if (isOwn && holdsKey) own?.files.note(resolve(aside));
      }
      placeNew(`${path}${suffix}.new`, path);
      undo.unshift(() => rmSync(path, { force: true }));
      if (isOwn) own?.files.note(resolve(path), contents);
    }
  } catch (error) {
    for (const act of undo) act();
    for (const folder of newFolders) removeIfEmpty(folder);
    throw error;
  } finally {
    own?.unlock();
  }
  for (const { path } of files) rmSync(`${path}${suffix}.old`, { force: true });
  return kept;
}

/** As {@link writeFiles}, with a message for each private key that was replaced. */
export function writeAndReport(
  files: readonly NewFile[],
  force: boolean,
  { output, now }: Pick<Context, 'output' | 'now'>,
): void {
  for (const { path, keptAs } of writeFiles(files, force, now)) {
    output.note(
      'file.key-kept',
      `kept: the private key that was in ${displayPath(path)} is now in ${displayPath(keptAs)}`,
    );
  }
}

/** The journal's entries of the files to replace; undefined if there are none. */
function ownFilesOf(
  files: readonly NewFile[],
  now: () => Date,
): { files: OwnFiles; unlock: () => void } | undefined {
  const replaced = files.find(({ path }) => lookAt(path));
  const layout = replaced && certificateFolderOf(replaced.path);
  if (!layout) return undefined;
  assertStateInFolder(layout);
  const unlock = takeLock(layout.lock);
  try {
    return { files: new OwnFiles(layout, Journal.open(layout.journal, now)), unlock };
  } catch (error) {
    unlock();
    throw error;
  }
}

/**
 * Where a file with a private key goes when another takes its place: `key.pem` of a folder into a folder beside that
 * one, any other file beside itself, with 8 digits of its SHA-256.
 */
function placeForKey(path: string): string {
  const digits = `previous-${sha256OfFile(path)!.slice(0, 8)}`;
  const { dir, name, ext } = parse(path);
  const folder = resolve(dir);
  const isAbove = !relative(folder, process.cwd()).startsWith('..');
  if (basename(path) !== 'key.pem' || isAbove) return join(dir, `${name}.${digits}${ext}`);
  return join(`${folder}.${digits}`, basename(path));
}

function moveAside(from: string, to: string): void {
  const layout = certificateFolderOf(to);
  if (layout) assertNoLinkBelow(layout.folder, resolve(to));
  ensureFolder(dirname(to));
  // The same key was kept earlier.
  if (sha256OfFile(to) === sha256OfFile(from)) rmSync(to);
  move(from, to);
}

/** A folder and its parents, as far as they do not exist; the deepest first. */
function missingFolders(folder: string): string[] {
  if (existsSync(folder) || dirname(folder) === folder) return [];
  return [folder, ...missingFolders(dirname(folder))];
}
