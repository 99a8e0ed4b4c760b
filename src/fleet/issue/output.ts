/** The files of a fleet while it is made: its output and its manifest, and how much of them is committed. */

import type { Writable } from 'node:stream';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { reason } from '../../workspace/files.js';
import type { OutputFormat } from '../formats/output-format.js';
import { manifestHeader } from '../manifest.js';
import { CommittedFile } from './committed-file.js';
import type { FleetJournal, Progress } from './journal.js';
import type { FleetRequest } from './request.js';
import type { BatchResult } from './worker-messages.js';

const nothingDone: Progress = { devices: 0, output: 0, manifest: 0 };

/** Devices that are made between two commits are made again after a crash. */
const commitEveryMs = 250;

export class FleetOutput {
  readonly #trailer: Uint8Array;
  readonly #journal: FleetJournal | undefined;
  readonly #output: CommittedFile | Writable | undefined;
  readonly #manifest: CommittedFile;
  #devices: number;
  #ended: boolean;
  /** Of a commit that was not awaited. */
  #failure: unknown;
  #committing: Promise<void> | undefined;
  #committedAt = 0;

  private constructor(
    trailer: Uint8Array,
    journal: FleetJournal | undefined,
    files: { output: CommittedFile | Writable | undefined; manifest: CommittedFile },
    done: Progress,
  ) {
    this.#trailer = trailer;
    this.#journal = journal;
    this.#output = files.output;
    this.#manifest = files.manifest;
    this.#devices = done.devices;
    this.#ended = done.ended === true;
  }

  /**
   * Creates the files, or continues those of an interrupted run behind their committed parts; see `assertResumable`.
   *
   * @param journal undefined for a stream
   * @param done undefined to create the files
   * @throws EnrollkitError FILE_UNWRITABLE, FILE_EXISTS
   */
  static async open(
    request: FleetRequest,
    format: OutputFormat,
    journal: FleetJournal | undefined,
    done: Progress | undefined,
  ): Promise<FleetOutput> {
    const { out, manifest: manifestPath, source } = request;
    const { folder, trailer = new Uint8Array() } = format;
    const committed = (name: 'output' | 'manifest') => ({ length: done![name], tail: done!.tails?.[name] });
    const opened = (path: string, name: 'output' | 'manifest') =>
      done ? CommittedFile.resume(path, committed(name)) : CommittedFile.create(path);
    const manifest = await opened(manifestPath, 'manifest');
    let isCommitted = done !== undefined;
    try {
      let output: CommittedFile | Writable | undefined;
      if (typeof out !== 'string') output = out;
      else if (folder) folder.prepare(out);
      else output = await opened(out, 'output');
      const made = new FleetOutput(trailer, journal, { output, manifest }, done ?? nothingDone);
      // Committed while both are empty: from then on, their contents are known to be this run's.
      if (!done) await made.keep();
      isCommitted = true;
      if (manifest.length === 0) await manifest.append(Buffer.from(manifestHeader(source.tagNames)));
      return made;
    } catch (error) {
      if (isCommitted) await manifest.close();
      else await manifest.discard();
      throw error;
    }
  }

  /** Devices written, committed or not. */
  get devices(): number {
    return this.#devices;
  }

  /** @throws EnrollkitError FILE_UNWRITABLE */
  async add({ count, output, manifest }: BatchResult): Promise<void> {
    await this.#append(output);
    await this.#manifest.append(manifest);
    this.#devices += count;
    if (this.#failure !== undefined) throw this.#failure;
    if (Date.now() - this.#committedAt < commitEveryMs || this.#committing) return;
    this.#committing = this.#commit()
      .catch((error: unknown) => {
        this.#failure = error;
      })
      .finally(() => {
        this.#committing = undefined;
      });
  }

  /** Ends the files when all devices are written. @throws EnrollkitError FILE_UNWRITABLE */
  async finish(): Promise<void> {
    if (!this.#ended) await this.#append(this.#trailer);
    this.#ended = true;
    await this.keep();
    this.#journal?.remove();
  }

  /** Commits everything written so far. @throws EnrollkitError FILE_UNWRITABLE */
  async keep(): Promise<void> {
    await this.#committing;
    await this.#commit();
  }

  async close(): Promise<void> {
    await this.#committing;
    await this.#manifest.close();
    if (this.#output instanceof CommittedFile) await this.#output.close();
  }

  async #append(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0 || this.#output === undefined) return;
    if (this.#output instanceof CommittedFile) await this.#output.append(bytes);
    else await written(this.#output, bytes);
  }

  /** First the data, then the journal that refers to it. */
  async #commit(): Promise<void> {
    this.#committedAt = Date.now();
    const file = this.#output instanceof CommittedFile ? this.#output : undefined;
    const [output, manifest] = [file?.committed, this.#manifest.committed];
    const done: Progress = {
      devices: this.#devices,
      output: output?.length ?? 0,
      manifest: manifest.length,
      tails: { output: output?.tail, manifest: manifest.tail! },
      ...(this.#ended ? { ended: true } : {}),
    };
    await Promise.all([file?.sync(), this.#manifest.sync()]);
    this.#journal?.commit(done);
  }
}

function written(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    // Resolves when the stream is done with the bytes, since their memory is reused.
    stream.write(bytes, (cause) => {
      if (!cause) resolve();
      else
        reject(
          new EnrollkitError('FILE_UNWRITABLE', sentences.cliKernel.outputNotWritten(reason(cause)), {
            cause,
          }),
        );
    });
  });
}
