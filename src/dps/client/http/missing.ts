import { EnrollkitError } from '../../../errors.js';

/** What was asked for, or undefined where the service says that there is none (404). */
export async function unlessMissing<Reply>(call: Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof EnrollkitError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
