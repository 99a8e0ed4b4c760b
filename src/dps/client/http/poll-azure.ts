/** Waits for Azure, which is at work on a resource. */
import { setTimeout as sleep } from 'node:timers/promises';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import type { RequestOptions } from './client.js';

/** Called while Azure is at work on a resource. @param elapsedMs since the request */
export type OnWait = (elapsedMs: number) => void;

export interface WaitOptions extends RequestOptions {
  onWait?: OnWait | undefined;
}

/** Most SDKs wait so long where a reply says nothing. */
const defaultPaceMs = 5000;
/** Azure creates a hub in one to three minutes, and deletes a resource group in several. */
const longestWaitMs = 20 * 60_000;

/**
 * Reads a resource until Azure is done with it.
 *
 * @param statesOf the states that it shows; null or undefined ones do not count
 * @throws EnrollkitError REFUSED if Azure failed, NOT_FOUND if the resource is gone, TIMEOUT
 */
export function untilDone<Resource>(
  read: () => Promise<Resource | undefined>,
  statesOf: (resource: Resource) => readonly (string | null | undefined)[],
  subject: string,
  pace: number | undefined,
  options: WaitOptions,
): Promise<Resource> {
  return pollAzure(subject, pace, options, async () => {
    const resource = await read();
    if (!resource) throw new EnrollkitError('NOT_FOUND', sentences.dpsClient.goneFromAzure(subject));
    const states = statesOf(resource).filter((one) => one != null);
    const failed = states.find((one) => /failed$|^canceled$/i.test(one));
    if (failed !== undefined) {
      throw new EnrollkitError('REFUSED', sentences.dpsClient.azureFailed(subject, failed), {
        next: sentences.dpsClient.lookAtActivityLog,
      });
    }
    return states.every((one) => /^(active|succeeded)$/i.test(one)) ? resource : undefined;
  });
}

/** Reads a resource until it is gone. @throws EnrollkitError TIMEOUT */
export async function untilGone(
  read: () => Promise<unknown>,
  subject: string,
  pace: number | undefined,
  options: WaitOptions,
): Promise<void> {
  await pollAzure(subject, pace, options, async () => ((await read()) === undefined ? true : undefined));
}

/**
 * Asks until there is an answer.
 *
 * @param pace milliseconds between two requests; undefined if Azure did not say
 * @throws EnrollkitError TIMEOUT
 */
async function pollAzure<Result>(
  subject: string,
  pace: number | undefined,
  { signal, onWait }: WaitOptions,
  ask: () => Promise<Result | undefined>,
): Promise<Result> {
  const started = performance.now();
  for (;;) {
    const result = await ask();
    if (result !== undefined) return result;
    const elapsedMs = performance.now() - started;
    if (elapsedMs > longestWaitMs) {
      throw new EnrollkitError(
        'TIMEOUT',
        sentences.dpsClient.azureStillWorking(subject, Math.round(elapsedMs / 60_000)),
        { next: sentences.dpsClient.keepsWaiting },
      );
    }
    onWait?.(elapsedMs);
    await sleep(pace ?? defaultPaceMs, undefined, { signal }).catch((error: unknown) => {
      throw signal?.aborted ? signal.reason : error;
    });
  }
}
