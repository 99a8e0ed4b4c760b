/**
 * One attempt of a request, from sending it to the last byte of its reply. In place of the pipeline's own way to send, whose
 * streams and signals take longer than the request itself.
 */
import { type Agent, request as startRequest } from 'node:https';
import { gunzip, inflate } from 'node:zlib';
import {
  createHttpHeaders,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
} from '@azure/core-rest-pipeline';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { codeOf, connectionReset } from '../transport-failure.js';

export interface SendLimits {
  /** From sending to the last byte of the reply. */
  timeoutMs: number;
  /** Of the body, decompressed: nothing more is read of a longer one. */
  maxReplyBytes: number;
}

/**
 * @throws RestError with the code of a lost connection, which the retry policy looks at; EnrollkitError TIMEOUT, or REFUSED for
 *   a reply that is too long
 */
export function sendOnce(
  request: PipelineRequest,
  { timeoutMs, maxReplyBytes }: SendLimits,
): Promise<PipelineResponse> {
  const { method, headers, body, agent, requestOverrides, abortSignal } = request;
  const url = new URL(request.url);
  const { host } = url;
  return new Promise((resolve, reject) => {
    const outgoing = startRequest(url, {
      // The pipeline's type has only what its own way to send uses.
      agent: agent as Agent | undefined,
      method,
      headers: headers.toJSON({ preserveCase: true }),
      ...requestOverrides,
    });
    const settle = (end: () => void) => {
      clearTimeout(timer);
      abortSignal?.removeEventListener('abort', abort);
      end();
    };
    const fail = (failure: unknown) => {
      settle(() => reject(failure));
      outgoing.destroy();
    };
    const abort = () => fail(new Error('aborted'));
    const timer = setTimeout(
      () =>
        fail(
          new EnrollkitError('TIMEOUT', sentences.dpsClient.noAnswerInTime(host, timeoutMs / 1000), {
            context: { host, timeoutMs },
          }),
        ),
      timeoutMs,
    );
    const tooLong = () =>
      new EnrollkitError('REFUSED', sentences.dpsClient.answerTooLong(host, maxReplyBytes), {
        next: sentences.dpsClient.checkAddress,
        context: { host, maxReplyBytes },
      });
    outgoing.on('error', (failure) => fail(retryable(failure, request, RestError.REQUEST_SEND_ERROR)));
    abortSignal?.addEventListener('abort', abort);
    if (abortSignal?.aborted) return abort();
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > maxReplyBytes) fail(tooLong());
        else chunks.push(chunk);
      });
      const cut = (failure: Error) => fail(retryable(failure, request, RestError.PARSE_ERROR));
      response.once('error', cut);
      response.once('close', () => {
        if (!response.complete) cut(connectionReset());
      });
      response.once('end', () => {
        const { statusCode: status = 0, headers: received } = response;
        const done = (content: Buffer) =>
          settle(() =>
            resolve({
              request,
              status,
              headers: createHttpHeaders(firstOfEach(received)),
              bodyAsText: content.toString('utf8'),
            }),
          );
        const content = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        const expand = content.length === 0 ? undefined : decompressors[received['content-encoding'] ?? ''];
        if (!expand) return done(content);
        expand(content, { maxOutputLength: maxReplyBytes }, (failure, expanded) => {
          if (!failure) done(expanded);
          else if (codeOf(failure) === 'ERR_BUFFER_TOO_LARGE') fail(tooLong());
          else cut(failure);
        });
      });
    });
    outgoing.end(typeof body === 'string' ? body : undefined);
  });
}

const decompressors: Readonly<Record<string, typeof gunzip>> = { gzip: gunzip, deflate: inflate };

function firstOfEach(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const first: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const text = Array.isArray(value) ? value[0] : value;
    if (text !== undefined) first[name] = text;
  }
  return first;
}

/** The retry policy repeats errors of this kind only. */
export function retryable(failure: Error, request: PipelineRequest, otherwise: string): RestError {
  return new RestError(failure.message, { code: codeOf(failure) ?? otherwise, request });
}
