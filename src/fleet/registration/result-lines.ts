/** A results file: a line of JSON per device. It grows during a run, and the next run continues it. */

import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { lookAt, secretFileMode, unwritable } from '../../workspace/files.js';
import { jsonOf } from '../../workspace/json-text.js';
import { takeLock } from '../../workspace/lock.js';
import { linesOf } from '../text-files.js';

export interface ResultLine {
  registrationId: string;
  status: string;
  messageId?: string;
}

export class ResultLines<Line extends ResultLine> {
  readonly #path: string;
  readonly #file: number;
  readonly #unlock: () => void;

  private constructor(path: string, file: number, unlock: () => void) {
    this.#path = path;
    this.#file = file;
    this.#unlock = unlock;
  }

  /**
   * Opens a results file, and removes lines that are not kept and a last one that was cut off.
   *
   * @param keep whether to keep a line of an earlier run
   * @throws EnrollkitError FILE_UNREADABLE when the file contains something else; FILE_UNWRITABLE; FOLDER_IN_USE when
   *   another process writes to it
   */
  static async open<Line extends ResultLine>(
    path: string,
    keep: (line: Line) => boolean,
  ): Promise<ResultLines<Line>> {
    const unlock = lockResults(path);
    const temporary = besideResults(path, 'new');
    rmSync(temporary, { force: true });
    let file: number | undefined;
    try {
      file = openNewFile(temporary, path);
      const lines = new ResultLines<Line>(path, file, unlock);
      const existing = lookAt(path);
      if (existing?.isSymbolicLink()) throw notResults(sentences.fleet.symbolicLink(path));
      if (existing) for await (const line of readResults<Line>(path)) if (keep(line)) lines.add(line);
      renameSync(temporary, path);
      return lines;
    } catch (error) {
      if (file !== undefined) closeSync(file);
      rmSync(temporary, { force: true });
      unlock();
      throw error;
    }
  }

  /** Appends in one write, so that a killed process leaves complete lines. @throws EnrollkitError FILE_UNWRITABLE */
  add(line: Line): void {
    try {
      const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written);
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  close(): void {
    closeSync(this.#file);
    this.#unlock();
  }
}

const lockOf = (path: string) => `${path}.lock`;
const lockResults = (path: string) => takeLock(lockOf(path), { locked: path });

/** A temporary file. It is in the lock, so that the next process finds what a killed one left. */
export function besideResults(path: string, name: 'new' | 'messages'): string {
  return join(lockOf(path), name);
}

/** @param path the file that it will become; an error names it */
function openNewFile(temporary: string, path: string): number {
  try {
    return openSync(temporary, 'wx', secretFileMode);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/**
 * The lines of a results file, without a last one that was cut off.
 *
 * @throws EnrollkitError FILE_UNREADABLE
 */
export async function* readResults<Line extends ResultLine>(path: string): AsyncGenerator<Line, void> {
  let number = 0;
  let unreadable: { number: number; text: string } | undefined;
  for await (const text of linesOf(path)) {
    number += 1;
    if (unreadable !== undefined) break;
    const line = parseLine<Line>(text);
    if (line) yield line;
    else unreadable = { number, text };
  }
  if (unreadable === undefined || (unreadable.number === number && isCutOff(unreadable.text))) return;
  throw notResults(sentences.fleet.notAResult(path, unreadable.number));
}

/**
 * Removes results files, and what a killed process left beside them, when something has succeeded that makes them void.
 * A file that contains something else is left alone.
 *
 * @param act what makes them void; nobody writes to them meanwhile
 * @throws EnrollkitError FOLDER_IN_USE when another process writes to one of them; FILE_EXISTS, FILE_UNWRITABLE; what
 *   `act` throws
 */
export async function removeResults<Result>(
  paths: readonly string[],
  act: () => Promise<Result>,
): Promise<Result> {
  const existing = paths.filter((path) => lookAt(path)?.isFile() || lookAt(lockOf(path))?.isDirectory());
  const unlocks: (() => void)[] = [];
  try {
    for (const path of existing) unlocks.push(lockResults(path));
    const result = await act();
    for (const path of existing) await removeLocked(path);
    return result;
  } finally {
    for (const unlock of unlocks) unlock();
  }
}

async function removeLocked(path: string): Promise<void> {
  try {
    for (const name of ['new', 'messages'] as const) rmSync(besideResults(path, name), { force: true });
    if (!lookAt(path)?.isFile()) return;
    for await (const _ of readResults(path));
    rmSync(path);
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw unwritable(path, error);
  }
}

/** Undefined for anything else, such as a line of a fleet's output: it has a registration ID, but no status. */
function parseLine<Line extends ResultLine>(text: string): Line | undefined {
  const line = jsonOf(text) as Line | null | undefined;
  const isResult = typeof line?.registrationId === 'string' && typeof line.status === 'string';
  return isResult && hasMessageIdOrNone(line) ? line : undefined;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a line is free of an ID that no run has given a message: it would be sent to the hub. */
export function hasMessageIdOrNone({ messageId }: { readonly messageId?: unknown }): boolean {
  return messageId === undefined || (typeof messageId === 'string' && uuid.test(messageId));
}

const startOfLine = /^\{"registrationId":"[^"]*","status":"/;

/** Whether a text can be the start of a result; anything else must not be removed. */
function isCutOff(text: string): boolean {
  const id = /^\{"registrationId":"([^"]*)/.exec(text)?.[1] ?? '';
  const whole = `{"registrationId":"${id}","status":"`;
  return jsonOf(text) === undefined && (startOfLine.test(text) || whole.startsWith(text));
}

function notResults(why: string): EnrollkitError {
  return new EnrollkitError('FILE_UNREADABLE', why, {
    next: sentences.fleet.chooseResults,
  });
}
