/** Reads the body of a request to the hub. */
import type { IncomingMessage } from 'node:http';
import { readRequestBytes } from '../../wire/http/request-bytes.js';
import { parseJsonText } from '../../wire/json-text.js';
import { HubError, type HubErrorName } from '../hub-error.js';

/** Microsoft Learn, "IoT Hub quotas and throttling": a bulk operation holds at most 500 KB. */
const maxJsonBytes = 500 * 1024;

/** @throws HubError GenericRequestEntityTooLarge, GenericUnsupportedMediaType, ArgumentInvalid */
export async function readHubJson(incoming: IncomingMessage): Promise<unknown> {
  const bytes = await readHubBytes(incoming, maxJsonBytes, 'GenericRequestEntityTooLarge');
  if (bytes.length === 0) return undefined;
  const type = incoming.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type.trim())) throw new HubError('GenericUnsupportedMediaType');
  try {
    return parseJsonText(bytes);
  } catch (cause) {
    throw new HubError('ArgumentInvalid', {
      message: 'The body is not JSON.',
      reason: `the body is not JSON: ${(cause as Error).message}`,
    });
  }
}

/** @throws HubError `tooLarge`, ArgumentInvalid */
export function readHubBytes(
  incoming: IncomingMessage,
  maxBytes: number,
  tooLarge: HubErrorName = 'MessageTooLarge',
): Promise<Buffer> {
  return readRequestBytes(incoming, maxBytes, {
    tooLarge: () => new HubError(tooLarge),
    gone: () =>
      new HubError('ArgumentInvalid', { reason: 'the client went away before its message was complete' }),
  });
}
