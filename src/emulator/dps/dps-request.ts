/** What DPS takes in one request, over whichever transport. */
import { parseJsonText } from '../wire/json-text.js';
import { badRequest, DpsError } from './dps-error.js';

/** Microsoft Learn, "DPS quotas and limits": a message holds at most 96 KB. */
export const maxRequestBytes = 96 * 1024;

/**
 * The body with which a device registers over MQTT or AMQP; an empty one is an object without fields.
 *
 * @param bytes JSON, UTF-8
 * @throws DpsError payloadTooLarge, badRequest
 */
export function parseRegistrationBody(bytes: Buffer): unknown {
  if (bytes.length > maxRequestBytes) throw new DpsError('payloadTooLarge');
  try {
    const body = parseJsonText(bytes);
    return body === undefined ? {} : body;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw badRequest('The body is not JSON.', `the body is not JSON: ${reason}`);
  }
}
