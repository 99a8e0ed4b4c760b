/** Cleans text from services for our errors: removes secrets and line breaks, and limits its length. */

const secrets: readonly [RegExp, string][] = [
  [/SharedAccessSignature\s+[^\s"',;]+/gi, 'SharedAccessSignature ***'],
  [/(SharedAccessKey\s*=\s*)[^;\s"']+/gi, '$1***'],
  [/\b(sig=)[^&\s"']+/gi, '$1***'],
  [/\bBearer\s+[A-Za-z0-9._~+/=-]+/gi, 'Bearer ***'],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, '***'], // a JSON web token
  [/("?(?:primaryKey|secondaryKey|client_secret|password)"?\s*[:=]\s*)"?[^",;\s&}]+"?/gi, '$1***'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '***'],
];

/** Long enough for any message of DPS; cuts off a proxy's HTML page. */
const maxLength = 400;

/** Removes keys, signatures and tokens from a text. */
export function redact(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of secrets) clean = clean.replace(pattern, replacement);
  clean = clean.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return clean.length > maxLength ? `${clean.slice(0, maxLength - 3)}...` : clean;
}

/** Reduces a thrown value to a cause: its message and code, without the request that it may contain. */
export function redactedCause(thrown: unknown): Error {
  const { message = String(thrown), code } = thrown as { message?: string; code?: unknown };
  const cause = new Error(redact(message));
  return typeof code === 'string' ? Object.assign(cause, { code }) : cause;
}
