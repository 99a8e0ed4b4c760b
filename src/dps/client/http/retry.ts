/** When and after what delay requests are retried. */
import type { PipelineResponse, RetryStrategy } from '@azure/core-rest-pipeline';
import { isTransient } from '../transport-failure.js';

export const maxRetries = 4;
const firstDelayMs = 500;
/** Longer waits are reported instead. */
const maxDelayMs = 60_000;

/** Statuses that leave open whether the request was processed. */
const uncertainStatuses = new Set([408, 500, 502, 503, 504]);

/**
 * Throttled requests (429) are always retried: the service has not processed them. After lost connections and server
 * errors, only repeatable requests are.
 *
 * @param onUncertain called before a request is repeated whose earlier attempt may have had its effect
 */
export function retryStrategy(repeatable: boolean, onUncertain: () => void): RetryStrategy {
  return {
    name: 'enrollkit',
    retry({ retryCount, response, responseError }) {
      const shouldRetry = response
        ? response.status === 429 || (repeatable && uncertainStatuses.has(response.status))
        : repeatable && isTransient(responseError);
      if (!shouldRetry) return { skipStrategy: true };
      if (response?.status !== 429) onUncertain();
      const delay = response === undefined ? undefined : retryAfterMs(response);
      if (delay !== undefined && delay > maxDelayMs) return { skipStrategy: true };
      return { retryAfterInMs: delay ?? backoffMs(retryCount) };
    },
  };
}

/** Doubles each time, with up to half subtracted at random, so that many clients do not retry at once. */
export function backoffMs(retryCount: number): number {
  return firstDelayMs * 2 ** retryCount * (0.5 + Math.random() / 2);
}

/** Retry-After in milliseconds (RFC 9110 section 10.2.3: seconds, or a date); undefined without the header. */
export function retryAfterMs({ headers }: Pick<PipelineResponse, 'headers'>): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}
