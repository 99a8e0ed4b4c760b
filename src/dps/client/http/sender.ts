/** Sends the attempts of one request: counts them, reports them to the observer, and limits their time. */

import type { Readable } from 'node:stream';
import {
  createDefaultHttpClient,
  createHttpHeaders,
  type HttpClient,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
} from '@azure/core-rest-pipeline';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import type { Plane } from '../../contract/api-versions.js';
import type { Exchange, ExchangeReply } from '../exchange.js';
import type { RequestObserver } from '../observer.js';
import { redact, redactedCause } from '../redact.js';
import { codeOf } from '../transport-failure.js';

export interface SenderOptions {
  plane: Plane;
  onRequest: RequestObserver | undefined;
  exchange: Exchange;
  /** Per attempt, from sending to the last byte of the response. */
  timeoutMs: number;
  maxReplyBytes: number;
  onResponse: (response: PipelineResponse) => void;
}

type Limits = Pick<SenderOptions, 'timeoutMs' | 'maxReplyBytes'>;

const client = createDefaultHttpClient();

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
  limits: Limits,
): Promise<PipelineResponse> {
  const { method, url, headers, body } = request;
  let response: PipelineResponse | undefined;
  let wasSent = false;
  const send = async (): Promise<ExchangeReply> => {
    wasSent = true;
    response = await sendWithin(request, limits);
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
    throw retryable(failure as Error, request);
  }
}

/** The retry policy repeats errors of this kind only. */
function retryable(failure: Error, request: PipelineRequest): RestError {
  return new RestError(failure.message, { code: codeOf(failure) ?? RestError.PARSE_ERROR, request });
}

/** @returns the text of a body, decompressed; undefined when it is longer, and nothing more is read of it */
async function readAtMost(body: Readable, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop destroys the stream.
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The pipeline's own timeout covers only the response's headers; this one covers its body, too. */
async function sendWithin(
  request: PipelineRequest,
  { timeoutMs, maxReplyBytes }: Limits,
): Promise<PipelineResponse> {
  const outer = request.abortSignal;
  const controller = new AbortController();
  const abort = () => controller.abort();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    abort();
  }, timeoutMs);
  outer?.addEventListener('abort', abort);
  request.abortSignal = controller.signal;
  // The body is read here, so that its length is limited.
  request.streamResponseStatusCodes = new Set([Number.POSITIVE_INFINITY]);
  try {
    const { readableStreamBody, ...response } = await client.sendRequest(request);
    if (!readableStreamBody) return response;
    const body = await readAtMost(readableStreamBody as Readable, maxReplyBytes).catch((failure: Error) => {
      throw retryable(failure, request);
    });
    if (body !== undefined) return { ...response, bodyAsText: body };
    const { host } = new URL(request.url);
    throw new EnrollkitError('REFUSED', sentences.dpsClient.answerTooLong(host, maxReplyBytes), {
      next: sentences.dpsClient.checkAddress,
      context: { host, maxReplyBytes },
    });
  } catch (failure) {
    if (!timedOut) throw failure;
    const { host } = new URL(request.url);
    throw new EnrollkitError('TIMEOUT', sentences.dpsClient.noAnswerInTime(host, timeoutMs / 1000), {
      cause: redactedCause(failure),
      context: { host, timeoutMs },
    });
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
    if (outer) request.abortSignal = outer;
    else delete request.abortSignal;
  }
}
