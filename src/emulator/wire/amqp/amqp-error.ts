/** An error that an AMQP client is told: as the end of a link or connection, or as the rejection of a message. */
import { randomUUID } from 'node:crypto';
import { type AmqpCondition, amqpConditions, dpsAmqp } from '../../../dps/contract/amqp.js';
import { DpsError } from '../../dps/dps-error.js';

export class AmqpError extends Error {
  readonly condition: AmqpCondition;
  /** For the log: what the client is not told. */
  readonly reason: string;
  /** The HTTP status of the same refusal; for the log. */
  readonly status: number;
  readonly info: Record<string, string> | undefined;

  constructor(
    condition: keyof typeof amqpConditions,
    message: string,
    options: { reason?: string; info?: Record<string, string> | undefined } = {},
  ) {
    super(message);
    this.condition = amqpConditions[condition];
    this.status = statuses[condition] ?? 400;
    this.reason = options.reason ?? message;
    this.info = options.info;
  }

  /** As the frames of AMQP carry it. */
  get wire(): { condition: string; description: string; info?: Record<string, string> } {
    const { condition, message: description, info } = this;
    return info === undefined ? { condition, description } : { condition, description, info };
  }
}

const statuses: Partial<Record<keyof typeof amqpConditions, number>> = {
  internalError: 500,
  messageSizeExceeded: 413,
  notFound: 404,
  notImplemented: 501,
  resourceLimitExceeded: 429,
  throttled: 429,
  unauthorizedAccess: 401,
};

const conditionOfStatus: Record<number, keyof typeof amqpConditions> = {
  400: 'argumentError',
  401: 'unauthorizedAccess',
  404: 'notFound',
  413: 'messageSizeExceeded',
  429: 'throttled',
  500: 'internalError',
  501: 'notImplemented',
};

/**
 * What DPS answers over AMQP: the condition that the status stands for, with the body of the error as description, where
 * the SDK for C# reads the code.
 */
export function toAmqpError(cause: unknown, now: Date): AmqpError {
  if (cause instanceof AmqpError) return cause;
  const error =
    cause instanceof DpsError ? cause : new DpsError('internal', { reason: (cause as Error).message });
  const { retryAfter } = error;
  return new AmqpError(
    conditionOfStatus[error.status] ?? 'notAllowed',
    JSON.stringify(error.toBody(randomUUID(), now)),
    {
      reason: error.reason,
      info:
        retryAfter === undefined
          ? undefined
          : Object.fromEntries(dpsAmqp.retryAfter.map((name) => [name, String(retryAfter)])),
    },
  );
}

/** For a client that asks and asks, and takes no answer. */
export function answerNotTaken(): AmqpError {
  return new AmqpError('resourceLimitExceeded', 'Too many answers wait for the client to take them.');
}
