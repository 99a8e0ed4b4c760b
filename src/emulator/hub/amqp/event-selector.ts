/**
 * Where a reader of events begins, as the filter of its link says it.
 *
 * Source: @azure/event-hubs 6.0.4, getEventPositionFilter; azure-iot-cli-extension, for `x-opt-enqueuedtimeutc`.
 */
import { AmqpError } from '../../wire/amqp/amqp-error.js';
import type { StartingPoint } from '../event-hub/events.js';

const expression = /^\s*amqp\.annotation\.(x-opt-[a-z-]+)\s*(>=?)\s*(?:'([^']*)'|(\S+))\s*$/i;

const annotations: Record<string, 'offset' | 'sequenceNumber' | 'enqueuedTime'> = {
  'x-opt-offset': 'offset',
  'x-opt-sequence-number': 'sequenceNumber',
  'x-opt-enqueued-time': 'enqueuedTime',
  'x-opt-enqueuedtimeutc': 'enqueuedTime',
};

/** Milliseconds that a date holds: ECMA-262, time values. */
const maxTime = 8.64e15;

/**
 * @param selector for example `amqp.annotation.x-opt-offset > '-1'`; without one, reading begins with the first event
 * @throws AmqpError argumentError
 */
export function parseSelector(selector: unknown): StartingPoint {
  if (selector === undefined || selector === null) return { from: 'earliest' };
  const [, annotation = '', operator, quoted, bare] = expression.exec(String(selector)) ?? [];
  const name = annotation.toLowerCase();
  const from = Object.hasOwn(annotations, name) ? annotations[name] : undefined;
  const text = (quoted ?? bare ?? '').trim();
  if (from === undefined) throw illegal(selector);
  if (from === 'offset' && text === '-1') return { from: 'earliest' };
  if (text.toLowerCase() === '@latest') return { from: 'latest' };
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || (from === 'enqueuedTime' && Math.abs(value) > maxTime)) {
    throw illegal(selector);
  }
  return { from, value, inclusive: operator === '>=' };
}

function illegal(selector: unknown): AmqpError {
  const shown = String(selector).slice(0, 200);
  return new AmqpError('argumentError', `The filter '${shown}' is not one for the position of an event.`);
}
