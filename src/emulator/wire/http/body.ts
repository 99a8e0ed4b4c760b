/** Reads a request's JSON, refusing what the service would not take. */
import type { IncomingMessage } from 'node:http';
import { DpsError } from '../../dps/dps-error.js';
import { maxRequestBytes, parseRequest } from '../json-text.js';
import { readRequestBytes } from './request-bytes.js';

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
  return readRequestBytes(incoming, maxRequestBytes, {
    tooLarge: () => new DpsError('payloadTooLarge'),
    // Nobody reads this answer; the log does not have it as a failure of the emulator.
    gone: () => new DpsError('badRequest', { reason: 'the client went away before its body was complete' }),
  });
}
