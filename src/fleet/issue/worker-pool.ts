/** Worker threads, and who of them makes what. */
import { Worker } from 'node:worker_threads';
import { EnrollkitError, type ErrorCode } from '../../errors.js';
import type { DeviceBatch } from '../devices/device-source.js';
import type {
  BatchMessage,
  BatchResult,
  WorkerFailure,
  WorkerReply,
  WorkerSetup,
} from './worker-messages.js';

/** This file is TypeScript in tests and JavaScript in the package, and so is the worker's. */
const workerFile = new URL(
  `./worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
);

interface Waiting {
  resolve(result: BatchResult): void;
  reject(error: Error): void;
}

interface Member {
  worker: Worker;
  /** In the order in which it was asked. */
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
      const member: Member = { worker: new Worker(workerFile, { workerData: { number } }), waiting: [] };
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
   * Has a batch made by the worker that is ready for it first.
   *
   * @param key of the one device in it, where the workers make none
   * @throws EnrollkitError that the worker met, as a rejection
   */
  make(batch: DeviceBatch, key?: Uint8Array): Promise<BatchResult> {
    const result = new Promise<BatchResult>((resolve, reject) => {
      if (this.#failure) reject(this.#failure);
      else this.#queue.push({ batch, key, resolve, reject });
    });
    // Batches are awaited in their order: one may fail while an earlier one is awaited.
    result.catch(() => {});
    this.#handOut();
    return result;
  }

  /** A batch that each worker has waiting for it keeps it busy; the others go to whoever is ready first. */
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

  /** Takes back the memory of a result that was written. */
  recycle({ output, manifest }: BatchResult): void {
    if (output.length > 0) this.#memory.push([output.buffer, manifest.buffer]);
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ worker }) => worker.terminate()));
  }

  /** One that failed does not go on, and without it the order of the devices is lost. */
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
