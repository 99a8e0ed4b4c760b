/** What the devices of a run share. */
import type { ReadServiceFacts } from '../../dps/client/diagnosis/service-facts.js';
import type { EnrollkitError } from '../../errors.js';
import type { Pace } from '../registration/pace.js';
import type { RunCounts } from './counts.js';
import type { Gate } from './gate.js';
import type { RunDevicesOptions } from './options.js';

export interface SharedRun {
  options: RunDevicesOptions;
  counts: RunCounts;
  /** Of registrations. */
  pace: Pace;
  /** Of connections being made. */
  gate: Gate;
  readServiceFacts: ReadServiceFacts | undefined;
  /** Aborted when devices are to finish and disconnect. */
  ending: AbortSignal;
  /** Aborted when they took too long. */
  hardStop: AbortSignal;
  /** Ends the run: nothing can be reached. */
  giveUp(error: EnrollkitError): void;
}
