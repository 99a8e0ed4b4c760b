/**
 * What the operations of all planes have in common: a request ID, an event for the log, authorization, the api-version,
 * the body, and errors in the plane's own form.
 */
import { randomUUID } from 'node:crypto';
import type { EmulatorEvent, EventLog } from '../events.js';
import { type FaultSource, type Faults, type InjectedError, waitFor } from '../faults.js';
import type { BoundOperation, HttpReply } from './operation.js';
import { HttpRefusal } from './refusal.js';
import type { HttpRequest } from './request.js';

/** What a client is answered when an operation throws. */
export interface ErrorReply extends HttpReply {
  /** For the log. */
  reason: string;
}

/** A group of operations that share who may call them, which api-versions they speak, and how errors look. */
export interface HttpPlane {
  readonly name: EmulatorEvent['plane'];
  readonly operations: readonly BoundOperation[];
  /** The content type of JSON replies. */
  readonly contentType: string;
  /** The largest JSON body that an operation takes. */
  readonly maxJsonBytes: number;
  /** Whether a body that cannot be read is refused before anything is looked up; an operation reads it itself otherwise. */
  readonly readsBodyFirst: boolean;
  /** @param known in place of the plane's own */
  speaks(apiVersion: string, known?: readonly string[]): boolean;
  toErrorReply(error: unknown, requestId: string): ErrorReply;
  /** Headers of every reply, besides `x-ms-request-id` and `content-type`. */
  replyHeaders?(request: HttpRequest): Record<string, string>;
  /** The reply to HEAD, made of that to GET; without, it is the same with no body. */
  toHeadReply?(reply: HttpReply, operation: BoundOperation): HttpReply;
}

/** Answers requests for the operations of one plane. */
export class PlaneKernel {
  readonly #plane: HttpPlane;
  readonly #report: ReturnType<EventLog['for']>;
  readonly #now: () => Date;
  readonly #faults: FaultSource | undefined;

  constructor(plane: HttpPlane, log: EventLog, now: () => Date, faults: FaultSource | undefined) {
    this.#plane = plane;
    this.#report = log.for(plane.name, 'https');
    this.#now = now;
    this.#faults = faults;
  }

  /** Answers a request for an operation of the plane; what the operation throws becomes an error reply. */
  answer(request: HttpRequest, operation: BoundOperation): Promise<HttpReply> {
    const faults = this.#faults?.current;
    if (faults !== undefined) return this.#answerWith(faults, request, operation);
    return this.#answer(request, operation);
  }

  /** Answers a request that may meet a fault. */
  async #answerWith(faults: Faults, request: HttpRequest, operation: BoundOperation): Promise<HttpReply> {
    const id = idOf(request, operation);
    const encounter = { plane: this.#plane.name, operation: operation.name, id };
    const met = faults.meet({ kind: 'request', transport: 'https', ...encounter });
    if (met === undefined) return this.#answer(request, operation);
    await waitFor(met.delay);
    const { fault } = met;
    const isBefore = fault?.type === 'reset' && fault.effect === 'before';
    if (isBefore || request.isClosed) {
      request.dropBody();
      return { status: 500, damage: { type: 'reset', effect: 'before' } };
    }
    switch (fault?.type) {
      case 'status':
        return this.#answer(request, operation, fault.error);
      case 'assigning':
        request.staysAssigning = true;
        return this.#answer(request, operation);
      case 'reset':
      case 'truncate':
      case 'drip':
        return { ...(await this.#answer(request, operation)), damage: fault };
      default:
        return this.#answer(request, operation);
    }
  }

  /** @param refusal answers in place of the operation */
  async #answer(
    request: HttpRequest,
    operation: BoundOperation,
    refusal?: InjectedError,
  ): Promise<HttpReply> {
    const plane = this.#plane;
    const requestId = randomUUID();
    const event = { at: this.#now(), operation: operation.name, id: idOf(request, operation) };
    try {
      if (refusal !== undefined) throw refusal;
      await operation.authorize(request);
      assertApiVersion(request.apiVersion, operation, plane);
      if (plane.readsBodyFirst && hasBody(operation)) await request.json();
      const reply = await operation.handle(request);
      this.#report({ ...event, status: reply.status, reason: reply.reason });
      const sent = request.method === 'HEAD' ? (plane.toHeadReply?.(reply, operation) ?? reply) : reply;
      return this.#toReply(sent, request, requestId);
    } catch (error) {
      const reply = plane.toErrorReply(error, requestId);
      this.#report({ ...event, status: reply.status, reason: reply.reason });
      return this.#toReply(reply, request, requestId);
    } finally {
      request.dropBody();
    }
  }

  /** Answers a request that no operation of the plane took with an error in the plane's form. */
  refuse(request: HttpRequest, error: unknown, headers: Record<string, string> = {}): HttpReply {
    const requestId = randomUUID();
    const reply = this.#plane.toErrorReply(error, requestId);
    const operation = `${request.method} ${request.path.slice(0, 200)}`;
    this.#report({ operation, status: reply.status, reason: reply.reason });
    return this.#toReply({ ...reply, headers: { ...headers, ...reply.headers } }, request, requestId);
  }

  #toReply({ status, body, headers }: HttpReply, request: HttpRequest, requestId: string): HttpReply {
    const isJson = body !== undefined && !Buffer.isBuffer(body);
    return {
      status,
      body,
      headers: {
        'x-ms-request-id': requestId,
        ...this.#plane.replyHeaders?.(request),
        ...headers,
        ...(isJson ? { 'content-type': this.#plane.contentType } : {}),
      },
    };
  }
}

function idOf({ parameters }: HttpRequest, { idParameter }: BoundOperation): string | undefined {
  return idParameter === undefined ? undefined : (parameters[idParameter] ?? '');
}

function hasBody({ route }: BoundOperation): boolean {
  return route.method !== 'GET' && route.method !== 'DELETE';
}

/** @throws HttpRefusal unknownApiVersion */
function assertApiVersion(version: string, { apiVersions }: BoundOperation, plane: HttpPlane): void {
  if (apiVersions === 'any' || plane.speaks(version, apiVersions)) return;
  throw new HttpRefusal(
    'unknownApiVersion',
    version === '' ? 'The api-version is missing.' : `The api-version ${version.slice(0, 40)} is not known.`,
  );
}
