/**
 * Changes several files together, or none. New files are first written to a temporary folder, then a list of the
 * changes is, and then the files are moved into place. A failure restores the previous files; if the process is killed,
 * the next one completes the list.
 */
import { chmodSync, existsSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { EnrollkitError } from '../errors.js';
import {
  ensureFolder,
  lookAt,
  readTextIfExists,
  stageFile,
  writeFileAtomically,
} from '../workspace/files.js';
import { jsonOf } from '../workspace/json-text.js';
import { takeLock } from '../workspace/lock.js';
import { isPathInside } from '../workspace/path-inside.js';
import { assertNoLinkBelow, assertNoLinkIn } from '../workspace/symbolic-links.js';

const path = z.string().refine(isPathInside);
const changeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('write'), path }),
  z.strictObject({ kind: z.literal('move'), path, to: path }),
]);
/** Paths are relative to the folder. */
type Change = z.infer<typeof changeSchema>;

/** For the CA's database and copies of certificates; other files are moved aside before a new one is written. */
const replaceable = /^((index\.txt(\.attr)?|serial)(\.old)?|newcerts\/[0-9A-F]+\.pem)$/;

/** Next to the CA's files, on the same file system; exists only while a command runs. */
const workFolder = '.certgen';
const listName = 'changes.json';

/**
 * Runs one command at a time in a folder, after completing an interrupted one.
 *
 * @throws EnrollkitError FOLDER_IN_USE, FILE_UNWRITABLE; JOURNAL_UNREADABLE when an interrupted command's changes
 *   cannot be read
 */
export async function withFolderLock<Result>(folder: string, act: () => Promise<Result>): Promise<Result> {
  const work = join(folder, workFolder);
  assertNoLinkIn(folder, work);
  const release = takeLock(join(work, 'lock'));
  try {
    finishInterrupted(folder);
    return await act();
  } finally {
    release();
    try {
      rmdirSync(work);
    } catch {
      // Another command has started.
    }
  }
}

/** A new folder for files that are moved aside: `replaced-<time>`. @param time for a file name */
export function newAsideFolder(folder: string, time: string): string {
  const name = `replaced-${time}`;
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? name : `${name}-${number}`;
    if (!lookAt(join(folder, free))) return free;
  }
}

export class Transaction {
  readonly #folder: string;
  readonly #moves: Change[] = [];
  readonly #files = new Map<string, { contents: string | Uint8Array; mode: number }>();

  /** @param folder locked by {@link withFolderLock} */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The files to write, in this order. */
  get written(): string[] {
    return [...this.#files.keys()];
  }

  write(path: string, contents: string | Uint8Array, mode: number): void {
    this.#files.set(path, { contents, mode });
  }

  /** Moved before anything is written. The destination must not exist. */
  move(path: string, to: string): void {
    this.#moves.push({ kind: 'move', path, to });
  }

  /**
   * @throws EnrollkitError FILE_UNWRITABLE; FILE_EXISTS when a new file's name is taken. Nothing is changed then
   */
  commit(): void {
    const work = join(this.#folder, workFolder);
    const changes: Change[] = [
      ...this.#moves,
      ...this.written.map((path) => ({ kind: 'write' as const, path })),
    ];
    try {
      for (const [index, change] of changes.entries()) {
        const file = this.#files.get(change.path);
        if (change.kind !== 'write') continue;
        const path = join(this.#folder, change.path);
        stageFile(path, file!.contents, file!.mode, stagedIn(work, index));
      }
      writeFileAtomically(join(work, listName), JSON.stringify(changes), 0o600);
      apply(this.#folder, changes);
    } finally {
      removeWork(work);
    }
  }
}

function finishInterrupted(folder: string): void {
  const work = join(folder, workFolder);
  const list = join(work, listName);
  const text = readTextIfExists(list);
  if (text !== undefined) {
    const changes = z.array(changeSchema).safeParse(jsonOf(text));
    if (!changes.success) {
      throw new EnrollkitError(
        'JOURNAL_UNREADABLE',
        `${list}, left by an interrupted command, is not a list of changes in ${folder}.`,
        {
          next: `Move ${work} away. What that command had replaced already is in the folder "former" in it.`,
        },
      );
    }
    apply(folder, changes.data);
  }
  removeWork(work);
}

/** Makes the changes, except those already made. Reverts all on a failure. */
function apply(folder: string, changes: readonly Change[]): void {
  const work = join(folder, workFolder);
  const undo: [from: string, to: string][] = [];
  const rename = (from: string, to: string) => {
    ensureFolder(dirname(to));
    renameSync(from, to);
    undo.unshift([to, from]);
  };
  try {
    for (const [index, change] of changes.entries()) {
      const path = join(folder, change.path);
      const staged = stagedIn(work, index);
      assertNoLinkBelow(folder, dirname(path));
      if (change.kind === 'move') {
        const to = join(folder, change.to);
        assertNoLinkBelow(folder, dirname(to));
        if (lookAt(path) && !lookAt(to)) rename(path, to);
      } else if (existsSync(staged)) {
        if (lookAt(path) && !replaceable.test(change.path)) throw nameTaken(path);
        if (lookAt(path)) rename(path, join(work, 'former', String(index)));
        rename(staged, path);
      }
    }
  } catch (cause) {
    for (const [from, to] of undo) renameSync(from, to);
    if (cause instanceof EnrollkitError && !cause.cause) throw cause;
    const failed = cause instanceof EnrollkitError ? cause.cause : cause;
    const { code = 'an unknown reason', path = folder } = failed as NodeJS.ErrnoException;
    throw new EnrollkitError(
      'FILE_UNWRITABLE',
      `The files in ${folder} cannot be put in their places: ${code} at ${path}. All is as it was.`,
      { cause },
    );
  }
}

function nameTaken(path: string): EnrollkitError {
  return new EnrollkitError(
    'FILE_EXISTS',
    `${path} already exists where a new file is to be written. Nothing was changed.`,
    {
      next: 'Move it away, then run the same command again.',
    },
  );
}

function stagedIn(work: string, index: number): string {
  return join(work, 'staged', String(index));
}

/** Deletes the list first: without it, the rest is ignored. */
function removeWork(work: string): void {
  for (const name of [listName, 'staged', 'former'])
    rmSync(join(work, name), { recursive: true, force: true });
}

/**
 * Makes a folder accessible to its owner only, also if it exists with a wider mode.
 *
 * @throws EnrollkitError FILE_UNWRITABLE, also for a symbolic link
 */
export function makePrivateFolder(folder: string, name: string): void {
  const path = join(folder, name);
  assertNoLinkBelow(folder, path);
  ensureFolder(path);
  try {
    chmodSync(path, 0o700);
  } catch {
    // Another user's folder: its files have their own modes.
  }
}
