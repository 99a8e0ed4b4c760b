/** An error of DPS, as the emulator's clients get it over whichever transport. */
import { type DpsErrorBody, type DpsErrorName, dpsErrors, statusOf } from '../../dps/contract/wire-error.js';
import { EnrollkitError } from '../../errors.js';
import { en, type Sentences } from '../../languages/en.js';
import type { Failure } from '../../pki/path/validate.js';
import { InjectedError } from '../wire/faults.js';
import { HttpRefusal, type RefusalKind } from '../wire/http/refusal.js';
import { wireTimestamp } from '../wire/timestamp.js';

/** A reason in the language of these sentences. */
export type Reason = (words: Sentences) => string;

export interface DpsErrorOptions {
  /** Replaces the message of the table; the client gets it. */
  message?: string | undefined;
  /** Sent to the client beside the message. */
  info?: Record<string, string>;
  /** For the log, in English, and the emulator's page, in its language: what the real service does not say. */
  reason?: string | Reason | undefined;
  /** Seconds after which the client may try again. */
  retryAfter?: number | undefined;
  /** What is wrong with the device's chain, for the emulator's page. */
  failures?: readonly Failure[];
  /** Replaces the number of the table. */
  errorCode?: number;
}

export class DpsError extends Error {
  readonly kind: DpsErrorName;
  readonly errorCode: number;
  readonly info: Record<string, string> | undefined;
  readonly reason: string;
  /** The reason in other languages; undefined if it is only in English. */
  readonly reasonIn: Reason | undefined;
  readonly retryAfter: number | undefined;
  readonly failures: readonly Failure[];

  constructor(kind: DpsErrorName, options: DpsErrorOptions = {}) {
    super(options.message ?? dpsErrors[kind].message);
    this.name = 'DpsError';
    this.kind = kind;
    this.errorCode = options.errorCode ?? dpsErrors[kind].errorCode;
    this.info = options.info;
    const { reason } = options;
    this.reasonIn = typeof reason === 'function' ? reason : undefined;
    this.reason = (typeof reason === 'function' ? reason(en) : reason) ?? this.message;
    this.retryAfter = options.retryAfter;
    this.failures = options.failures ?? [];
  }

  /** The HTTP status; MQTT has it in the topic of the reply. */
  get status(): number {
    return statusOf(this.errorCode);
  }

  /** @param trackingId the request's own ID, which the client also finds in `x-ms-request-id` */
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

/** @param reason for the log, where the message does not say it all */
export function badRequest(message: string, reason?: string): DpsError {
  return new DpsError('badRequest', { message, reason });
}

/** What DPS calls the refusals of the HTTP kernel. */
const kinds: Record<RefusalKind, DpsErrorName> = {
  badRequest: 'badRequest',
  incompleteBody: 'badRequest',
  payloadTooLarge: 'payloadTooLarge',
  unsupportedMediaType: 'unsupportedMediaType',
  unknownApiVersion: 'unknownApiVersion',
  notFound: 'notFound',
  methodNotAllowed: 'methodNotAllowed',
  notImplemented: 'notImplemented',
};

/** Whatever an operation threw; what is neither a refusal nor an error of the state is a defect of the emulator, and the log has its stack. */
export function toDpsError(thrown: unknown): DpsError {
  if (thrown instanceof DpsError) return thrown;
  if (thrown instanceof HttpRefusal) return fromRefusal(thrown);
  if (thrown instanceof InjectedError) {
    const { errorCode, message, retryAfter } = thrown;
    return new DpsError('internal', { errorCode, message, retryAfter });
  }
  const reason =
    thrown instanceof Error && !(thrown instanceof EnrollkitError)
      ? (thrown.stack ?? thrown.message)
      : String(thrown);
  return new DpsError('internal', { reason });
}

function fromRefusal({ kind, message, reason }: HttpRefusal): DpsError {
  switch (kind) {
    case 'badRequest':
    case 'notImplemented':
      return new DpsError(kind, { message, reason });
    case 'incompleteBody':
      return new DpsError(kinds[kind], { reason });
    default:
      // These have messages of the service's own.
      return new DpsError(kinds[kind]);
  }
}
