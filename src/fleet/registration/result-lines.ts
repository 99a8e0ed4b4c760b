/** A file with a line of JSON a device, which grows while a fleet is worked on and from which the next run goes on. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { EnrollkitError } from '../../errors.js';
import { lookAt, secretFileMode, unwritable } from '../../workspace/files.js';
import { jsonOf } from '../../workspace/json-text.js';
import { takeLock } from '../../workspace/lock.js';
import { linesOf } from '../text-files.js';

export interface ResultLine {
  registrationId: string;
  status: string;
}

/**
 * Opens a file of results. Lines that are not to be kept go, and so does a last one that was cut off.
 *
 * @param keep whether a line of an earlier run stands; a device whose line goes is worked on again
 * @throws EnrollkitError FILE_UNREADABLE when it holds something else, FILE_UNWRITABLE, FOLDER_IN_USE when another
 *   process writes it
 */
export class ResultLines<Line extends ResultLine> {
  readonly #path: string;
  readonly #file: number;
  readonly #unlock: () => void;

  private constructor(path: string, file: number, unlock: () => void) {
    this.#path = path;
    this.#file = file;
    this.#unlock = unlock;
  }

  static async open<Line extends ResultLine>(
    path: string,
    keep: (line: Line) => boolean,
  ): Promise<ResultLines<Line>> {
    const unlock = takeLock(`${path}.lock`, path);
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      let file: number;
      try {
        file = openSync(temporary, 'wx', secretFileMode);
      } catch (cause) {
        throw unwritable(path, cause);
      }
      try {
        const lines = new ResultLines<Line>(path, file, unlock);
        if (lookAt(path)?.isSymbolicLink()) throw notResults(`${path} is a symbolic link.`);
        if (lookAt(path)) {
          for await (const line of readResults<Line>(path)) if (keep(line)) lines.add(line);
        }
        renameSync(temporary, path);
        return lines;
      } catch (error) {
        closeSync(file);
        throw error;
      }
    } catch (error) {
      rmSync(temporary, { force: true });
      unlock();
      throw error;
    }
  }

  /** In one write, so that a process that is killed leaves whole lines. @throws EnrollkitError FILE_UNWRITABLE */
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

/**
 * The lines of a file of results; a last one that was cut off is left out.
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
  throw notResults(`${path}, line ${unreadable.number}: it is no result of a device.`);
}

/** Removes a file of results; another file that has its name stays. */
export async function removeResults(path: string): Promise<void> {
  if (!lookAt(path)?.isFile()) return;
  try {
    for await (const _ of readResults(path));
    rmSync(path);
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw unwritable(path, error);
  }
}

/** A line of another file, of a fleet's keys for instance, has a registration ID too, and no status behind it. */
function parseLine<Line extends ResultLine>(text: string): Line | undefined {
  const line = jsonOf(text) as Line | null | undefined;
  return typeof line?.registrationId === 'string' && typeof line.status === 'string' ? line : undefined;
}

const beginOfLine = /^\{"registrationId":"[^"]*","status":"/;

/** Whether a text can be the beginning of a result; anything else is not ours to leave out. */
function isCutOff(text: string): boolean {
  const id = /^\{"registrationId":"([^"]*)/.exec(text)?.[1] ?? '';
  const whole = `{"registrationId":"${id}","status":"`;
  return beginOfLine.test(text) || whole.startsWith(text);
}

function notResults(why: string): EnrollkitError {
  return new EnrollkitError('FILE_UNREADABLE', why, {
    next: 'Name another file with --results FILE, or move this one away.',
  });
}
