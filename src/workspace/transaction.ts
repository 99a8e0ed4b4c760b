/**
 * Changes several files together, or none. New files are first written to a temporary folder, then a list of the
 * changes is, and then the files are moved into place. A failure restores the previous files. If the process is killed,
 * the next one that locks the folder completes the list, or removes the temporary files if there is no list yet.
 */

import { chmodSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import {
  ensureFolder,
  lookAt,
  placeNew,
  readTextIfExists,
  reason,
  removeIfEmpty,
  type StagedFile,
  stageFile,
  stageFiles,
  unwritable,
} from './files.js';
import { jsonOf } from './json-text.js';
import { isPathInside } from './path-inside.js';
import { assertNoLinkBelow, assertNoLinkIn } from './symbolic-links.js';

/** Relative to the folder of the transaction, with `/` between its parts. */
const path = z.string().refine(isPathInside);
const pair = z.tuple([path, path]);
const changeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('write'),
    path,
    /** Whether an existing file is replaced. */
    replace: z.literal(true).optional(),
    /** Whether the journal records the file. */
    note: z.literal(true).optional(),
  }),
  z.strictObject({
    kind: z.literal('move'),
    path,
    to: path,
    /** The files that the journal follows: where they were, and where they are. */
    note: z.array(pair).optional(),
  }),
  /** A new folder with these files in it, which the journal records. */
  z.strictObject({ kind: z.literal('create'), path, files: z.array(path) }),
  /** A folder for its owner alone, also if it exists with a wider mode. */
  z.strictObject({ kind: z.literal('folder'), path }),
  /** What the transaction is part of, for the command that completes it. Changes nothing. */
  z.strictObject({ kind: z.literal('request'), request: z.string() }),
]);
export type Change = z.infer<typeof changeSchema>;
type CreatedFolder = Extract<Change, { kind: 'create' }>;

/** A folder in which one process at a time changes files. Its lock is held while any of this is used. */
export interface TransactionFolder {
  folder: string;
  /** The temporary folder, on the same file system; it exists only while files are written. */
  work: string;
  /** Whether a file may be replaced; without it, the list says so. */
  isReplaceable?: (path: string) => boolean;
  /** Records the changes, once all are made; may be called twice for the same changes. */
  note?: (changes: readonly Change[]) => void;
}

/** A transaction of a process that was killed. Paths are relative to the folder. */
export interface Completed {
  /** What it was part of; see {@link Transaction.commit}. */
  request: string | undefined;
  written: string[];
  moved: { from: string; to: string }[];
}

/** In the temporary folder: the list of the changes, from when all is written until all is in its place. */
const listName = 'changes.json';

/**
 * Completes the changes of a process that was killed, or removes the files that it had not put in place.
 *
 * @returns what was completed
 * @throws EnrollkitError JOURNAL_UNREADABLE when the list cannot be read; FILE_EXISTS, FILE_UNWRITABLE
 */
export function finishInterrupted(place: TransactionFolder): Completed | undefined {
  const { folder, work } = place;
  assertNoLinkIn(folder, work);
  assertFolder(work);
  const list = join(work, listName);
  const text = readTextIfExists(list);
  let completed: Completed | undefined;
  if (text !== undefined) {
    const changes = z.array(changeSchema).safeParse(jsonOf(text));
    if (!changes.success) {
      throw new EnrollkitError('JOURNAL_UNREADABLE', sentences.workspace.changes.notAList(list, folder), {
        next: sentences.workspace.changes.moveWork(work),
      });
    }
    const failed = apply(place, changes.data);
    if (failed) throw failed.error;
    place.note?.(changes.data);
    completed = { request: undefined, written: [], moved: [] };
    for (const change of changes.data) {
      if (change.kind === 'request') completed.request = change.request;
      else if (change.kind === 'write' || change.kind === 'create')
        completed.written.push(...filesOf(change));
      else if (change.kind === 'move') completed.moved.push({ from: change.path, to: change.to });
    }
  }
  removeWork(work);
  return completed;
}

/** The files that a change writes, relative to the folder of the transaction. */
export function filesOf(change: Extract<Change, { kind: 'write' }> | CreatedFolder): string[] {
  return change.kind === 'write' ? [change.path] : change.files.map((name) => `${change.path}/${name}`);
}

export class Transaction {
  readonly #place: TransactionFolder;
  readonly #moves: Change[] = [];
  readonly #folders: Change[] = [];
  /** New folders, with their files. */
  readonly #created = new Map<CreatedFolder, NewFiles>();
  readonly #files = new Map<string, NewContents>();

  constructor(place: TransactionFolder) {
    this.#place = place;
  }

