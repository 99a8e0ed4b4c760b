/** What the devices of a run have done, counted. */
import type { EnrollkitError } from '../../errors.js';

const countNames = [
  /** Registrations, connections to hubs, and those that were lost. */
  'registrations',
  'connections',
  'disconnections',
  /** Messages that the hub accepted; those among them that were sent twice, because nobody could tell whether they arrived. */
  'sent',
  'sentAgain',
  /** Messages that were made, but not accepted: too many waited, the hub refused them, or the run ended. */
  'lost',
  'messagesReceived',
  'methodCalls',
  'desiredChanges',
  'reportedUpdates',
  'renewals',
  /** Attempts to register, to connect or to renew that failed. */
  'failedAttempts',
] as const;
export type CountName = (typeof countNames)[number];

export class RunCounts {
  readonly #counts = new Map<CountName, number>(countNames.map((name) => [name, 0]));
  /** Why nothing could be reached. */
  unreachable: EnrollkitError | undefined;
  /** Attempts that failed because of the network before any device was connected. */
  unreachableAttempts = 0;

  add(name: CountName, by = 1): void {
    this.#counts.set(name, this.#counts.get(name)! + by);
  }

  totals(): Record<CountName, number> {
    return Object.fromEntries(this.#counts) as Record<CountName, number>;
  }
}
