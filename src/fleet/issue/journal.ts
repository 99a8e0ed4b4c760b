/**
 * The journal of a fleet: which fleet it is, and how much of it is done. It is beside the output during a run and after
 * one that was interrupted; a run that finishes removes it.
 *
 * One JSON object per line, only ever appended; a last line that was cut off is ignored.
 */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { z } from 'zod';
import { EnrollkitError } from '../../errors.js';
import {
  createFileAtomically,
  lookAt,
  readTextIfExists,
  secretFileMode,
  unwritable,
} from '../../workspace/files.js';
import { jsonOf } from '../../workspace/json-text.js';
import { isAlive } from '../../workspace/lock.js';

const fleetLine = z.object({ fleet: z.object({ version: z.literal(1), request: z.string() }) });
const runLine = z.object({ run: z.object({ host: z.string(), process: z.number() }) });
const doneLine = z.object({
  done: z.object({
    devices: z.number(),
    output: z.number(),
    manifest: z.number(),
    /** SHA-256 of the last octets of each. */
    tails: z.object({ output: z.string().optional(), manifest: z.string() }).optional(),
    /** Whether the output has its end, too. */
    ended: z.boolean().optional(),
  }),
});
const line = z.union([fleetLine, runLine, doneLine]);
type Line = z.infer<typeof line>;

const textOf = (record: Line) => `${JSON.stringify(record)}\n`;

/** How far a run got: devices, and the lengths of the two files at that point, in octets. */
export type Progress = z.infer<typeof doneLine>['done'];

export class FleetJournal {
  readonly path: string;
  /** What an earlier run did; undefined when none has created the output. */
  readonly done: Progress | undefined;
  #file: number | undefined;

  private constructor(path: string, file: number, done: Progress | undefined) {
    this.path = path;
    this.#file = file;
    this.done = done;
  }

  /**
   * Opens the journal of an interrupted run, or starts one.
   *
   * @param request a digest that identifies the fleet
   * @param assertFree called when there is no journal: throws when something is in the way
   * @throws EnrollkitError FILE_EXISTS when it is another fleet's; FOLDER_IN_USE when another run works on it;
   *   JOURNAL_UNREADABLE, FILE_UNWRITABLE
   */
  static open(path: string, request: string, assertFree: () => void): FleetJournal {
    if (lookAt(path)?.isSymbolicLink()) {
      throw new EnrollkitError('FILE_EXISTS', `${path} is a symbolic link.`, {
        next: 'Choose another place with --out, or move it away.',
      });
    }
    const before = readJournal(path);
    if (!before.fleet) assertFree();
    else if (before.fleet !== request) {
      throw new EnrollkitError(
        'FILE_EXISTS',
        `${path} is of another fleet, or of this one with other arguments, and that run has not ended.`,
        {
          next: 'Run the command that was interrupted again, with the same arguments, or choose another place with --out.',
          context: { file: path },
        },
      );
    }
    assertNoneRuns(path, before.runs.at(-1));
    const run = { host: hostname(), process: process.pid };
    const first = { fleet: { version: 1, request } } as const;
    if (before.text === undefined) createJournal(path, [first, { run }]);
    let file: number;
    try {
      if (Buffer.byteLength(before.text ?? '') > before.whole) truncateSync(path, before.whole);
      file = openSync(path, 'a', secretFileMode);
    } catch (cause) {
      throw unwritable(path, cause);
    }
    const journal = new FleetJournal(path, file, before.done);
    if (before.text === undefined) return journal;
    try {
      if (!before.fleet) journal.#append(first);
      journal.#append({ run });
      // Of two runs that start at the same moment, the one whose line comes first continues.
      const runs = readJournal(path).runs.slice(before.runs.length);
      const own = runs.findIndex(({ host, process }) => host === run.host && process === run.process);
      for (const earlier of runs.slice(0, own)) assertNoneRuns(path, earlier);
    } catch (error) {
      journal.close();
      throw error;
    }
    return journal;
  }

  /** To be called when the data that it refers to is on the disk. */
  commit(done: Progress): void {
    this.#append({ done });
  }

  /** Removes the journal of a fleet that is finished. */
  remove(): void {
    this.close();
    rmSync(this.path, { force: true });
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #append(record: Line): void {
    const file = this.#file!;
    const { size } = fstatSync(file);
    try {
      const bytes = Buffer.from(textOf(record));
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
      fdatasyncSync(file);
    } catch (cause) {
      // The next line must not start behind half a line.
      ftruncateSync(file, size);
      throw unwritable(this.path, cause);
    }
  }
}

/** Creates a journal with its first lines, so that another run never sees it without them. */
function createJournal(path: string, lines: readonly Line[]): void {
  try {
    statSync(dirname(path));
    createFileAtomically(path, lines.map(textOf).join(''), secretFileMode);
  } catch (cause) {
    if (!(cause instanceof EnrollkitError)) throw unwritable(path, cause);
    // Another run may have been quicker.
    assertNoneRuns(path, readJournal(path).runs.at(-1));
    throw cause;
  }
}

interface Found {
  text: string | undefined;
  fleet?: string;
  runs: z.infer<typeof runLine>['run'][];
  done?: Progress;
  /** Octets of the complete lines. */
  whole: number;
}

function readJournal(path: string): Found {
  const text = readTextIfExists(path);
  const found: Found = { text, runs: [], whole: 0 };
  const lines = (text ?? '').split('\n').slice(0, -1);
  // Only a run that was killed at its start leaves less than a line.
  if (lines.length === 0 && text && !text.startsWith('{"fleet":')) throw notAJournal(path, 1);
  for (const [index, record] of lines.entries()) {
    found.whole += Buffer.byteLength(record) + 1;
    const parsed = line.safeParse(jsonOf(record));
    if (!parsed.success || (index === 0) !== 'fleet' in parsed.data) {
      throw notAJournal(path, index + 1);
    }
    if ('fleet' in parsed.data) found.fleet = parsed.data.fleet.request;
    else if ('run' in parsed.data) found.runs.push(parsed.data.run);
    else found.done = parsed.data.done;
  }
  return found;
}

function assertNoneRuns(path: string, run: Found['runs'][number] | undefined): void {
  if (run?.host !== hostname() || !isAlive(run.process)) return;
  throw new EnrollkitError('FOLDER_IN_USE', `Another run (process ${run.process}) works on ${path}.`, {
    next: 'Wait until it has ended, or choose another place with --out.',
  });
}

function notAJournal(path: string, lineNumber: number): EnrollkitError {
  const why = `Line ${lineNumber} of ${path} is no line of a fleet's journal.`;
  return new EnrollkitError('JOURNAL_UNREADABLE', why, {
    next: 'Choose another place with --out, or remove that file with the output that it belongs to.',
  });
}
