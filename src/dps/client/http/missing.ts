import { EnrollkitError } from '../../../errors.js';

/**
 * The reply to a request, or undefined if the service replies that the resource does not exist (404).
 *
 * @param isResourceMissing returns for the service's error code whether the resource itself is missing, and not its
 *   container
 */
export async function undefinedIfMissing<Reply>(
  call: Promise<Reply>,
  isResourceMissing: (serviceCode: unknown) => boolean = () => true,
): Promise<Reply | undefined> {
  try {
    return await call;
  } catch (error) {
    const isMissing = error instanceof EnrollkitError && error.code === 'NOT_FOUND';
    if (isMissing && isResourceMissing(error.context.serviceCode)) return undefined;
    throw error;
  }
}
