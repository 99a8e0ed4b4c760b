/**
 * Decodes a URI component (RFC 3986 section 2.1).
 *
 * @returns undefined if it is not percent-encoded UTF-8
 */
export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
