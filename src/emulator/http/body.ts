/** Reads a request's JSON, refusing what the service would not take. */
import type { IncomingMessage } from 'node:http';
import { DpsError } from '../dps-error.js';

/** Microsoft Learn, "DPS quotas and limits": a message holds at most 96 KB. */
const maxBodyBytes = 96 * 1024;
/** Twins nest at most 10 levels (Microsoft Learn, "IoT Hub quotas"); what wraps them adds a few. */
const maxDepth = 32;

/**
 * @returns the parsed body, or undefined when there is none
 * @throws DpsError payloadTooLarge, unsupportedMediaType, badRequest
 */
export async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const bytes = await readBytes(incoming);
  if (bytes.length === 0) return undefined;
  const type = incoming.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type.trim())) throw new DpsError('unsupportedMediaType');
  let body: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (nestsTooDeep(text)) throw new SyntaxError('it nests too deep');
    body = text.trim() === '' ? undefined : JSON.parse(text);
  } catch (cause) {
    throw new DpsError('badRequest', {
      message: 'The body is not JSON.',
      reason: `the body is not JSON: ${(cause as Error).message}`,
    });
  }
  return body;
}

/** @throws DpsError payloadTooLarge, badRequest */
export async function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBodyBytes) throw new DpsError('payloadTooLarge');
  const chunks: Buffer[] = [];
  let length = 0;
  // The rest of a body that is too large is read and dropped by node, so that the client gets to read the answer.
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBodyBytes) throw new DpsError('payloadTooLarge');
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof DpsError) throw error;
    // Nobody reads this answer; the log does not have it as a failure of the emulator.
    throw new DpsError('badRequest', { reason: 'the client went away before its body was complete' });
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

/** Whether brackets outside of strings nest deeper than anything that is meant. */
export function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}
