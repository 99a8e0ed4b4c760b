/** Sends what an application answers. */
import { sendDamaged } from './damaged-reply.js';
import type { HttpApp } from './http-app.js';
import type { HttpReply } from './operation.js';
import type { HttpConnection } from './request.js';

/** Answers a request completely: what a listener calls for each. */
export type AnswerRequest = (connection: HttpConnection) => Promise<void>;

/** Answers with an application; if that fails, with status 500 and nothing else. */
export function answerWith(app: HttpApp): AnswerRequest {
  return async (connection) => {
    try {
      sendReply(connection, await app(connection));
    } catch {
      const { outgoing } = connection;
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(500).end();
    }
  };
}

function sendReply(connection: HttpConnection, { status, body, headers = {}, damage }: HttpReply): void {
  const { incoming, outgoing } = connection;
  const content = contentOf(body);
  const typed =
    typeof content === 'string' && headers['content-type'] === undefined
      ? { ...headers, 'content-type': 'application/json' }
      : headers;
  const isHead = incoming.method === 'HEAD';
  if (damage !== undefined) {
    const whole = Buffer.from(isHead || content === undefined ? '' : content);
    sendDamaged(connection, damage, { status, headers: typed, body: whole });
  } else if (isHead || content === undefined) {
    outgoing.writeHead(status, typed).end();
  } else {
    outgoing.writeHead(status, { ...typed, 'content-length': Buffer.byteLength(content) }).end(content);
  }
}

/** The body of a reply as it is sent: a Buffer as it is, anything else as JSON. */
export function contentOf(body: HttpReply['body']): string | Buffer | undefined {
  return body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}
