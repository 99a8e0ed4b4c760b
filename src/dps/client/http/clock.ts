/** How far the clocks of a server and of this computer are apart. */
import { request } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { EnrollkitError } from '../../../errors.js';

/** Microsoft Entra and SAS tokens are given five minutes of grace. */
const maxClockSkewMs = 5 * 60_000;

const askTimeoutMs = 3000;

/**
 * @param date a Date header (RFC 9110 section 6.6.1)
 * @returns milliseconds by which the server's clock is ahead; undefined without a date
 */
export function clockSkew(date: string | undefined, now: Date): number | undefined {
  const at = Date.parse(date ?? '');
  return Number.isNaN(at) ? undefined : at - now.getTime();
}

export function isSkewed(skewMs: number | undefined): skewMs is number {
  return skewMs !== undefined && Math.abs(skewMs) > maxClockSkewMs;
}

export function clockSkewError(skewMs: number, host: string, now: Date): EnrollkitError {
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  const server = new Date(now.getTime() + skewMs);
  return new EnrollkitError(
    'CLOCK_SKEW',
    `The clock of this computer says ${now.toISOString()}, that of ${host} ${server.toISOString()}: ${minutes} minutes apart, so that certificates and tokens are refused.`,
    { context: { host, skewMs, local: now.toISOString(), server: server.toISOString() } },
  );
}

/**
 * Asks a server whose certificate is out of date for its Date header alone: no credentials are sent, and what it
 * answers serves only to word an error.
 */
export function askForDate(origin: string, tls: SecureContextOptions): Promise<string | undefined> {
  return new Promise((answer) => {
    const asked = request(
      origin,
      // Only the roots: a client certificate would be shown to a server that is not trusted.
      { method: 'HEAD', agent: false, ca: tls.ca, rejectUnauthorized: false, timeout: askTimeoutMs },
      (response) => {
        response.resume();
        answer(response.headers.date);
        asked.destroy();
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => answer(undefined));
    asked.on('close', () => answer(undefined));
    asked.end();
  });
}
