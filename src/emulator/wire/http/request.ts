/** An HTTP request: what its path, headers, body and connection say. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { parseJsonText } from '../json-text.js';
import type { Dialled } from '../network/host-names.js';
import {
  certificatesOf,
  type PresentedCertificates,
  presentedCertificates,
} from '../tls/presented-certificates.js';
import { HttpRefusal } from './refusal.js';
import { requestedHost } from './request-target.js';

/** The connection's side of a request, as node:http hands it over. */
export interface HttpConnection {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
}

/** What the route table says about a request. */
export interface MatchedPath {
  /** The path, its fixed segments spelled as in the route table; not decoded. */
  path: string;
  /** The path parameters, decoded. */
  parameters: Record<string, string>;
}

export class HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly parameters: Record<string, string>;
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  readonly #search: string;
  readonly #maxJsonBytes: number;
  /** Whether a fault asks that a registration stays `assigning` for whoever polls with this request. */
  staysAssigning = false;
  #query: URLSearchParams | undefined;
  #json: Promise<unknown> | undefined;

  /**
   * @param search the query, with or without its question mark
   * @param maxJsonBytes the largest JSON body that {@link json} reads
   */
  constructor(
    { incoming, outgoing }: HttpConnection,
    { path, parameters }: MatchedPath,
    search: string,
    maxJsonBytes: number,
  ) {
    this.method = incoming.method ?? 'GET';
    this.path = path;
    this.parameters = parameters;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#search = search;
    this.#maxJsonBytes = maxJsonBytes;
  }

  /** The first value of a query parameter, decoded. */
  query(name: string): string | undefined {
    this.#query ??= new URLSearchParams(this.#search);
    return this.#query.get(name) ?? undefined;
  }

  /** Empty when there is none. All of Azure compares the parameter's name without regard to case. */
  get apiVersion(): string {
    this.#query ??= new URLSearchParams(this.#search);
    for (const [name, value] of this.#query) if (name.toLowerCase() === 'api-version') return value;
    return '';
  }

  /** @param name in lower case */
  header(name: string): string | undefined {
    const value = this.#incoming.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  /** All headers, their names in lower case. */
  get headers(): IncomingHttpHeaders {
    return this.#incoming.headers;
  }

  /** The host that the request is for, with its port where it has one; undefined when it names none. */
  get host(): string | undefined {
    return requestedHost(this.#incoming);
  }

  /** The host name and the address that the client dialled; they tell services and hubs apart. */
  get dialled(): Dialled {
    return { name: this.host, address: this.#incoming.socket.localAddress };
  }

  get certificates(): PresentedCertificates {
    const { socket } = this.#incoming;
    return socket instanceof TLSSocket ? presentedCertificates(socket) : certificatesOf([]);
  }

  /**
   * The body, parsed as JSON; undefined when it is empty. It is read once, however often this is called.
   *
   * @throws HttpRefusal payloadTooLarge, unsupportedMediaType, badRequest, incompleteBody
   */
  json(): Promise<unknown> {
    this.#json ??= this.#readJson();
    return this.#json;
  }

  /**
   * The body as bytes.
   *
   * @param tooLarge the error for a body of more than `maxBytes`
   * @throws HttpRefusal payloadTooLarge, incompleteBody
   */
  bytes(
    maxBytes: number,
    tooLarge: () => Error = () => new HttpRefusal('payloadTooLarge', 'Request body too large'),
  ): Promise<Buffer> {
    const incoming = this.#incoming;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let length = 0;
      if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) return reject(tooLarge());
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
        // The rest of a body that is too large is read and dropped, so that the client gets to read the reply.
        if (length > maxBytes) reject(tooLarge());
        else chunks.push(chunk);
      });
      const interrupted = () =>
        reject(
          new HttpRefusal(
            'incompleteBody',
            'The body is incomplete.',
            'the client went away before its body was complete',
          ),
        );
      incoming.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
      incoming.once('error', interrupted);
      incoming.once('close', interrupted);
    });
  }

  /** Drops what was not read of the body, so that the client gets to read the reply. */
  dropBody(): void {
    this.#incoming.resume();
  }

  /** Calls back when the reply has been sent, or the client has gone away. */
  onceClosed(listener: () => void): void {
    this.#outgoing.once('close', listener);
  }

  /** Whether the client has gone away. */
  get isClosed(): boolean {
    return this.#outgoing.destroyed || this.#incoming.socket.destroyed;
  }

  /** Aborted when the client goes away. */
  closeSignal(): AbortSignal {
    const closed = new AbortController();
    this.onceClosed(() => closed.abort());
    return closed.signal;
  }

  async #readJson(): Promise<unknown> {
    const bytes = await this.bytes(this.#maxJsonBytes);
    if (bytes.length === 0) return undefined;
    const type = this.header('content-type') ?? '';
    if (!/^application\/json\s*(;|$)/i.test(type.trim())) {
      throw new HttpRefusal('unsupportedMediaType', 'The content type must be application/json.');
    }
    try {
      return parseJsonText(bytes);
    } catch (cause) {
      throw notJson(cause);
    }
  }
}

/** @param cause what {@link parseJsonText} threw */
function notJson(cause: unknown): HttpRefusal {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HttpRefusal('badRequest', 'The body is not JSON.', `the body is not JSON: ${reason}`);
}
