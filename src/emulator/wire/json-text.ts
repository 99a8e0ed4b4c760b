/** JSON that a client sent, over whichever transport. */

/** Twins nest at most 10 levels (Microsoft Learn, "IoT Hub quotas"); what wraps them adds a few. */
const maxDepth = 32;

/**
 * @param bytes UTF-8
 * @returns undefined when there is nothing but white space: some clients send a space in place of an empty body
 * @throws SyntaxError, TypeError when it is not JSON, not UTF-8, or nested deeper than any valid request
 */
export function parseJsonText(bytes: Buffer): unknown {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  if (text.trim() === '') return undefined;
  if (nestsTooDeep(text)) throw new SyntaxError('it nests too deep');
  return JSON.parse(text) as unknown;
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
