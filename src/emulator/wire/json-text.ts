/** JSON that a client sent, the same over every transport. */
import { DpsError } from '../dps/dps-error.js';

/** Microsoft Learn, "DPS quotas and limits": a message holds at most 96 KB. */
export const maxRequestBytes = 96 * 1024;
/** Twins nest at most 10 levels (Microsoft Learn, "IoT Hub quotas"); what wraps them adds a few. */
const maxDepth = 32;

/**
 * @param bytes UTF-8
 * @returns undefined when there is nothing but white space: clients send a space where they have nothing to say
 * @throws SyntaxError, TypeError when it is not JSON, not UTF-8, or nests deeper than anything that is meant
 */
export function parseJsonText(bytes: Buffer): unknown {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  if (text.trim() === '') return undefined;
  if (nestsTooDeep(text)) throw new SyntaxError('it nests too deep');
  return JSON.parse(text) as unknown;
}

/**
 * What a device says as it registers; nothing is an object without fields.
 *
 * @throws DpsError payloadTooLarge, badRequest
 */
export function parseRegistrationRequest(bytes: Buffer): unknown {
  if (bytes.length > maxRequestBytes) throw new DpsError('payloadTooLarge');
  const body = parseRequest(bytes);
  return body === undefined ? {} : body;
}

/** @throws DpsError badRequest */
export function parseRequest(bytes: Buffer): unknown {
  try {
    return parseJsonText(bytes);
  } catch (cause) {
    throw new DpsError('badRequest', {
      message: 'The body is not JSON.',
      reason: `the body is not JSON: ${(cause as Error).message}`,
    });
  }
}

/** Whether brackets outside of strings nest too deep. */
function nestsTooDeep(text: string): boolean {
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
