/** When a request is sent again, and after how long. */
import type { PipelineResponse, RetryStrategy } from '@azure/core-rest-pipeline';
import { isPassing } from '../transport-failure.js';

export const maxRetries = 4;
const firstDelayMs = 500;
/** Whoever is told to wait longer than this is better off hearing of it. */
const maxDelayMs = 60_000;

/** Answers that say nothing of whether the request was carried out. */
const uncertainStatuses = new Set([408, 500, 502, 503, 504]);

/**
 * Throttled requests (429) are always sent again: the service says that it did not carry them out. Cut connections and
 * failures of the server only where a second time does no harm.
 */
export function retryStrategy(repeatable: boolean): RetryStrategy {
  return {
    name: 'enrollkit',
    retry({ retryCount, response, responseError }) {
      const again = response
        ? response.status === 429 || (repeatable && uncertainStatuses.has(response.status))
        : repeatable && isPassing(responseError);
      if (!again) return { skipStrategy: true };
      const delay = response === undefined ? undefined : retryAfterMs(response);
      if (delay !== undefined && delay > maxDelayMs) return { skipStrategy: true };
      return { retryAfterInMs: delay ?? backoffMs(retryCount) };
    },
  };
}

/** Doubles each time, less up to half by chance, so that many clients do not return together. */
export function backoffMs(retryCount: number): number {
  return firstDelayMs * 2 ** retryCount * (0.5 + Math.random() / 2);
}

/** Retry-After in milliseconds (RFC 9110 section 10.2.3: seconds, or a date); undefined when there is none. */
export function retryAfterMs({ headers }: Pick<PipelineResponse, 'headers'>): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
