/** A time as Azure writes it: ISO 8601, UTC, seven digits after the point. */
export function wireTimestamp(at: Date): string {
  return at.toISOString().replace('Z', '0000Z');
}
