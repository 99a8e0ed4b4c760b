/** ETags: their form on each plane, and the comparison with one that a client sends. */
import { randomBytes, randomUUID } from 'node:crypto';

/** On the service plane: base64 of a quoted GUID. */
export function newEtag(): string {
  return Buffer.from(`"${randomUUID()}"`).toString('base64');
}

/** On ARM: base64 of eight octets. */
export function newArmEtag(): string {
  return randomBytes(8).toString('base64');
}

/** Whether an If-Match header matches this etag: bare, quoted, or `*`. */
export function etagMatches(ifMatch: string, etag: string): boolean {
  const value = ifMatch.trim();
  return value === '*' || value === etag || value === `"${etag}"`;
}
