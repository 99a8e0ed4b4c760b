/** What an explanation of a code consists of. */

/** A possible cause. */
export interface Cause {
  /** A noun phrase or clause, without a period. */
  cause: string;
  /** How to find out whether it is this one. */
  check: string;
}

export interface Explanation {
  /** One sentence. */
  meaning: string;
  /** The most likely first; at least one. */
  causes: readonly Cause[];
  /** What to do, one or two sentences. */
  next: string;
}
