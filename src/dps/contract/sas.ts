/**
 * Creates and reads shared access signatures: `SharedAccessSignature
 * sr={resource}&sig={signature}&se={expiry}&skn={policy}`.
 *
 * Source: Microsoft Learn, "Control access to Azure IoT Hub DPS with shared access signatures". The string to sign is
 * `{sr as in the token}\n{se}`; the key is the base64-decoded policy key; the signature is base64 of HMAC-SHA256,
 * percent-encoded.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SasToken {
  /** The resource that the token gives access to. */
  resource: string;
  /** The resource as in the token, which was signed: some clients percent-encode it, some do not. */
  signedResource: string;
  /** Base64, percent-decoded. */
  signature: string;
  /** Seconds since 1970. */
  expiry: number;
  policyName: string;
}

/**
 * Creates a token.
 *
 * @param resource what the token gives access to: a host name, with its port if it has one; not encoded
 * @param key base64
 * @param expiry seconds since 1970
 */
export function createSasToken(resource: string, policyName: string, key: string, expiry: number): string {
  const sr = encodeURIComponent(resource);
  const signature = encodeURIComponent(sign(sr, expiry, key));
  return `SharedAccessSignature sr=${sr}&sig=${signature}&se=${expiry}&skn=${encodeURIComponent(policyName)}`;
}

/** Reads an Authorization header, with its fields in any order; undefined if it is not a SAS token. */
export function parseSasToken(header: string): SasToken | undefined {
  const match = /^SharedAccessSignature\s+(.+)$/i.exec(header.trim());
  if (!match) return undefined;
  const fields = new Map<string, string>();
  for (const part of match[1]!.split('&')) {
    const at = part.indexOf('=');
    if (at < 1 || fields.has(part.slice(0, at))) return undefined;
    fields.set(part.slice(0, at), part.slice(at + 1));
  }
  const sr = fields.get('sr');
  const sig = fields.get('sig');
  const se = fields.get('se');
  if (!sr || !sig || !se || !/^\d{1,15}$/.test(se)) return undefined;
  try {
    return {
      resource: decodeURIComponent(sr),
      signedResource: sr,
      signature: decodeURIComponent(sig),
      expiry: Number(se),
      policyName: decodeURIComponent(fields.get('skn') ?? ''),
    };
  } catch {
    return undefined;
  }
}

/**
 * Whether the signature was made with this key, for the resource as in the token or decoded. It must be base64 as encoders
 * write it (RFC 4648 section 4): Node.js would decode more.
 */
export function sasSignatureMatches(token: SasToken, key: string): boolean {
  const candidates = new Set([token.signedResource, token.resource]);
  const given = Buffer.from(token.signature, 'base64');
  if (given.toString('base64') !== token.signature) return false;
  return [...candidates].some((resource) => {
    const expected = Buffer.from(sign(resource, token.expiry, key), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

/**
 * Derives a device's key from the symmetric key of its enrollment group.
 *
 * Source: Microsoft Learn, "Symmetric key attestation with DPS": HMAC-SHA256 of the registration ID with the group's
 * key.
 *
 * @param groupKey base64
 * @returns base64
 */
export function deriveDeviceKey(groupKey: string, registrationId: string): string {
  return createHmac('sha256', Buffer.from(groupKey, 'base64')).update(registrationId).digest('base64');
}

function sign(resource: string, expiry: number, key: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(`${resource}\n${expiry}`).digest('base64');
}
