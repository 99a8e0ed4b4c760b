/** Changes something under its etag, so that a change of someone else is not lost. */
import { EnrollkitError } from '../../errors.js';

/** How often a change is tried again that someone else's change came before. */
const maxTries = 4;

/**
 * Reads it, and replaces it with its change, again while someone else changes it in between.
 *
 * @param replace gets what was read, and its etag
 * @returns what `replace` returned; undefined if it does not exist
 * @throws EnrollkitError PRECONDITION_FAILED if others changed it each time
 */
export async function changedUnderEtag<Found extends { etag?: string | null | undefined }, Changed>(
  read: () => Promise<Found | undefined>,
  replace: (found: Found, etag: string) => Promise<Changed>,
): Promise<Changed | undefined> {
  for (let tries = 1; ; tries += 1) {
    const found = await read();
    if (!found) return undefined;
    try {
      return await replace(found, found.etag ?? '*');
    } catch (error) {
      const isStale = error instanceof EnrollkitError && error.code === 'PRECONDITION_FAILED';
      if (!isStale || tries === maxTries) throw error;
    }
  }
}
