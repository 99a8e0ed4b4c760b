/** The worker threads, and which of them makes what. */
import { Worker } from 'node:worker_threads';
import { EnrollkitError, type ErrorCode } from '../../errors.js';
import { programFile } from '../../package-files.js';
import type { DeviceBatch } from '../devices/device-source.js';
import type {
  BatchMessage,
  BatchResult,
  WorkerFailure,
  WorkerReply,
  WorkerSetup,
} from './worker-messages.js';

interface Waiting {
  resolve(result: BatchResult): void;
  reject(error: Error): void;
}

interface Member {
  worker: Worker;
  /** In the order of its batches. */
  waiting: Waiting[];
}

export class WorkerPool {
  readonly #members: Member[];
  readonly #memory: ArrayBuffer[][] = [];
  readonly #queue: (Waiting & Pick<BatchMessage, 'batch' | 'key'>)[] = [];
  #failure: Error | undefined;

  /** Starts the threads; they load while the caller prepares the rest. */
  constructor(size: number) {
    this.#members = Array.from({ length: size }, (_, number) => {
      const member: Member = {
        worker: new Worker(programFile('fleet/issue/worker'), { workerData: { number } }),
        waiting: [],
      };
      member.worker.on('message', (reply: WorkerReply) => {
        const waiting = member.waiting.shift();
        if ('result' in reply) {
          waiting?.resolve(reply.result);
          this.#handOut();
        } else this.#failed(errorOf(reply.failure), waiting);
      });
      member.worker.on('error', (error) => this.#failed(error));
      return member;
    });
  }

  get size(): number {
    return this.#members.length;
  }

  /** To be called before the first batch. */
  setUp(setup: WorkerSetup): void {
    for (const { worker } of this.#members) worker.postMessage({ setup });
  }

  /**
   * Makes a batch in the worker that is free first.
   *
   * @param key of the only device in it, when the workers generate no keys
   * @throws EnrollkitError of the worker, as a rejection
   */
  make(batch: DeviceBatch, key?: Uint8Array): Promise<BatchResult> {
    const result = new Promise<BatchResult>((resolve, reject) => {
      if (this.#failure) reject(this.#failure);
      else this.#queue.push({ batch, key, resolve, reject });
    });
    // Batches are awaited in order: one may fail while an earlier one is awaited.
    result.catch(() => {});
    this.#handOut();
    return result;
  }

  /** One waiting batch keeps a worker busy; the others go to the worker that is free first. */
  #handOut(): void {
    while (this.#queue.length > 0) {
      const member = this.#members.reduce((one, other) =>
        other.waiting.length < one.waiting.length ? other : one,
      );
      if (member.waiting.length >= 2) return;
      const { batch, key, ...waiting } = this.#queue.shift()!;
      const memory = this.#memory.pop() ?? [];
      member.waiting.push(waiting);
      member.worker.postMessage({ batch, key, memory } satisfies BatchMessage, memory);
    }
  }

  /** Reuses the memory of a result that was written. */
  recycle({ output, manifest }: BatchResult): void {
    if (output.length > 0) this.#memory.push([output.buffer, manifest.buffer]);
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ worker }) => worker.terminate()));
  }

  /** All batches fail with the first: without it, the devices would not be complete and in order. */
  #failed(error: Error, waiting?: Waiting): void {
    this.#failure ??= error;
    waiting?.reject(error);
    for (const other of this.#queue.splice(0)) other.reject(error);
    for (const member of this.#members) for (const other of member.waiting.splice(0)) other.reject(error);
  }
}

function errorOf({ message, stack, enrollkit }: WorkerFailure): Error {
  if (enrollkit) return new EnrollkitError(enrollkit.code as ErrorCode, message, { next: enrollkit.next });
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
