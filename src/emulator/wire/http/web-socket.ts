/**
 * WebSockets on the HTTPS listener: device protocols for networks that only allow port 443.
 *
 * Source: Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol": path `/$iothub/websocket`, subprotocol
 * `mqtt`. The SDKs for Node.js, Python and C all use this path; the one for Java uses `/mqtt` at DPS. Clients of event hubs
 * use `/$servicebus/websocket`.
 */
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { WebSocketServer } from 'ws';
import type { Report } from '../events.js';
import { hostProblem, parseTarget } from './request-target.js';

/** By subprotocol: takes the bytes that a WebSocket carries, and the TLS connection that it came over. */
export type WebSocketProtocols = Record<string, (bytes: Duplex, socket: TLSSocket) => void>;

const webSocketPaths = ['/$iothub/websocket', '/$servicebus/websocket', '/mqtt'];

/** A frame is collected in memory before it is passed on; clients send one MQTT packet in each, of at most 256 KB. */
const maxFrameBytes = 512 * 1024;

/** Answers all upgrade requests of a server; those that cannot be served are refused in words, and reported. */
export function serveWebSockets(server: Server, protocols: WebSocketProtocols, report: Report): void {
  const subprotocols = Object.keys(protocols).join(', ');
  // The SDK for C writes MQTT in upper case.
  const acceptBySubprotocol = new Map(
    Object.entries(protocols).map(([name, accept]) => [name.toLowerCase(), accept]),
  );
  const isSpoken = (subprotocol: string) => acceptBySubprotocol.has(subprotocol.toLowerCase());

  function refuse(stream: Duplex, status: 400 | 404, sentence: string, reason = sentence): void {
    report({ operation: 'upgrade', status, reason });
    const lines = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(sentence)}`,
      'Connection: close',
    ];
    stream.end(`${lines.join('\r\n')}\r\n\r\n${sentence}`);
  }

  /** Loads `ws` when the first client asks for a WebSocket: most emulators never see one. */
  async function createWebSocketServer(): Promise<WebSocketServer> {
    const { WebSocketServer } = await import('ws');
    const webSocketServer = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: maxFrameBytes,
      // The subprotocol is answered as the client wrote it.
      handleProtocols: (offered) => [...offered].find(isSpoken) ?? false,
    });
    webSocketServer.on('wsClientError', ({ message }, stream) => refuse(stream, 400, `${message}.`));
    return webSocketServer;
  }

  let webSockets: Promise<WebSocketServer> | undefined;
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    // A client that goes away meanwhile is no defect of the emulator.
    stream.on('error', () => stream.destroy());
    const problem = hostProblem(request);
    if (problem !== undefined) return refuse(stream, 400, problem);
    const path = parseTarget(request.url ?? '')?.path ?? '';
    if (!isWebSocketPath(path)) {
      const sentence = `WebSockets are spoken at ${webSocketPaths.join(' and ')} only.`;
      return refuse(
        stream,
        404,
        sentence,
        `an upgrade at ${JSON.stringify(path.slice(0, 100))}: ${sentence}`,
      );
    }
    const header = request.headers['sec-websocket-protocol'];
    const name = (header ?? '')
      .split(',')
      .map((one) => one.trim())
      .find(isSpoken);
    if (name === undefined) {
      const offer =
        header === undefined ? 'no subprotocol' : `the subprotocol ${JSON.stringify(header.slice(0, 100))}`;
      const sentence = `The subprotocols spoken are: ${subprotocols}.`;
      return refuse(stream, 400, sentence, `the client offers ${offer}. ${sentence}`);
    }
    const accept = acceptBySubprotocol.get(name.toLowerCase())!;
    webSockets ??= createWebSocketServer();
    webSockets
      .then(async (webSocketServer) => {
        const { createWebSocketStream } = await import('ws');
        if (stream.destroyed) return;
        webSocketServer.handleUpgrade(request, stream, head, (webSocket) =>
          accept(createWebSocketStream(webSocket), request.socket as TLSSocket),
        );
      })
      .catch(() => stream.destroy());
  });
}

/** Clients may end the path with a slash; some write its dollar sign as `%24`. */
function isWebSocketPath(path: string): boolean {
  const plain = path.replace(/^\/%24/, '/$').replace(/\/$/, '');
  return webSocketPaths.includes(plain.toLowerCase());
}
