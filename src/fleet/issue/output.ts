/** The files of a fleet while it is made: its output, its manifest, and how much of both counts. */
import { opendirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { EnrollkitError } from '../../errors.js';
import { ensureFolder } from '../../workspace/files.js';
import { assertUnchanged, CommittedFile } from '../formats/committed-file.js';
import { unfinishedFolder } from '../formats/device-folders.js';
import { endOfTar } from '../formats/end-of-tar.js';
import type { FleetJournal, Progress } from './journal.js';
import { manifestHeader } from './manifest-rows.js';
import type { FleetRequest } from './request.js';
import type { BatchResult } from './worker-messages.js';

const nothingDone: Progress = { devices: 0, output: 0, manifest: 0 };

/** Between two commits; what is made in between is made again after a crash. */
const commitEveryMs = 250;

export class FleetOutput {
  readonly #request: FleetRequest;
  readonly #journal: FleetJournal | undefined;
  readonly #output: CommittedFile | Writable | undefined;
  readonly #manifest: CommittedFile;
  #devices: number;
  #ended: boolean;
  /** Of a commit that nobody awaited. */
  #failure: unknown;
  #committing: Promise<void> | undefined;
  #committedAt = 0;

  private constructor(
    request: FleetRequest,
    journal: FleetJournal | undefined,
    files: { output: CommittedFile | Writable | undefined; manifest: CommittedFile },
    done: Progress,
  ) {
    this.#request = request;
    this.#journal = journal;
    this.#output = files.output;
    this.#manifest = files.manifest;
    this.#devices = done.devices;
    this.#ended = done.ended === true;
  }

  /**
   * Makes the files, or goes on after what was committed; what stands behind it is removed.
   *
   * @param journal undefined for a stream
   * @param done undefined when the files are to be made
   * @throws EnrollkitError FILE_UNWRITABLE, FILE_EXISTS
   */
  static async open(
    request: FleetRequest,
    journal: FleetJournal | undefined,
    done: Progress | undefined,
  ): Promise<FleetOutput> {
    const { out, format, manifest: manifestPath, source } = request;
    const committed = (name: 'output' | 'manifest') => ({ length: done![name], tail: done!.tails?.[name] });
    const opened = (path: string, name: 'output' | 'manifest') =>
      done ? CommittedFile.resume(path, committed(name)) : CommittedFile.create(path);
    // Before anything is cut off.
    if (done && typeof out === 'string' && format !== 'dir') await assertUnchanged(out, committed('output'));
    const manifest = await opened(manifestPath, 'manifest');
    try {
      let output: CommittedFile | Writable | undefined;
      if (typeof out !== 'string') output = out;
      else if (format === 'dir') prepareFolder(out);
      else output = await opened(out, 'output');
      const made = new FleetOutput(request, journal, { output, manifest }, done ?? nothingDone);
      // Committed while both are empty: from then on, what is in them is known to be the run's.
      if (!done) await made.keep();
      if (manifest.length === 0) await manifest.append(Buffer.from(manifestHeader(source.tagNames)));
      return made;
    } catch (error) {
      if (done) await manifest.close();
      else await manifest.discard();
      throw error;
    }
  }

  /** Devices that are written, whether committed or not. */
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

  /** Everything is made: ends the files. @throws EnrollkitError FILE_UNWRITABLE */
  async finish(): Promise<void> {
    if (this.#request.format === 'tar' && !this.#ended) await this.#append(endOfTar);
    this.#ended = true;
    await this.keep();
    this.#journal?.remove();
  }

  /** Commits what there is. @throws EnrollkitError FILE_UNWRITABLE */
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

  /** First the data, then the journal that says that it is there. */
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

/** Makes the folder, and removes what a killed run left half made. */
function prepareFolder(folder: string): void {
  ensureFolder(folder);
  const entries = opendirSync(folder);
  try {
    for (let entry = entries.readSync(); entry; entry = entries.readSync()) {
      if (!unfinishedFolder.test(entry.name) || !entry.isDirectory()) continue;
      rmSync(join(folder, entry.name), { recursive: true, force: true });
    }
  } finally {
    entries.closeSync();
  }
}

function written(stream: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    // The memory is used again, which it may be when the stream has passed it on.
    stream.write(bytes, (cause) => {
      if (!cause) resolve();
      else reject(new EnrollkitError('FILE_UNWRITABLE', 'Standard output cannot be written.', { cause }));
    });
  });
}
