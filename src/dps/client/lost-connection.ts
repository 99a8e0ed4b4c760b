/** Repeats what a lost connection interrupts. */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from './http/retry.js';
import { isLostConnection } from './transport-failure.js';

const maxRepetitions = 3;

/**
 * @param attempt can be done twice, and connects again by itself
 * @throws what the last attempt throws; the signal's reason when it was aborted
 */
export async function repeatWhenLost<Result>(
  attempt: () => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  for (let losses = 0; ; losses += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (losses === maxRepetitions || !isLostConnection(error)) throw error;
      await sleep(backoffMs(losses), undefined, { signal }).catch(() => {
        throw signal.reason;
      });
    }
  }
}
