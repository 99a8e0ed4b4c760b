/** Reads the body of a request to the hub. */
import type { IncomingMessage } from 'node:http';
import { parseJsonText } from '../../json-text.js';
import { HubError, type HubErrorName } from '../wire-error.js';

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
export async function readHubBytes(
  incoming: IncomingMessage,
  maxBytes: number,
  tooLarge: HubErrorName = 'MessageTooLarge',
): Promise<Buffer> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) throw new HubError(tooLarge);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) throw new HubError(tooLarge);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof HubError) throw error;
    throw new HubError('ArgumentInvalid', { reason: 'the client went away before its message was complete' });
  }
  return Buffer.concat(chunks);
}
