/**
 * An HTTPS client for one host of one plane: retries with Retry-After, a timeout per attempt, abort, proxy and trust;
 * all failures are EnrollkitErrors without secrets. Independent of the target.
 */

import type { Agent } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import {
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient as HttpSender,
  type Pipeline,
  type PipelinePolicy,
  type PipelineRequest,
  type PipelineResponse,
  retryPolicy,
} from '@azure/core-rest-pipeline';
import type * as z from 'zod';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { apiVersions, type Plane } from '../../contract/api-versions.js';
import { type Route, routePath } from '../../contract/routes.js';
import { type ClientCertificate, secureContextOf } from '../device-credentials.js';
import { direct, type Exchange } from '../exchange.js';
import { LeafOnlyAgent } from '../leaf-only.js';
import type { RequestObserver } from '../observer.js';
import { sharedLookup } from '../shared-lookup.js';
import { isDateFailure, transportFailure } from '../transport-failure.js';
import { clockSkew, clockSkewError, fetchDate, isSkewed } from './clock.js';
import { createPipeline, isLoopback } from './pipeline.js';
import { replyError } from './reply-error.js';
import { maxRetries, retryAfterMs, retryStrategy } from './retry.js';
import { createSender } from './sender.js';

export interface RequestOptions {
  signal?: AbortSignal | undefined;
}

export interface HttpClientOptions {
  plane: Plane;
  /** `https://host` with `:port` where it is not 443. */
  endpoint: string;
  /** Adds credentials to a request; runs for each attempt. */
  authorize?: PipelinePolicy;
  /** PEM of the roots to trust instead of the system's. */
  trust?: string | undefined;
  clientCertificate?: ClientCertificate;
  onRequest?: RequestObserver | undefined;
  exchange?: Exchange | undefined;
  now?: (() => Date) | undefined;
  /** Per attempt, from sending to the last byte of the response. */
  timeoutMs?: number;
  /** A longer reply is refused instead of read. */
  maxReplyBytes?: number;
}

export interface HttpRequest {
  route: Route;
  parameters: Record<string, string>;
  /** What the request is about, for error messages: "the enrollment group g1". */
  subject: string;
  /** By default the plane's own. */
  apiVersion?: string;
  /** Further parameters of the query. */
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: unknown;
  /** Whether the request can be sent twice. By default: reads, deletes, and requests with an etag. */
  repeatable?: boolean;
  signal?: AbortSignal | undefined;
}

export interface HttpReply<Body> {
  status: number;
  header(name: string): string | undefined;
  body: Body;
}

/** As in the official SDKs. */
const defaultTimeoutMs = 30_000;
/** Several times a page of a thousand enrollments with certificates. */
const defaultMaxReplyBytes = 32 * 1024 * 1024;
/** Enough for the few concurrent requests. */
const maxSockets = 8;
/** Replies come at once there, and more connections only cost handshakes (6 ms each). */
const maxSocketsOnLoopback = 2;

