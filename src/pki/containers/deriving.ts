/**
 * Readers of encrypted files, written once for both synchronous and asynchronous key derivation: a reader is a
 * generator that yields the derivations that it needs.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Derivation, runSlowWork, runSlowWorkSync } from '../slow-work.js';

/** Yields a derivation and gets the key; or yields undefined to let other work and signals run. */
export type Deriving<Result> = Generator<Derivation | undefined, Result, Buffer>;

/** Derives a key by the means of whoever runs the reader. */
export function* slowly(derivation: Derivation): Deriving<Buffer> {
  return yield derivation;
}

const noKey = Buffer.alloc(0);

/**
 * Runs a reader and blocks this thread meanwhile.
 *
 * @param derive another way to derive keys, such as to look them up
 */
export function runReaderSync<Result>(
  reader: Deriving<Result>,
  derive: (derivation: Derivation) => Buffer = runSlowWorkSync,
): Result {
  let step = reader.next(noKey);
  while (!step.done) step = reader.next(step.value ? derive(step.value) : noKey);
  return step.value;
}

/**
 * Runs a reader without blocking this thread.
 *
 * @param signal cancels it, also in the middle of a derivation
 * @throws the signal's reason
 */
export async function runReader<Result>(reader: Deriving<Result>, signal?: AbortSignal): Promise<Result> {
  let step = reader.next(noKey);
  while (!step.done) {
    if (step.value) step = reader.next(await runSlowWork(step.value, signal));
    else {
      await nextTurn();
      signal?.throwIfAborted();
      step = reader.next(noKey);
    }
  }
  return step.value;
}
