/**
 * WebSockets on the HTTPS listener: device protocols for networks that only allow port 443.
 *
 * Source: Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol": path `/$iothub/websocket`, subprotocol
 * `mqtt`. The SDKs for Node.js, Python and C all use this path.
 */
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { WebSocketServer } from 'ws';

/** By subprotocol: takes the bytes that a WebSocket carries, and the TLS connection that it came over. */
export type WebSocketProtocols = Record<string, (bytes: Duplex, socket: TLSSocket) => void>;

const webSocketPath = '/$iothub/websocket';

/** A frame is collected in memory before it is passed on; clients send one MQTT packet in each, of at most 256 KB. */
const maxFrameBytes = 512 * 1024;

/** Answers all upgrade requests of a server; those for other paths or subprotocols are refused in words. */
export function serveWebSockets(server: Server, protocols: WebSocketProtocols): void {
  let webSockets: Promise<WebSocketServer> | undefined;
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    // A client that goes away meanwhile is no defect of the emulator.
    stream.on('error', () => stream.destroy());
    if (!isWebSocketPath(request.url ?? '')) {
      return refuse(stream, 404, `WebSockets are spoken at ${webSocketPath} only.`);
    }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    const name = offered.find((one) => Object.hasOwn(protocols, one));
    if (name === undefined) {
      return refuse(stream, 400, `The subprotocols spoken are: ${Object.keys(protocols).join(', ')}.`);
    }
    webSockets ??= makeServer(protocols);
    webSockets
      .then(async (webSocketServer) => {
        const { createWebSocketStream } = await import('ws');
        if (stream.destroyed) return;
        webSocketServer.handleUpgrade(request, stream, head, (webSocket) =>
          protocols[name]!(createWebSocketStream(webSocket), request.socket as TLSSocket),
        );
      })
      .catch(() => stream.destroy());
  });
}

/** Loads `ws` when the first client asks for a WebSocket: most emulators never see one. */
async function makeServer(protocols: WebSocketProtocols): Promise<WebSocketServer> {
  const { WebSocketServer } = await import('ws');
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxFrameBytes,
    handleProtocols: (offered) => [...offered].find((name) => Object.hasOwn(protocols, name)) ?? false,
  });
}

/** SDKs add a query, such as `?iothub-no-client-cert=true`; some write the dollar sign as `%24`. */
function isWebSocketPath(url: string): boolean {
  const path = url
    .split('?')[0]!
    .replace(/^\/%24/, '/$')
    .replace(/\/$/, '');
  return path.toLowerCase() === webSocketPath;
}

function refuse(stream: Duplex, status: 400 | 404, sentence: string): void {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(sentence)}`,
    'Connection: close',
  ];
  stream.end(`${lines.join('\r\n')}\r\n\r\n${sentence}`);
}
