/** Sends the attempts of one request: counts them, reports them to the observer, and limits their time. */

import {
  createHttpHeaders,
  type HttpClient,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
} from '@azure/core-rest-pipeline';
import { EnrollkitError } from '../../../errors.js';
import type { Plane } from '../../contract/api-versions.js';
import type { Exchange, ExchangeReply } from '../exchange.js';
import type { RequestObserver } from '../observer.js';
import { redact } from '../redact.js';
import { codeOf } from '../transport-failure.js';
import { retryable, type SendLimits, sendOnce } from './send-once.js';

export interface SenderOptions extends SendLimits {
  plane: Plane;
  onRequest: RequestObserver | undefined;
  exchange: Exchange;
  onResponse: (response: PipelineResponse) => void;
}

export function createSender({
  plane,
  onRequest,
  exchange,
  onResponse,
  ...limits
}: SenderOptions): HttpClient {
  let attempt = 0;
  return {
    async sendRequest(request) {
      attempt += 1;
      const started = performance.now();
      const { method, url } = request;
      const report = (outcome: { status: number } | { failure: string }) =>
        onRequest?.({ plane, method, url, attempt, elapsedMs: performance.now() - started, ...outcome });
      try {
        const response = await sendThrough(exchange, plane, request, limits);
        onResponse(response);
        report({ status: response.status });
        return response;
      } catch (failure) {
        report({ failure: codeOf(failure) ?? redact((failure as Error).message) });
        throw failure;
      }
    },
  };
}

/** One attempt, which the exchange may answer. */
async function sendThrough(
  exchange: Exchange,
  plane: Plane,
  request: PipelineRequest,
  limits: SendLimits,
): Promise<PipelineResponse> {
  const { method, url, headers, body } = request;
  let response: PipelineResponse | undefined;
  let wasSent = false;
  const send = async (): Promise<ExchangeReply> => {
    wasSent = true;
    response = await sendOnce(request, limits);
    return { status: response.status, headers: response.headers.toJSON(), body: response.bodyAsText ?? '' };
  };
  const text = typeof body === 'string' ? body : undefined;
  try {
    const reply = await exchange({ plane, method, url, headers: headers.toJSON(), body: text }, send);
    return (
      response ?? {
        request,
        status: reply.status,
        headers: createHttpHeaders(reply.headers),
        bodyAsText: reply.body,
      }
    );
  } catch (failure) {
    if (wasSent || failure instanceof EnrollkitError) throw failure;
    throw retryable(failure as Error, request, RestError.PARSE_ERROR);
  }
}
