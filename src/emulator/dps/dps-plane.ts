/** What the planes of DPS have in common over HTTPS: how bodies are read and written, and what errors look like. */
import type { ErrorReply, HttpPlane } from '../wire/http/plane.js';
import { toDpsError } from './dps-error.js';
import { maxRequestBytes } from './dps-request.js';

export const dpsBodies: Pick<HttpPlane, 'contentType' | 'maxJsonBytes' | 'readsBodyFirst'> = {
  contentType: 'application/json; charset=utf-8',
  maxJsonBytes: maxRequestBytes,
  readsBodyFirst: true,
};

/** An error as the service and device planes answer it. */
export function toDpsErrorReply(thrown: unknown, requestId: string, now: Date): ErrorReply {
  const error = toDpsError(thrown);
  return {
    status: error.status,
    body: error.toBody(requestId, now),
    headers: error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) },
    reason: error.reason,
  };
}
