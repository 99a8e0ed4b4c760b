/**
 * Several files changed at once, or none. What is new is written aside first, then a list of the changes, and only
 * then are the files put in their places: a failure puts back what was there, and a process that was killed in the
 * middle leaves the list, from which the next one goes on.
 */
import { chmodSync, existsSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { EnrollkitError } from '../errors.js';
import { ensureFolder, stageFile, writeFileAtomically } from '../workspace/files.js';
import { takeLock } from '../workspace/lock.js';

const changeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('write'), path: z.string() }),
  z.strictObject({ kind: z.literal('move'), path: z.string(), to: z.string() }),
  z.strictObject({ kind: z.literal('remove'), path: z.string() }),
]);
/** Paths are relative to the folder. */
type Change = z.infer<typeof changeSchema>;

/** Beside the files of the CA, on the same file system; it is there while a command runs, and gone afterwards. */
const workFolder = '.certgen';
const listName = 'changes.json';

/**
 * Runs one command alone in a folder, after what an interrupted one left is finished.
 *
 * @throws EnrollkitError FOLDER_IN_USE, FILE_UNWRITABLE
 */
export async function alone<Result>(folder: string, act: () => Promise<Result>): Promise<Result> {
  const work = join(folder, workFolder);
  const release = take(join(work, 'lock'));
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

function take(lock: string): () => void {
  try {
    return takeLock(lock);
  } catch (error) {
    // The folder went in that very moment, with the command before.
    const gone = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
    if (gone) return takeLock(lock);
    throw error;
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

  /** Done before anything is written. */
  remove(path: string): void {
    this.#moves.push({ kind: 'remove', path });
  }

  /** @throws EnrollkitError FILE_UNWRITABLE; then all is as it was */
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
  if (existsSync(list)) {
    const changes = z.array(changeSchema).parse(JSON.parse(readFileSync(list, 'utf8')));
    apply(folder, changes);
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
      const former = join(work, 'former', String(index));
      const staged = stagedIn(work, index);
      if (change.kind === 'move') {
        const to = join(folder, change.to);
        if (existsSync(path) && !existsSync(to)) rename(path, to);
      } else if (change.kind === 'remove' || existsSync(staged)) {
        if (existsSync(path)) rename(path, former);
        if (change.kind === 'write') rename(staged, path);
      }
    }
  } catch (cause) {
    for (const [from, to] of undo) renameSync(from, to);
    const failed = cause instanceof EnrollkitError ? cause.cause : cause;
    const { code = 'an unknown reason', path = folder } = failed as NodeJS.ErrnoException;
    throw new EnrollkitError(
      'FILE_UNWRITABLE',
      `The files in ${folder} cannot be put in their places: ${code} at ${path}. All is as it was.`,
      { cause },
    );
  }
}

function stagedIn(work: string, index: number): string {
  return join(work, 'staged', String(index));
}

/** The list goes first: without it, the rest is rubbish. */
function removeWork(work: string): void {
  for (const name of [listName, 'staged', 'former'])
    rmSync(join(work, name), { recursive: true, force: true });
}

/** A folder for its owner alone, also when it was there before with a wider mode. */
export function ownFolder(path: string): void {
  ensureFolder(path);
  try {
    chmodSync(path, 0o700);
  } catch {
    // Somebody else's: its files have modes of their own.
  }
}
