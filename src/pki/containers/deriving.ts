/**
 * Reading what is encrypted, written once for both ways of waiting for a key: a reader is a generator that asks for the
 * derived keys that it needs.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Derivation, runSlowWork, runSlowWorkSync } from '../slow-work.js';

/** Asks for a derived key; or for nothing, so that signals and other work get their turn. */
export type Deriving<Result> = Generator<Derivation | undefined, Result, Buffer>;

const nothing = Buffer.alloc(0);

/** Blocks this thread until the reader is done. */
export function runReaderSync<Result>(reader: Deriving<Result>): Result {
  let step = reader.next(nothing);
  while (!step.done) step = reader.next(step.value ? runSlowWorkSync(step.value) : nothing);
  return step.value;
}

/**
 * Leaves this thread free for other work meanwhile.
 *
 * @param signal ends it, also in the middle of a derivation
 * @throws the signal's reason
 */
export async function runReader<Result>(reader: Deriving<Result>, signal?: AbortSignal): Promise<Result> {
  let step = reader.next(nothing);
  while (!step.done) {
    if (step.value) step = reader.next(await runSlowWork(step.value, signal));
    else {
      await nextTurn();
      signal?.throwIfAborted();
      step = reader.next(nothing);
    }
  }
  return step.value;
}
