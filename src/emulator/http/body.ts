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
export function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const tooLarge = () => reject(new DpsError('payloadTooLarge'));
    // Nobody reads this answer; the log does not have it as a failure of the emulator.
    const gone = () =>
      reject(new DpsError('badRequest', { reason: 'the client went away before its body was complete' }));
    if (Number(incoming.headers['content-length'] ?? 0) > maxRequestBytes) return tooLarge();
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      // The rest of a body that is too large is read and dropped, so that the client gets to read the answer.
      if (length > maxRequestBytes) tooLarge();
      else chunks.push(chunk);
    });
    incoming.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    incoming.once('error', gone);
    incoming.once('close', gone);
  });
}
