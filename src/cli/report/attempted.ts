/** What a report could not read is a warning in it. */
import { EnrollkitError, isAbort } from '../../errors.js';

export interface Attempted<Result> {
  result?: Result;
  /** Sentences: why there is no result. */
  warnings: string[];
}

/** The result of a reader, or the message of its error. @throws EnrollkitError INTERRUPTED */
export async function orWarning<Result>(read: Promise<Result>): Promise<Attempted<Result>> {
  try {
    return { result: await read, warnings: [] };
  } catch (error) {
    if (!(error instanceof EnrollkitError) || isAbort(error)) throw error;
    return { warnings: [error.message] };
  }
}
