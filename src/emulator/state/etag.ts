/** ETags: their form on each plane, and the comparison with one that a client sends. */
import { randomUUID } from 'node:crypto';

/** On the service plane: base64 of a quoted GUID. */
export function newEtag(): string {
  return Buffer.from(`"${randomUUID()}"`).toString('base64');
}

/** Keeps ARM's etags small: those of the real service begin with four zero octets. */
const armEtagEpoch = Date.UTC(2020, 0, 1);
let lastArmEtag = 0;

/** On ARM: base64 of eight octets, a number that rises with each change (recorded by Azure/azure-cli). */
export function newArmEtag(): string {
  lastArmEtag = Math.max(lastArmEtag + 1, Date.now() - armEtagEpoch);
  return armEtagOf(lastArmEtag);
}

/** @param value a whole number */
export function armEtagOf(value: number): string {
  const octets = Buffer.alloc(8);
  octets.writeBigUInt64BE(BigInt(value));
  return octets.toString('base64');
}

/** Whether an If-Match header matches this etag: bare, quoted, or `*`. */
export function etagMatches(ifMatch: string, etag: string): boolean {
  const value = ifMatch.trim();
  return value === '*' || value === etag || value === `"${etag}"`;
}
