/** The HTTPS listener: one port, on every address that the emulator is bound to. */
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { isEveryAddress } from '../network/host-names.js';
import { listenEverywhere } from '../network/listen.js';
import { keepForgedChains } from '../tls/forged-chain.js';
import { type HandshakeFailed, tellHandshakes } from '../tls/handshake-failures.js';
import type { Bindings } from './app.js';
import { serveWebSockets, type WebSocketProtocols } from './web-socket.js';

export interface HttpsListener {
  port: number;
  /** Listens at a further address, on the same port; false when the machine does not let it. */
  listenAt(address: string): Promise<boolean>;
  /** Ends every connection. */
  close(): Promise<void>;
}

export interface HttpsOptions {
  tls: TlsOptions;
  /** Addresses to bind, all on the same port. */
  addresses: readonly string[];
  /** 0 picks a free one. */
  port: number;
  app: Hono<Bindings>;
  webSockets: WebSocketProtocols;
  handshakeFailed?: HandshakeFailed | undefined;
}

/** @throws EnrollkitError PORT_IN_USE */
export async function startHttps({
  tls,
  addresses,
  port: wanted,
  app,
  webSockets,
  handshakeFailed,
}: HttpsOptions): Promise<HttpsListener> {
  const sockets = new Set<Socket>();
  const open = (at: readonly string[], on: number) =>
    listenEverywhere({
      createServer: makeServer,
      addresses: at,
      port: on,
      protocol: 'HTTPS',
      flag: '--port',
    });
  const makeServer = () => {
    const server = createAdaptorServer({
      fetch: app.fetch as Parameters<typeof createAdaptorServer>[0]['fetch'],
      createServer,
      serverOptions: tls,
    }) as Server;
    tellHandshakes(keepForgedChains(server), handshakeFailed);
    serveWebSockets(server, webSockets);
    // Also those that are still in their TLS handshake, which closeAllConnections does not know.
    return server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
  };
  const { port, servers } = await open(addresses, wanted);
  const bound = new Set(addresses);
  return {
    port,
    async listenAt(address) {
      if (bound.has(address) || addresses.some(isEveryAddress)) return true;
      try {
        servers.push(...(await open([address], port)).servers);
        bound.add(address);
        return true;
      } catch {
        return false;
      }
    },
    async close() {
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}
