/** Cleans text from elsewhere for our errors: removes secrets, and of text from services line breaks and length. */

/** What comes before the secret, and its kind. Bounded where a long text without a secret would take quadratic time. */
const secrets: readonly { pattern: RegExp; before: string; kind: string }[] = [
  {
    pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    before: '',
    kind: 'private key',
  },
  {
    pattern: /SharedAccessSignature\s+[^\s"',;]+/gi,
    before: 'SharedAccessSignature ',
    kind: 'SAS token',
  },
  { pattern: /((?:SharedAccess|Account)Key\s*=\s*)(?!\.{3})[^;\s"']+/gi, before: '$1', kind: 'key' },
  // Of SAS URLs, and of the webhook of a custom allocation policy.
  { pattern: /((?:\bsig|[?&](?:code|sig))=)[^&\s"']+/gi, before: '$1', kind: 'key' },
  { pattern: /\bBearer\s+[A-Za-z0-9._~+/=-]+/gi, before: 'Bearer ', kind: 'token' },
  // A JSON web token.
  { pattern: /\beyJ[A-Za-z0-9_-]{1,2048}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, before: '', kind: 'token' },
  { pattern: /(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/:@]+:[^\s/@]+(?=@)/gi, before: '$1', kind: 'credentials' },
  {
    pattern: /("?(?:primaryKey|secondaryKey|client_secret|password)"?\s*[:=]\s*)"?[^",;\s&}]+"?/gi,
    before: '$1',
    kind: 'secret',
  },
];

/** Members whose whole value is a secret, by the end of their names. */
const secretMembers: readonly [RegExp, string][] = [
  [/(pass|pass[-_]?(word|phrase)|pwd)$/i, 'passphrase'],
  [/(secret|credentials?)$/i, 'secret'],
  [/token$/i, 'token'],
  [/(sas|sharedAccessSignature)$/i, 'SAS token'],
  [/private[-_]?key$/i, 'private key'],
  [
    /(primary|secondary|symmetric|shared|access|account|storage|api|master|function|host|encryption)[-_]?key$/i,
    'key',
  ],
];

/** The kind of secret that a member of a JSON object holds, by its name; undefined for any other. */
export function kindOfSecretMember(name: string, value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return secretMembers.find(([pattern]) => pattern.test(name))?.[1];
}

/** JSON in one line, to be shown: with `***` in place of secrets. */
export function shownJson(value: unknown): string {
  return JSON.stringify(value, (name, member: unknown) => {
    if (kindOfSecretMember(name, member) !== undefined) return '***';
    return typeof member === 'string' ? withoutSecrets(member) : member;
  });
}

/** Keys and PKCS#12 files begin with a version; certificates do not. */
const maybeKeyInBase64 = /\bM[A-P][A-Za-z0-9+/\s]{40,}={0,2}/g;

/** PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) and SEC 1 (RFC 5915) keys, and PKCS#12 (RFC 7292), without the frame of PEM. */
function isKeyInBase64(text: string): boolean {
  const [tag, length = 0, ...rest] = Buffer.from(text.slice(0, 24), 'base64');
  const header = rest.slice(length < 0x80 ? 0 : length & 0x7f);
  const [type, size, version = 0xff] = header;
  return tag === 0x30 && type === 0x02 && size === 1 && version <= 3;
}

/**
 * Replaces keys, signatures, tokens and private keys in a text.
 *
 * @param mark what to write for a secret of a kind: private key, SAS token, key, token, credentials or secret
 */
export function maskSecrets(text: string, mark: (kind: string) => string): string {
  let clean = text;
  for (const { pattern, before, kind } of secrets) clean = clean.replace(pattern, `${before}${mark(kind)}`);
  return clean.replace(maybeKeyInBase64, (found) => (isKeyInBase64(found) ? mark('private key') : found));
}

/** Long enough for any message of DPS; cuts off a proxy's HTML page. */
const maxLength = 400;

/** Puts `***` in place of keys, signatures and tokens in a text. */
export function withoutSecrets(text: string): string {
  return maskSecrets(text, () => '***');
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
