/** An error that an AMQP client gets: it ends a link or a connection, or rejects a message. */
import { type AmqpCondition, type AmqpConditionName, amqpConditions } from '../../../dps/contract/amqp.js';
import { InjectedError } from '../faults.js';

export class AmqpError extends Error {
  readonly condition: AmqpCondition;
  /** For the log: what the client is not told. */
  readonly reason: string;
  /** The HTTP status of the same refusal; for the log. */
  readonly status: number;
  readonly info: Record<string, string> | undefined;
  /** Whether a link that is refused with it ends the connection, too. */
  readonly endsConnection: boolean;

  constructor(
    condition: AmqpConditionName,
    message: string,
    options: {
      reason?: string | undefined;
      info?: Record<string, string> | undefined;
      endsConnection?: boolean;
    } = {},
  ) {
    super(message);
    this.condition = amqpConditions[condition];
    this.status = statuses[condition] ?? 400;
    this.reason = options.reason ?? message;
    this.info = options.info;
    this.endsConnection = options.endsConnection ?? false;
  }

  /** As the frames of AMQP carry it. */
  get wire(): { condition: string; description: string; info?: Record<string, string> } {
    const { condition, message: description, info } = this;
    return info === undefined ? { condition, description } : { condition, description, info };
  }
}

const statuses: Partial<Record<AmqpConditionName, number>> = {
  internalError: 500,
  messageSizeExceeded: 413,
  notFound: 404,
  notImplemented: 501,
  resourceLimitExceeded: 429,
  throttled: 429,
  unauthorizedAccess: 401,
};

/** The condition that goes with an HTTP status. */
export function conditionOfStatus(status: number): AmqpConditionName {
  return conditions[status] ?? (status >= 500 ? 'internalError' : 'notAllowed');
}

const conditions: Record<number, AmqpConditionName> = {
  400: 'argumentError',
  401: 'unauthorizedAccess',
  404: 'notFound',
  413: 'messageSizeExceeded',
  429: 'throttled',
  501: 'notImplemented',
};

/** Whatever was thrown; what is no refusal is a defect of the emulator, and only the log says which. */
export function asAmqpError(thrown: unknown): AmqpError {
  if (thrown instanceof AmqpError) return thrown;
  if (thrown instanceof InjectedError) {
    return new AmqpError(conditionOfStatus(thrown.status), thrown.message);
  }
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new AmqpError('internalError', 'Internal server error', { reason });
}
