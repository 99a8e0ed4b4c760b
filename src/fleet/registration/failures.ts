/** Failures of many devices, counted by reason. */
import type { ErrorCode } from '../../errors.js';

/** Why something failed for one device. */
export interface Failure {
  code: ErrorCode;
  /** DPS's own number, such as 401002; absent where it gave none. */
  errorCode?: number | undefined;
  message: string;
  next: string;
}

export interface FleetFailure extends Failure {
  count: number;
  /** Of the first one, as are message and next. */
  registrationId: string;
}

export class Failures {
  readonly #byReason = new Map<string, FleetFailure>();

  add(registrationId: string, failure: Failure): void {
    const reason = `${failure.code} ${failure.errorCode ?? ''}`;
    const known = this.#byReason.get(reason);
    if (known) known.count += 1;
    else this.#byReason.set(reason, { ...failure, count: 1, registrationId });
  }

  /** The commonest first. */
  list(): FleetFailure[] {
    return [...this.#byReason.values()].sort((one, other) => other.count - one.count);
  }
}
