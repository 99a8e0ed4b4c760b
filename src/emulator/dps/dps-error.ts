/** An error that a client of the emulator is answered with, whatever the transport. */
import { type DpsErrorBody, type DpsErrorName, dpsErrors, statusOf } from '../../dps/contract/wire-error.js';
import { wireTimestamp } from '../wire/wire-time.js';

export interface DpsErrorOptions {
  /** Replaces the message of the table; goes to the client. */
  message?: string;
  /** Goes to the client beside the message. */
  info?: Record<string, string>;
  /** Goes to the log only: what the real service does not say. */
  reason?: string;
  /** Seconds after which the client may try again. */
  retryAfter?: number;
}

export class DpsError extends Error {
  readonly kind: DpsErrorName;
  readonly errorCode: number;
  readonly info: Record<string, string> | undefined;
  readonly reason: string;
  readonly retryAfter: number | undefined;

  constructor(kind: DpsErrorName, options: DpsErrorOptions = {}) {
    super(options.message ?? dpsErrors[kind].message);
    this.name = 'DpsError';
    this.kind = kind;
    this.errorCode = dpsErrors[kind].errorCode;
    this.info = options.info;
    this.reason = options.reason ?? this.message;
    this.retryAfter = options.retryAfter;
  }

  /** The HTTP status; MQTT puts it in the topic of the reply. */
  get status(): number {
    return statusOf(this.errorCode);
  }

  /** @param trackingId the request's own id, which the client also finds in `x-ms-request-id` */
  toBody(trackingId: string, now: Date): DpsErrorBody {
    return {
      errorCode: this.errorCode,
      trackingId,
      message: this.message,
      ...(this.info === undefined ? {} : { info: this.info }),
      timestampUtc: wireTimestamp(now),
    };
  }
}