export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #origin: URL;
  readonly #pipeline: Pipeline;
  readonly #agent: Agent;
  readonly #now: () => Date;
  #clockSkewMs: number | undefined;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#origin = new URL(options.endpoint);
    this.#now = options.now ?? (() => new Date());
    const isLocal = isLoopback(this.#origin.hostname);
    this.#agent = new LeafOnlyAgent({
      keepAlive: true,
      maxSockets: isLocal ? maxSocketsOnLoopback : maxSockets,
    });
    this.#pipeline = createPipeline({ agent: this.#agent, proxy: !isLocal, authorize: options.authorize });
  }

  /** How many milliseconds the server's clock was ahead at its last response; undefined before the first. */
  get clockSkewMs(): number | undefined {
    return this.#clockSkewMs;
  }

  /** Closes idle connections. */
  close(): void {
    this.#agent.destroy();
  }

  /**
   * Sends a request and validates the JSON response.
   *
   * @throws EnrollkitError NETWORK, SERVER_NOT_TRUSTED, CLOCK_SKEW, TIMEOUT, or the error of {@link replyError}
   */
  async send<Schema extends z.ZodType>(
    request: HttpRequest,
    schema: Schema,
  ): Promise<HttpReply<z.infer<Schema>>> {
    const reply = await this.#sendAccepted(request);
    let body: unknown;
    try {
      body = JSON.parse(reply.bodyAsText ?? '');
    } catch {
      throw this.#wrongShape(request, sentences.dpsClient.notJsonProxy);
    }
    const parsed = schema.safeParse(body);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      throw this.#wrongShape(request, sentences.dpsClient.atMember(issue.path.join('.'), issue.message));
    }
    return { status: reply.status, header: (name) => reply.headers.get(name), body: parsed.data };
  }

  /** Like {@link send}, but ignores the response's body. */
  async sendOnly(request: HttpRequest): Promise<void> {
    await this.#sendAccepted(request);
  }

  /** Like {@link sendOnly}, for callers that need the response's headers. */
  async sendForHeaders(request: HttpRequest): Promise<Omit<HttpReply<never>, 'body'>> {
    const { status, headers } = await this.#sendAccepted(request);
    return { status, header: (name) => headers.get(name) };
  }

  /**
   * Makes one attempt and returns the response whatever its status, for callers that handle the status themselves.
   *
   * @throws EnrollkitError NETWORK, SERVER_NOT_TRUSTED, CLOCK_SKEW, TIMEOUT
   */
  async exchange(request: HttpRequest): Promise<PipelineResponse> {
    return this.#send(request, (one) => this.#pipeline.sendRequest(this.#sender(), one));
  }

  async #sendAccepted(request: HttpRequest): Promise<PipelineResponse> {
    const { route, headers } = request;
    const hasEtag = Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'if-match');
    const repeatable = request.repeatable ?? (['GET', 'DELETE'].includes(route.method) || hasEtag);
    const sender = this.#sender();
    let isRepeated = false;
    const strategy = retryStrategy(repeatable, () => {
      isRepeated = true;
    });
    const reply = await this.#send(request, (one) =>
      retryPolicy([strategy], { maxRetries }).sendRequest(one, (again) =>
        this.#pipeline.sendRequest(sender, again),
      ),
    );
    if (reply.status >= 200 && reply.status < 300) return reply;
    if (reply.status === 401 && isSkewed(this.#clockSkewMs)) {
      throw clockSkewError(this.#clockSkewMs, this.#origin.host, this.#now());
    }
    throw replyError({
      plane: this.#options.plane,
      host: this.#origin.host,
      subject: request.subject,
      status: reply.status,
      bodyText: reply.bodyAsText ?? '',
      retryAfterMs: retryAfterMs(reply),
      isRepeated,
    });
  }

  async #send(
    request: HttpRequest,
    sendRequest: (request: PipelineRequest) => Promise<PipelineResponse>,
  ): Promise<PipelineResponse> {
    const { signal } = request;
    signal?.throwIfAborted();
    try {
      return await sendRequest(this.#pipelineRequest(request));
    } catch (failure) {
      if (signal?.aborted) throw signal.reason;
      if (failure instanceof EnrollkitError) throw failure;
      throw await this.#failure(failure);
    }
  }

  async #failure(failure: unknown): Promise<EnrollkitError> {
    if (isDateFailure(failure)) {
      const now = this.#now();
      const skew = clockSkew(await this.#date(), now);
      if (isSkewed(skew)) return clockSkewError(skew, this.#origin.host, now);
    }
    return transportFailure(failure, this.#origin.host);
  }

  /** The Date header of a server whose certificate is out of date. */
  async #date(): Promise<string | undefined> {
    const { plane, exchange = direct } = this.#options;
    const request = { plane, method: 'HEAD', url: `${this.#origin.origin}/`, headers: {} };
    const reply = await exchange(request, async () => {
      const date = await fetchDate(this.#origin.origin, this.#options.trust);
      const headers: Record<string, string> = date === undefined ? {} : { date };
      return { status: 200, headers, body: '' };
    });
    return reply.headers.date;
  }

  #tls(): { ca?: string; secureContext?: SecureContext; lookup?: LookupFunction } {
    const { trust, clientCertificate } = this.#options;
    if (clientCertificate) {
      return { secureContext: secureContextOf(clientCertificate, trust), lookup: sharedLookup };
    }
    return trust === undefined ? {} : { ca: trust };
  }

  #pipelineRequest(request: HttpRequest): PipelineRequest {
    const { route, parameters, apiVersion, query = {}, headers, body, signal } = request;
    const url = new URL(routePath(route, parameters), this.#origin);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    url.searchParams.set('api-version', apiVersion ?? apiVersions[this.#options.plane][0]);
    const made = createPipelineRequest({
      url: url.href,
      method: route.method,
      headers: createHttpHeaders({ accept: 'application/json', ...headers }),
      // Not with the pipeline's TLS settings, which it ignores with a proxy.
      requestOverrides: this.#tls(),
      ...(signal ? { abortSignal: signal } : {}),
    });
    if (body !== undefined) {
      made.headers.set('content-type', 'application/json; charset=utf-8');
      made.body = JSON.stringify(body);
    }
    return made;
  }

  /** Per request. */
  #sender(): HttpSender {
    const {
      plane,
      onRequest,
      exchange = direct,
      timeoutMs = defaultTimeoutMs,
      maxReplyBytes = defaultMaxReplyBytes,
    } = this.#options;
    return createSender({
      plane,
      onRequest,
      exchange,
      timeoutMs,
      maxReplyBytes,
      onResponse: (response) => {
        this.#clockSkewMs = clockSkew(response.headers.get('date'), this.#now()) ?? this.#clockSkewMs;
      },
    });
  }

  #wrongShape({ subject }: HttpRequest, why: string): EnrollkitError {
    return new EnrollkitError(
      'REFUSED',
      sentences.dpsClient.unexpectedAnswer(this.#origin.host, subject, why),
      {
        next: sentences.dpsClient.checkAddress,
      },
    );
  }
}
