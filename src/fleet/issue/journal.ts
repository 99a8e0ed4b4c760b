/**
 * The journal of a fleet: which fleet it is, and how much of it is done. It lies beside the output while a run works,
 * and after a run that was interrupted; a run that ends removes it.
 *
 * One JSON object a line, only ever appended; a last line that was cut off does not count.
 */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { EnrollkitError } from '../../errors.js';
import { lookAt, readTextIfExists, secretFileMode, unwritable } from '../../workspace/files.js';
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
    /** Whether what ends the output stands there, too. */
    ended: z.boolean().optional(),
  }),
});
const line = z.union([fleetLine, runLine, doneLine]);

/** How far a run came: devices, and the lengths of the two files at that point in octets. */
export type Progress = z.infer<typeof doneLine>['done'];

export class FleetJournal {
  readonly path: string;
  /** What an earlier run did; undefined when none has made the output. */
  readonly done: Progress | undefined;
  #file: number | undefined;

  private constructor(path: string, file: number, done: Progress | undefined) {
    this.path = path;
    this.#file = file;
    this.done = done;
  }

  /**
   * Opens the journal of an interrupted run, or begins one.
   *
   * @param request a digest of everything that decides what the fleet is
   * @param assertFree called when there is no journal: throws when something is in the way
   * @throws EnrollkitError FILE_EXISTS when it is another fleet's, FOLDER_IN_USE when a run works on it,
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
    let file: number;
    try {
      if (before.text !== undefined) truncateSync(path, before.whole);
      file = openSync(path, before.text === undefined ? 'ax' : 'a', secretFileMode);
    } catch (cause) {
      throw unwritable(path, cause);
    }
    const journal = new FleetJournal(path, file, before.done);
    if (!before.fleet) journal.#append({ fleet: { version: 1, request } });
    journal.#append({ run: { host: hostname(), process: process.pid } });
    // Two that begin at the same moment see each other here.
    const others = readJournal(path).runs.slice(before.runs.length);
    for (const other of others) if (other.process !== process.pid) assertNoneRuns(path, other);
    return journal;
  }

  /** To be called when what it says is on the disk. */
  commit(done: Progress): void {
    this.#append({ done });
  }

  /** Nothing is left to do. */
  remove(): void {
    this.close();
    rmSync(this.path, { force: true });
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #append(record: z.infer<typeof line>): void {
    const file = this.#file!;
    const { size } = fstatSync(file);
    try {
      const bytes = Buffer.from(`${JSON.stringify(record)}\n`);
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
      fdatasyncSync(file);
    } catch (cause) {
      // Half a line must not be the beginning of the next one.
      ftruncateSync(file, size);
      throw unwritable(this.path, cause);
    }
  }
}

interface Found {
  text: string | undefined;
  fleet?: string;
  runs: z.infer<typeof runLine>['run'][];
  done?: Progress;
  /** Octets of the lines that are whole. */
  whole: number;
}

function readJournal(path: string): Found {
  const text = readTextIfExists(path);
  const found: Found = { text, runs: [], whole: 0 };
  const lines = (text ?? '').split('\n').slice(0, -1);
  // Only a run that was killed while it began leaves less than a line.
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
