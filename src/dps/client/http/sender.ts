/** Sends the attempts of one request: counts them, reports them to the observer, and limits their time. */
import type { Readable } from 'node:stream';
import {
  createDefaultHttpClient,
  type HttpClient,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
} from '@azure/core-rest-pipeline';
import { EnrollkitError } from '../../../errors.js';
import type { Plane } from '../../contract/api-versions.js';
import type { RequestObserver } from '../observer.js';
import { redact, redactedCause } from '../redact.js';
import { codeOf } from '../transport-failure.js';

export interface SenderOptions {
  plane: Plane;
  onRequest: RequestObserver | undefined;
  /** Per attempt, from sending to the last byte of the response. */
  timeoutMs: number;
  maxReplyBytes: number;
  onResponse: (response: PipelineResponse) => void;
}

const client = createDefaultHttpClient();

export function createSender({ plane, onRequest, onResponse, ...limits }: SenderOptions): HttpClient {
  let attempt = 0;
  return {
    async sendRequest(request) {
      attempt += 1;
      const started = performance.now();
      const { method, url } = request;
      const report = (outcome: { status: number } | { failure: string }) =>
        onRequest?.({ plane, method, url, attempt, elapsedMs: performance.now() - started, ...outcome });
      try {
        const response = await sendWithin(request, limits);
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
  { timeoutMs, maxReplyBytes }: Pick<SenderOptions, 'timeoutMs' | 'maxReplyBytes'>,
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
      // The retry policy repeats errors of this kind only.
      throw new RestError(failure.message, { code: codeOf(failure) ?? RestError.PARSE_ERROR, request });
    });
    if (body !== undefined) return { ...response, bodyAsText: body };
    const { host } = new URL(request.url);
    throw new EnrollkitError('REFUSED', `${host} answered with more than ${maxReplyBytes} bytes.`, {
      next: 'Check that this is the address of a provisioning service, and that no proxy stands in between.',
      context: { host, maxReplyBytes },
    });
  } catch (failure) {
    if (!timedOut) throw failure;
    const { host } = new URL(request.url);
    throw new EnrollkitError('TIMEOUT', `${host} did not answer within ${timeoutMs / 1000} seconds.`, {
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
