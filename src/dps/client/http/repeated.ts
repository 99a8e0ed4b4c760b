import { EnrollkitError } from '../../../errors.js';

/**
 * The reply to a write that may have been sent twice. When the first answer was lost, the second one says that the etag
 * is stale, or that the resource exists already: then the resource is read, and is the reply if it is as was asked for.
 *
 * @param read returns undefined if the resource does not exist
 * @throws what `write` rejects with, when someone else made the change
 */
export async function confirmedIfRepeated<Resource>(
  write: Promise<Resource>,
  read: () => Promise<Resource | undefined>,
  isAsAsked: (found: Resource) => boolean,
): Promise<Resource> {
  try {
    return await write;
  } catch (error) {
    if (!isStaleAfterLostAnswer(error)) throw error;
    const found = await read();
    if (found === undefined || !isAsAsked(found)) throw error;
    return found;
  }
}

/** Whether a request is refused for what may be the effect of an earlier attempt, whose answer was lost. */
export function isStaleAfterLostAnswer(error: unknown): boolean {
  if (!(error instanceof EnrollkitError) || error.context.isRepeated !== true) return false;
  return error.code === 'PRECONDITION_FAILED' || error.code === 'CONFLICT';
}