  /** The files to write, in this order. */
  get written(): string[] {
    return [...this.#files.keys()];
  }

  write(
    path: string,
    contents: string | Uint8Array,
    mode: number,
    options: { replace?: boolean; note?: boolean } = {},
  ): void {
    this.#files.set(path, { contents, mode, ...options });
  }

  /**
   * Makes a folder that must not exist, with its files, in one step; after everything else.
   *
   * @param files by their paths in it; the journal records them
   */
  createFolder(path: string, files: NewFiles): void {
    this.#created.set({ kind: 'create', path, files: [...files.keys()] }, files);
  }

  /** Moved before anything is written. The destination must not exist. @param note the files that the journal follows */
  move(path: string, to: string, note: [from: string, to: string][] = []): void {
    this.#moves.push({ kind: 'move', path, to, ...(note.length > 0 ? { note } : {}) });
  }

  /** Makes a folder accessible to its owner only, also if it exists with a wider mode; after the moves. */
  privateFolder(path: string): void {
    this.#folders.push({ kind: 'folder', path });
  }

  /**
   * @param request what the transaction is part of; {@link finishInterrupted} returns it
   * @throws EnrollkitError FILE_UNWRITABLE; FILE_EXISTS when a new file's name is taken. Nothing is changed then
   */
  commit(request?: string): void {
    const changes = this.#changes(request);
    try {
      for (const file of this.#staged(changes)) stageFile(file.path, file.contents, file.mode, file.staged);
    } catch (error) {
      removeWork(this.#place.work);
      throw error;
    }
    this.#apply(changes);
  }

  /**
   * Like {@link commit}, but waits for the disk without blocking this thread, and for many files at once.
   *
   * @throws EnrollkitError as {@link commit}
   */
  async commitMany(): Promise<void> {
    const changes = this.#changes();
    try {
      await stageFiles(this.#staged(changes));
    } catch (error) {
      removeWork(this.#place.work);
      throw error;
    }
    this.#apply(changes);
  }

  #changes(request?: string): Change[] {
    const writes = [...this.#files].map(([path, { replace, note }]): Change & { kind: 'write' } => ({
      kind: 'write',
      path,
      ...(replace ? { replace: true } : {}),
      ...(note ? { note: true } : {}),
    }));
    return [
      ...this.#moves,
      ...this.#folders,
      ...writes,
      ...this.#created.keys(),
      ...(request === undefined ? [] : [{ kind: 'request' as const, request }]),
    ];
  }

  /** The new files, and where they wait. */
  #staged(changes: readonly Change[]): StagedFile[] {
    const { folder, work } = this.#place;
    return changes.flatMap((change, index) => {
      const [path, staged] = ['path' in change ? join(folder, change.path) : folder, stagedIn(work, index)];
      if (change.kind === 'create') {
        return [...this.#created.get(change)!].map(([name, file]) => ({
          ...{ path: join(path, name), staged: join(staged, name) },
          ...file,
        }));
      }
      if (change.kind !== 'write') return [];
      const { contents, mode } = this.#files.get(change.path)!;
      return [{ path, contents, mode, staged }];
    });
  }

  /** Puts the staged files in their places. */
  #apply(changes: readonly Change[]): void {
    const { work } = this.#place;
    // One file is whole or absent without a list.
    const [alone, ...others] = changes.filter(({ kind }) => kind !== 'request');
    let isHalfway = false;
    try {
      if (alone?.kind === 'write' && others.length === 0) placeOne(this.#place, alone);
      else {
        const list = join(work, listName);
        stageFile(list, JSON.stringify(changes), 0o600, `${list}.new`);
        giveName(`${list}.new`, list);
        const failed = apply(this.#place, changes);
        isHalfway = failed?.isHalfway === true;
        if (failed) throw failed.error;
      }
      isHalfway = true;
      this.#place.note?.(changes);
      isHalfway = false;
    } finally {
      if (!isHalfway) removeWork(work);
    }
  }
}

interface NewContents extends NewFile {
  replace?: boolean;
  note?: boolean;
}

export interface NewFile {
  contents: string | Uint8Array;
  mode: number;
}

/** The files of a new folder, by their paths in it. */
export type NewFiles = ReadonlyMap<string, NewFile>;

function placeOne(
  { folder, work, isReplaceable }: TransactionFolder,
  change: Change & { kind: 'write' },
): void {
  const path = join(folder, change.path);
  assertNoLinkBelow(folder, dirname(path));
  ensureFolder(dirname(path));
  const staged = stagedIn(work, 0);
  if (!(isReplaceable?.(change.path) ?? change.replace)) {
    placeNew(staged, path);
    return;
  }
  giveName(staged, path);
}

