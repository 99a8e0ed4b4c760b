/** Reads a request's JSON, refusing what the service would not take. */
import type { IncomingMessage } from 'node:http';
import { DpsError } from '../dps-error.js';
import { maxRequestBytes, parseRequest } from '../json-text.js';

/**
 * @returns the parsed body, or undefined when there is none
 * @throws DpsError payloadTooLarge, unsupportedMediaType, badRequest
 */
export async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(incoming);
  if (bytes.length === 0) return undefined;
  const type = incoming.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type.trim())) throw new DpsError('unsupportedMediaType');
  return parseRequest(bytes);
}

/** @throws DpsError payloadTooLarge, badRequest */
export async function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxRequestBytes)
    throw new DpsError('payloadTooLarge');
  const chunks: Buffer[] = [];
  let length = 0;
  // The rest of a body that is too large is read and dropped by node, so that the client gets to read the answer.
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxRequestBytes) throw new DpsError('payloadTooLarge');
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof DpsError) throw error;
    // Nobody reads this answer; the log does not have it as a failure of the emulator.
    throw new DpsError('badRequest', { reason: 'the client went away before its body was complete' });
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
