/** The difference between a server's clock and this computer's. */

import { request } from 'node:https';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';

/** Microsoft Entra and SAS tokens tolerate five minutes. */
const maxClockSkewMs = 5 * 60_000;

const dateTimeoutMs = 3000;

/**
 * @param date a Date header (RFC 9110 section 6.6.1)
 * @returns how many milliseconds the server's clock is ahead; undefined without a date
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
    sentences.dpsClient.clockSkew(now.toISOString(), host, server.toISOString(), minutes),
    { context: { host, skewMs, local: now.toISOString(), server: server.toISOString() } },
  );
}

/**
 * Gets only the Date header from a server whose certificate is out of date: sends no credentials, and uses the reply
 * only for an error message.
 */
export function fetchDate(origin: string, trust: string | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const dateRequest = request(
      origin,
      // Only the roots: an untrusted server must not get a client certificate.
      { method: 'HEAD', agent: false, ca: trust, rejectUnauthorized: false, timeout: dateTimeoutMs },
      (response) => {
        response.resume();
        resolve(response.headers.date);
        dateRequest.destroy();
      },
    );
    dateRequest.on('timeout', () => dateRequest.destroy());
    dateRequest.on('error', () => resolve(undefined));
    dateRequest.on('close', () => resolve(undefined));
    dateRequest.end();
  });
}
