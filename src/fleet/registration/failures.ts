/** Failures of many devices, counted by reason. */
import type { ProblemCode } from '../../dps/client/diagnosis/problem.js';
import type { ErrorCode } from '../../errors.js';

/** Why something failed for one device. */
export interface DeviceFailure {
  code: ErrorCode;
  /** The error code of DPS, such as 401002, if it gave one. */
  errorCode?: number | undefined;
  /** The broken link between the device and an enrollment, if it was found. */
  cause?: ProblemCode | undefined;
  message: string;
  next: string;
}

export interface FleetFailure extends DeviceFailure {
  count: number;
  /** The first device that failed for this reason; `message` and `next` are about it. */
  registrationId: string;
}

export class Failures {
  readonly #byReason = new Map<string, FleetFailure>();

  add(registrationId: string, failure: DeviceFailure): void {
    const reason = `${failure.code} ${failure.errorCode ?? ''} ${failure.cause ?? ''}`;
    const known = this.#byReason.get(reason);
    if (known) known.count += 1;
    else this.#byReason.set(reason, { ...failure, count: 1, registrationId });
  }

  /** The most frequent reason first. */
  list(): FleetFailure[] {
    return [...this.#byReason.values()].sort((one, other) => other.count - one.count);
  }
}
