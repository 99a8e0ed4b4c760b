/**
 * Several files changed at once, or none. What is new is written aside first, then a list of the changes, and only
 * then are the files put in their places: a failure puts back what was there, and a process that was killed in the
 * middle leaves the list, from which the next one goes on.
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

/** The CA's database and its copies of certificates; any other file is moved aside before a new one is written. */
const replaceable = /^((index\.txt(\.attr)?|serial)(\.old)?|newcerts\/[0-9A-F]+\.pem)$/;

/** Beside the files of the CA, on the same file system; it is there while a command runs, and gone afterwards. */
const workFolder = '.certgen';
const listName = 'changes.json';

/**
 * Runs one command alone in a folder, after what an interrupted one left is finished.
 *
 * @throws EnrollkitError FOLDER_IN_USE, FILE_UNWRITABLE; JOURNAL_UNREADABLE when nobody can tell what was left
 */
export async function alone<Result>(folder: string, act: () => Promise<Result>): Promise<Result> {
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
      // Another command has begun there.
    }
  }
}

/** A folder that is not there yet, for what steps aside: `replaced-<time>`. @param time as a name can hold it */
export function freeAside(folder: string, time: string): string {
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

  /** @param folder which {@link alone} holds */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What is to be written, in this order. */
  get written(): string[] {
    return [...this.#files.keys()];
  }

  write(path: string, contents: string | Uint8Array, mode: number): void {
    this.#files.set(path, { contents, mode });
  }

  /** Done before anything is written. The destination must not exist. */
  move(path: string, to: string): void {
    this.#moves.push({ kind: 'move', path, to });
  }

  /**
   * @throws EnrollkitError FILE_UNWRITABLE; FILE_EXISTS when something is in the place of a new file. Then all is as it
   *   was
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

/** Puts the changes in place; those that are in place already are passed over. Takes all back on a failure. */
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
        if (lookAt(path) && !replaceable.test(change.path)) throw inTheWay(path);
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

function inTheWay(path: string): EnrollkitError {
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

/** The list goes first: without it, the rest is rubbish. */
function removeWork(work: string): void {
  for (const name of [listName, 'staged', 'former'])
    rmSync(join(work, name), { recursive: true, force: true });
}

/**
 * A folder for its owner alone, also when it was there before with a wider mode.
 *
 * @throws EnrollkitError FILE_UNWRITABLE, also for a symbolic link
 */
export function ownFolder(folder: string, name: string): void {
  const path = join(folder, name);
  assertNoLinkBelow(folder, path);
  ensureFolder(path);
  try {
    chmodSync(path, 0o700);
  } catch {
    // Somebody else's: its files have modes of their own.
  }
}
