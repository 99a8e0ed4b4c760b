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
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import {
  createFileAtomically,
  lookAt,
  readBytesIfExists,
  secretFileMode,
  unwritable,
} from '../../workspace/files.js';
import { jsonOf, withoutZeros } from '../../workspace/json-text.js';
import { removeAbandoned, takeLock } from '../../workspace/lock.js';
import type { EncryptionRecord } from './key-encryption.js';

const octets = (count: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * count}}$`));
const digest = octets(32);
/** As `sha256Of` writes it. */
const tail = z.string().regex(/^[0-9A-F]{64}$/);
const encryption = z.strictObject({ salt: octets(16), check: digest });
const fleetLine = z.strictObject({
  fleet: z.strictObject({ version: z.literal(1), request: digest, encryption: encryption.optional() }),
});
/** Numbers beyond those that are exact are refused, too. */
const count = z.int().min(0);
const doneLine = z.strictObject({
  done: z.strictObject({
    devices: count,
    output: count,
    manifest: count,
    /** SHA-256 of the last octets of each. */
    tails: z.strictObject({ output: tail.optional(), manifest: tail }).optional(),
    /** Whether the output has its end, too. */
    ended: z.boolean().optional(),
  }),
});
const line = z.union([fleetLine, doneLine]);
type Line = z.infer<typeof line>;
type FleetLine = z.infer<typeof fleetLine>['fleet'];

const textOf = (record: Line) => `${JSON.stringify(record)}\n`;

/** How far a run got: devices, and the lengths of the two files at that point, in octets. */
export type Progress = z.infer<typeof doneLine>['done'];

/** Removes the lock and the temporary file of a process that was killed; those of one that runs stay. */
export function removeLeftovers(out: string): void {
  removeAbandoned(`${out}.lock`, ['journal']);
}

/**
 * How the keys of an interrupted run are encrypted; undefined when they are not, or when there is no journal.
 *
 * @throws EnrollkitError JOURNAL_UNREADABLE
 */
export function encryptionBefore(out: string): EncryptionRecord | undefined {
  return readJournal(`${out}.journal`).fleet?.encryption;
}

export class FleetJournal {
  readonly path: string;
  /** What an earlier run did; undefined when none has created the output. */
  readonly done: Progress | undefined;
  #file: number | undefined;
  readonly #unlock: () => void;

  private constructor(path: string, file: number, done: Progress | undefined, unlock: () => void) {
    this.path = path;
    this.#file = file;
    this.done = done;
    this.#unlock = unlock;
  }

  /**
   * Opens the journal of an interrupted run, or starts one, and locks the fleet until it is closed.
   *
   * @param out the output of the fleet; the journal is `OUT.journal`, the lock `OUT.lock`
   * @param request a digest that identifies the fleet
   * @param encrypted how its keys are encrypted; see {@link encryptionBefore}
   * @param devices how many the fleet has
   * @param assertFree called when there is no journal: throws when something is in the way
   * @throws EnrollkitError FILE_EXISTS when it is another fleet's; FOLDER_IN_USE when another run works on it;
   *   JOURNAL_UNREADABLE, FILE_UNWRITABLE
   */
  static open(
    out: string,
    request: string,
    encrypted: EncryptionRecord | undefined,
    devices: number,
    assertFree: () => void,
  ): FleetJournal {
    const path = `${out}.journal`;
    // The lock would make the folder.
    assertFolder(path);
    const unlock = takeLock(`${out}.lock`, {
      locked: out,
      next: sentences.fleet.waitOrChooseOut,
    });
    try {
      const staged = join(`${out}.lock`, 'journal');
      // Of a process that was killed.
      rmSync(staged, { force: true });
      return FleetJournal.#openLocked(
        path,
        staged,
        { version: 1, request, encryption: encrypted },
        devices,
        assertFree,
        unlock,
      );
    } catch (error) {
      unlock();
      throw error;
    }
  }

  static #openLocked(
    path: string,
    staged: string,
    fleet: FleetLine,
    devices: number,
    assertFree: () => void,
    unlock: () => void,
  ): FleetJournal {
    if (lookAt(path)?.isSymbolicLink()) {
      throw new EnrollkitError('FILE_EXISTS', sentences.fleet.symbolicLink(path), {
        next: sentences.fleet.chooseOut,
      });
    }
    const before = readJournal(path, { request: fleet.request, devices });
    if (!before.fleet) assertFree();
    else if (
      before.fleet.request !== fleet.request ||
      before.fleet.encryption?.salt !== fleet.encryption?.salt
    ) {
      throw new EnrollkitError('FILE_EXISTS', sentences.fleet.otherRun(path), {
        next: sentences.fleet.otherRunNext,
        context: { file: path },
      });
    }
    const first = { fleet };
    if (!before.fleet && !textOf(first).startsWith(before.text ?? '')) throw notAJournal(path, 1);
    if (before.text === undefined) createFileAtomically(path, textOf(first), secretFileMode, staged);
    let file: number;
    try {
      if ((before.text ?? '').length > before.whole) truncateSync(path, before.whole);
      file = openSync(path, 'a', secretFileMode);
    } catch (cause) {
      throw unwritable(path, cause);
    }
    const journal = new FleetJournal(path, file, before.done, unlock);
    try {
      // A run that was killed at its start left less than a line.
      if (before.text !== undefined && !before.fleet) journal.#append(first);
    } catch (error) {
      closeSync(file);
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
    rmSync(this.path, { force: true });
    this.close();
  }

  /** Also releases the lock. */
  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    this.#unlock();
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

/** @throws EnrollkitError FILE_UNWRITABLE when there is no folder for the file */
function assertFolder(path: string): void {
  try {
    statSync(dirname(path));
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

interface Found {
  /** Latin-1: a character for each octet. */
  text: string | undefined;
  fleet?: FleetLine;
  done?: Progress;
  /** Octets of the complete lines. */
  whole: number;
}

/** @param expected a fleet and how many devices it has: a journal of the same fleet that contradicts it is refused */
function readJournal(path: string, expected?: { request: string; devices: number }): Found {
  const text = readBytesIfExists(path)?.toString('latin1');
  const found: Found = { text, whole: 0 };
  const lines = (text ?? '').split('\n');
  const last = withoutZeros(lines.pop()!);
  for (const [index, record] of lines.entries()) {
    found.whole += record.length + 1;
    const parsed = line.safeParse(jsonOf(record));
    if (!parsed.success || (index === 0) !== 'fleet' in parsed.data) throw notAJournal(path, index + 1);
    if ('fleet' in parsed.data) found.fleet = parsed.data.fleet;
    else {
      const { done } = parsed.data;
      const devices = found.fleet?.request === expected?.request ? expected?.devices : undefined;
      if (!follows(done, found.done, devices)) throw notAJournal(path, index + 1);
      found.done = done;
    }
  }
  const start = lines.length === 0 ? '{"fleet":' : '{"done":{"devices":';
  if (!start.startsWith(last) && !last.startsWith(start)) throw notAJournal(path, lines.length + 1);
  return found;
}

/** Whether a run can have committed this after that. */
function follows(done: Progress, before: Progress | undefined, devices: number | undefined): boolean {
  if (devices !== undefined && (done.devices > devices || (done.ended && done.devices < devices)))
    return false;
  // Where the output is a folder, devices that a power failure took are made again.
  if (before === undefined || before.output + done.output === 0) return true;
  return (['devices', 'output', 'manifest'] as const).every((name) => done[name] >= before[name]);
}

function notAJournal(path: string, lineNumber: number): EnrollkitError {
  const why = sentences.fleet.notAJournal(lineNumber, path);
  return new EnrollkitError('JOURNAL_UNREADABLE', why, {
    next: sentences.fleet.notAJournalNext,
  });
}
