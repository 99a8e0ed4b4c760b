/** A file that grows in steps: what was not committed when a run ended is cut off by the next. */
import { type FileHandle, open } from 'node:fs/promises';
import { EnrollkitError } from '../../errors.js';
import { secretFileMode, unwritable } from '../../workspace/files.js';

export class CommittedFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #length: number;

  private constructor(path: string, handle: FileHandle, length: number) {
    this.#path = path;
    this.#handle = handle;
    this.#length = length;
  }

  /**
   * Opens a file, for its owner alone, and cuts off what stands behind the committed part.
   *
   * @param committed octets; with 0, the file may be missing
   * @throws EnrollkitError FILE_UNWRITABLE; FILE_EXISTS when the file is shorter than what was committed
   */
  static async open(path: string, committed: number): Promise<CommittedFile> {
    let handle: FileHandle;
    try {
      handle = await open(path, committed === 0 ? 'w' : 'r+', secretFileMode);
    } catch (cause) {
      throw unwritable(path, cause);
    }
    try {
      const { size } = await handle.stat();
      if (size < committed) {
        throw new EnrollkitError(
          'FILE_EXISTS',
          `${path} has ${size} bytes, and the interrupted run had written ${committed}: it was changed since.`,
          { next: 'Remove it with its .journal and its manifest, and issue the fleet anew.' },
        );
      }
      await handle.truncate(committed);
    } catch (cause) {
      await handle.close();
      throw cause instanceof EnrollkitError ? cause : unwritable(path, cause);
    }
    return new CommittedFile(path, handle, committed);
  }

  /** Octets, with those that are not committed yet. */
  get length(): number {
    return this.#length;
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
}
