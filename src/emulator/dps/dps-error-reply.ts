/** How the service and device planes refuse over HTTPS. */

import type { ErrorReply } from '../wire/http/operation.js';
import { DpsError } from './dps-error.js';

export function toDpsErrorReply(thrown: unknown, requestId: string, now: Date): ErrorReply {
  const error =
    thrown instanceof DpsError
      ? thrown
      : new DpsError('internal', {
          reason: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
        });
  const headers: Record<string, string> = {};
  if (error.retryAfter !== undefined) headers['retry-after'] = String(error.retryAfter);
  return {
    status: error.status,
    code: String(error.errorCode),
    body: error.toBody(requestId, now),
    headers,
    reason: error.reason,
  };
}
