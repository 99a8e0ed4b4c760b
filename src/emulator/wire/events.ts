/** What the emulator reports: one event for each operation. For `--verbose`, tests, and programs that embed it. */

export interface EmulatorEvent {
  /** When the operation began. ISO 8601, UTC. */
  at: string;
  plane: 'arm' | 'service' | 'device' | 'hub';
  transport: 'https' | 'mqtt' | 'amqp';
  /** The operation's name, such as `register`; method and path where no operation matches. */
  operation: string;
  /** What the operation is about: a registration ID, a group ID, the name of a certificate. */
  id?: string;
  /** The HTTP status, or its counterpart in MQTT and AMQP. */
  status: number;
  /** Why the operation was refused, in words; often more than the client learns. */
  reason?: string;
  /** The ID of the rule that injected a fault, in an event about that; `status` is 0 if the client gets no answer. */
  fault?: string;
}

export type EmulatorLog = (event: EmulatorEvent) => void;

/** An event without what its log already knows. */
export interface Outcome {
  operation: string;
  id?: string | undefined;
  status: number;
  reason?: string | undefined;
  /** When the operation began; now by default. */
  at?: Date;
}

/** Reports an operation of one plane over one transport. */
export type Report = (outcome: Outcome) => void;

/** Hands events to whoever listens, with their time, plane and transport. */
export class EventLog {
  readonly #log: EmulatorLog;
  readonly #now: () => Date;

  constructor(log: EmulatorLog, now: () => Date) {
    this.#log = log;
    this.#now = now;
  }

  for(plane: EmulatorEvent['plane'], transport: EmulatorEvent['transport']): Report {
    return ({ operation, id, status, reason, at = this.#now() }) =>
      this.#log({
        at: at.toISOString(),
        plane,
        transport,
        operation,
        ...(id === undefined ? {} : { id }),
        status,
        ...(reason === undefined ? {} : { reason }),
      });
  }
}
