/** Cleans text from elsewhere for our errors: removes secrets, and of text from services line breaks and length. */

const secrets: readonly [RegExp, string][] = [
  [/SharedAccessSignature\s+[^\s"',;]+/gi, 'SharedAccessSignature ***'],
  [/(SharedAccessKey\s*=\s*)(?!\.{3})[^;\s"']+/gi, '$1***'],
  [/\b(sig=)[^&\s"']+/gi, '$1***'],
  [/\bBearer\s+[A-Za-z0-9._~+/=-]+/gi, 'Bearer ***'],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, '***'], // a JSON web token
  [/("?(?:primaryKey|secondaryKey|client_secret|password)"?\s*[:=]\s*)"?[^",;\s&}]+"?/gi, '$1***'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '***'],
];

/** Long enough for any message of DPS; cuts off a proxy's HTML page. */
const maxLength = 400;

/** Puts `***` in place of keys, signatures and tokens in a text. */
export function withoutSecrets(text: string): string {
  return secrets.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}

/** Removes keys, signatures and tokens from a text of a service, and line breaks; cuts it where it is long. */
export function redact(text: string): string {
  const clean = withoutSecrets(text)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return clean.length > maxLength ? `${clean.slice(0, maxLength - 3)}...` : clean;
}

/** Reduces a thrown value to a cause: its message and code, without the request that it may contain. */
export function redactedCause(thrown: unknown): Error {
  const { message = String(thrown), code } = thrown as { message?: string; code?: unknown };
  const cause = new Error(redact(message));
  return typeof code === 'string' ? Object.assign(cause, { code }) : cause;
}
