/** A file that grows by commits: what a run had not committed is cut off by the next one. */

import { constants, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { sha256Of } from '../../workspace/digest.js';
import { lookAt, secretFileMode, unwritable } from '../../workspace/files.js';
import { fileError, notRegular, withoutWaiting } from '../text-files.js';

/** How much of a file is committed. */
export interface Committed {
  /** Octets. */
  length: number;
  /** SHA-256 of the last of them, to recognize the file; undefined if it was not recorded. */
  tail: string | undefined;
}

/** Enough octets to recognize a file: they contain a certificate, or a row with thumbprints. */
const tailOctets = 4096;

/** Enough octets to recognize what follows the committed part. */
const leftOctets = 1024;

export class CommittedFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #length: number;
  /** The last octets, at most {@link tailOctets}. */
  #tail: Buffer;

  private constructor(path: string, handle: FileHandle, length: number, tail: Buffer) {
    this.#path = path;
    this.#handle = handle;
    this.#length = length;
    this.#tail = tail;
  }

  /**
   * Creates a file that only its owner can read.
   *
   * @throws EnrollkitError FILE_EXISTS when there is anything but an empty file; FILE_UNWRITABLE
   */
  static async create(path: string): Promise<CommittedFile> {
    const there = lookAt(path);
    // A run that was killed before its first commit leaves nothing else.
    const flags = there?.isFile() && there.size === 0 ? constants.O_RDWR | noFollow : 'wx+';
    try {
      return new CommittedFile(path, await open(path, flags, secretFileMode), 0, Buffer.alloc(0));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(path, cause);
      throw new EnrollkitError('FILE_EXISTS', sentences.fleet.fileOfOthers(path), {
        next: sentences.fleet.chooseOut,
        context: { file: path },
      });
    }
  }

  /**
   * Opens a file of an interrupted run, and cuts off everything behind the committed part.
   *
   * @throws EnrollkitError FILE_UNWRITABLE; FILE_EXISTS when the file has changed since
   */
  static async resume(path: string, { length, tail }: Committed): Promise<CommittedFile> {
    let handle: FileHandle;
    try {
      handle = await open(path, constants.O_RDWR | noFollow | withoutWaiting);
    } catch (cause) {
      throw unwritable(path, cause);
    }
    try {
      const last = await unchangedTail(handle, path, { length, tail });
      await handle.truncate(length);
      return new CommittedFile(path, handle, length, last);
    } catch (cause) {
      await handle.close();
      throw cause instanceof EnrollkitError ? cause : unwritable(path, cause);
    }
  }

  /** Octets, including those that are not committed yet. */
  get length(): number {
    return this.#length;
  }

  /** What to record when all of it is committed. */
  get committed(): Committed {
    return { length: this.#length, tail: sha256Of(this.#tail) };
  }

  /** @throws EnrollkitError FILE_UNWRITABLE */
  async append(bytes: Uint8Array): Promise<void> {
    try {
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(
          bytes,
          written,
          bytes.length - written,
          this.#length + written,
        );
        written += bytesWritten;
      }
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
    this.#length += bytes.length;
    this.#tail = Buffer.concat([this.#tail, bytes.subarray(-tailOctets)]).subarray(-tailOctets);
  }

  /** Resolves when everything is on the disk. @throws EnrollkitError FILE_UNWRITABLE */
  async sync(): Promise<void> {
    try {
      await this.#handle.datasync();
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Closes and removes the file. */
  async discard(): Promise<void> {
    await this.close();
    rmSync(this.#path, { force: true });
  }
}

/**
 * Asserts that a file is the one that was committed, and that what is behind the committed part was written by the same
 * run, so that it may be cut off.
 *
 * @param next how that begins; empty when nothing was to follow
 * @throws EnrollkitError FILE_EXISTS when the file has changed since it was committed; FILE_UNREADABLE
 */
export async function assertUnchanged(path: string, committed: Committed, next: Buffer): Promise<void> {
  try {
    const handle = await open(path, constants.O_RDONLY | noFollow | withoutWaiting);
    try {
      await unchangedTail(handle, path, committed);
      const { length } = committed;
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(leftOctets), 0, leftOctets, length);
      const left = buffer.subarray(0, bytesRead);
      const isNext = left.subarray(0, next.length).equals(next.subarray(0, left.length));
      // A power failure can leave zeros in place of what was not on the disk yet.
      const isZeros = left.every((octet) => octet === 0);
      if (left.length > 0 && (next.length === 0 || !(isNext || isZeros))) {
        throw changed(path, sentences.fleet.changedBehind(path, length));
      }
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ELOOP')
      throw changed(path, sentences.fleet.changedLink(path));
    throw fileError(path, cause);
  }
}

/** The last octets of the committed part. @throws EnrollkitError FILE_EXISTS when the file has changed since */
async function unchangedTail(handle: FileHandle, path: string, { length, tail }: Committed): Promise<Buffer> {
  const stats = await handle.stat();
  if (stats.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR', syscall: 'open' });
  if (!stats.isFile()) throw notRegular(path);
  const { size } = stats;
  if (size < length) throw changed(path, sentences.fleet.changedSize(path, size, length));
  const last = Buffer.alloc(Math.min(tailOctets, length));
  await handle.read(last, 0, last.length, length - last.length);
  if (tail === undefined || tail === sha256Of(last)) return last;
  throw changed(path, sentences.fleet.changedContents(path));
}

/** A symbolic link would lead to a file that no run has created. Windows lacks the flag. */
const noFollow = constants.O_NOFOLLOW ?? 0;

/** The error for a file of an interrupted run that is not as the run left it. */
export function changed(path: string, message: string): EnrollkitError {
  return new EnrollkitError('FILE_EXISTS', message, {
    next: sentences.fleet.issueAgain,
    context: { file: path },
  });
}