/** @throws EnrollkitError FILE_UNWRITABLE */
function giveName(staged: string, path: string): void {
  try {
    renameSync(staged, path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Reverts one change, by giving something its former path. */
interface Undo {
  to: string;
  act: () => void;
}

interface Failure {
  error: EnrollkitError;
  /** Whether some changes were made and could not be reverted: the list must stay. */
  isHalfway: boolean;
}

/** Makes the changes, except those already made. Reverts all on a failure, if it can. */
function apply(
  { folder, work, isReplaceable }: TransactionFolder,
  changes: readonly Change[],
): Failure | undefined {
  const undo: Undo[] = [];
  const newFolders: string[] = [];
  const folders = new Set<string>();
  const rename = (from: string, to: string) => {
    ensureFolder(dirname(to));
    renameSync(from, to);
    undo.unshift({ to: from, act: () => renameSync(to, from) });
  };
  try {
    for (const [index, change] of changes.entries()) {
      if (change.kind === 'request') continue;
      const path = join(folder, change.path);
      const [staged, former] = [stagedIn(work, index), join(work, 'former', String(index))];
      assertNoLinkBelow(folder, dirname(path), folders);
      if (change.kind === 'folder') {
        if (!lookAt(path)) newFolders.unshift(path);
        makePrivateFolder(folder, path);
      } else if (change.kind === 'move') {
        const to = join(folder, change.to);
        assertNoLinkBelow(folder, dirname(to));
        if (lookAt(path) && !lookAt(to)) rename(path, to);
      } else if (change.kind === 'create') {
        if (!existsSync(staged)) continue;
        if (lookAt(path)) throw nameTaken(path);
        rename(staged, path);
      } else if (existsSync(staged)) {
        const existing = lookAt(path);
        if (!existing) {
          // Moved away, and not yet replaced.
          if (lookAt(former)) undo.unshift({ to: path, act: () => renameSync(former, path) });
          rename(staged, path);
          continue;
        }
        const isReplaced = existing.isFile() && (isReplaceable?.(change.path) ?? change.replace);
        if (!isReplaced) throw nameTaken(path);
        keepFormer(path, former);
        undo.unshift({ to: path, act: () => putBack(path, { staged, former }) });
        renameSync(staged, path);
      }
    }
    return undefined;
  } catch (cause) {
    const isHalfway = !isReverted(undo, newFolders);
    if (cause instanceof EnrollkitError && !cause.cause) return { error: cause, isHalfway };
    const failed = cause instanceof EnrollkitError ? cause.cause : cause;
    const { path = folder } = failed as NodeJS.ErrnoException;
    const error = new EnrollkitError(
      'FILE_UNWRITABLE',
      isHalfway
        ? sentences.workspace.changes.halfway(folder, path, reason(failed), work)
        : sentences.workspace.changes.unchanged(path, reason(failed)),
      {
        cause,
        ...(isHalfway
          ? {
              next: sentences.workspace.changes.finish,
            }
          : {}),
      },
    );
    return { error, isHalfway };
  }
}

/** @returns false when the disk takes nothing any more */
function isReverted(undo: readonly Undo[], newFolders: readonly string[]): boolean {
  try {
    const moves = undo.filter(({ to }) => newFolders.includes(to));
    for (const { act } of undo.filter((one) => !moves.includes(one))) act();
    // A new folder may be in the place of one that was moved aside.
    for (const path of newFolders) removeIfEmpty(path);
    for (const { act } of moves) act();
    return true;
  } catch {
    return false;
  }
}

/** @throws EnrollkitError FILE_UNWRITABLE, also for a symbolic link */
function makePrivateFolder(folder: string, path: string): void {
  assertNoLinkBelow(folder, path);
  ensureFolder(path);
  try {
    chmodSync(path, 0o700);
  } catch {
    // Another user's folder: its files have their own modes.
  }
}

/** Restores the former file; a new one is staged again, in case the rest cannot be reverted. */
function putBack(path: string, { staged, former }: { staged: string; former: string }): void {
  if (!lookAt(staged)) {
    try {
      linkSync(path, staged);
    } catch {
      renameSync(path, staged);
    }
  }
  renameSync(former, path);
}

/** A link, so that the file is never missing from its place; on file systems without links, it is for a moment. */
function keepFormer(path: string, former: string): void {
  ensureFolder(dirname(former));
  rmSync(former, { force: true });
  try {
    linkSync(path, former);
  } catch {
    renameSync(path, former);
  }
}

/** @throws EnrollkitError FILE_EXISTS when something else has the name of the temporary folder */
function assertFolder(work: string): void {
  if (lookAt(work)?.isDirectory() !== false) return;
  throw new EnrollkitError('FILE_EXISTS', sentences.workspace.changes.needsFolder(work), {
    next: sentences.workspace.moveAway,
    context: { file: work },
  });
}

function nameTaken(path: string): EnrollkitError {
  return new EnrollkitError('FILE_EXISTS', sentences.workspace.changes.targetExists(path), {
    next: sentences.workspace.moveAway,
    context: { file: path },
  });
}

function stagedIn(work: string, index: number): string {
  return join(work, 'staged', String(index));
}

/** Deletes the list first: without it, the rest is ignored. What a read-only disk keeps, the next command removes. */
function removeWork(work: string): void {
  try {
    for (const name of [listName, `${listName}.new`, 'staged', 'former'])
      rmSync(join(work, name), { recursive: true, force: true });
  } catch {
    return;
  }
  removeIfEmpty(work);
}
