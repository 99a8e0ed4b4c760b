/**
 * Calls the planes of the emulator in this process, with the emulator's token. They answer and log as they do for any
 * client.
 */
import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import { apiVersions, iotHubApiVersions } from '../../dps/contract/api-versions.js';
import { type Route, routePath } from '../../dps/contract/routes.js';
import type { HttpApp } from '../wire/http/http-app.js';
import type { HttpConnection } from '../wire/http/request.js';
import { contentOf } from '../wire/http/send-reply.js';

export interface WireCall {
  /** The host name of the service or hub. */
  host: string;
  route: Route;
  parameters?: Record<string, string>;
  apiVersion: string;
  ifMatch?: string | undefined;
  /** A Buffer, or a value that is sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface WireReply {
  status: number;
  body: unknown;
  /** The message of the plane if it refused the call. */
  refusal: string | undefined;
}

/** The api-version of the page's calls, by plane. */
export const consoleVersions = {
  arm: apiVersions.arm[0],
  hubs: iotHubApiVersions[0],
  service: apiVersions.service[0],
  hub: apiVersions.hub[0],
};

export class Wire {
  readonly #app: HttpApp;
  readonly #armToken: string;

  constructor(app: HttpApp, armToken: string) {
    this.#app = app;
    this.#armToken = armToken;
  }

  async call({
    host,
    route,
    parameters = {},
    apiVersion,
    ifMatch,
    body,
    headers,
  }: WireCall): Promise<WireReply> {
    const url = `${routePath(route, parameters)}?api-version=${apiVersion}`;
    const isBytes = Buffer.isBuffer(body);
    const bytes = body === undefined ? Buffer.alloc(0) : isBytes ? body : Buffer.from(JSON.stringify(body));
    const all: Record<string, string> = {
      host,
      authorization: `Bearer ${this.#armToken}`,
      'content-length': String(bytes.length),
      ...(isBytes ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      ...headers,
    };
    const incoming = Object.assign(Readable.from(bytes.length === 0 ? [] : [bytes]), {
      method: route.method,
      url,
      headers: all,
      rawHeaders: Object.entries(all).flat(),
      socket: { localAddress: undefined, destroyed: false },
    });
    const outgoing = Object.assign(new EventEmitter(), { destroyed: false });
    // What HttpRequest reads of a connection.
    const connection = { incoming, outgoing } as unknown as HttpConnection;
    const { status, body: answered } = await this.#app(connection);
    const text = String(contentOf(answered) ?? '');
    const reply = parsed(text);
    return { status, body: reply, refusal: status < 300 ? undefined : messageOf(reply, text) };
  }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

/** The message in the error of any plane. */
function messageOf(body: unknown, text: string): string {
  const { message, Message, error } = (body ?? {}) as {
    message?: string;
    Message?: string;
    error?: { message?: string };
  };
  const found = message ?? error?.message ?? Message ?? text;
  return found
    .replace(/^ErrorCode:\w+;\s*/, '')
    .replace(/ If you contact a support representative please include .*$/s, '');
}
