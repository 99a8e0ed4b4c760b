import { EnrollkitError } from '../../../errors.js';

/**
 * What was asked for, or undefined where the service says that there is none (404).
 *
 * @param isItself tells by the service's code whether it is what was asked for that is missing, and not what it is in
 */
export async function unlessMissing<Reply>(
  call: Promise<Reply>,
  isItself: (serviceCode: unknown) => boolean = () => true,
): Promise<Reply | undefined> {
  try {
    return await call;
  } catch (error) {
    const isMissing = error instanceof EnrollkitError && error.code === 'NOT_FOUND';
    if (isMissing && isItself(error.context.serviceCode)) return undefined;
    throw error;
  }
}
