/** A TLS port for devices, on every address that the emulator is bound to. */
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { listenEverywhere } from '../network/listen.js';
import { keepForgedChains } from './forged-chain.js';
import { type HandshakeFailed, tellHandshakes } from './handshake-failures.js';

export interface TlsListenerOptions {
  /** The server's key and certificate; asks for a client certificate and refuses none. */
  tls: tls.TlsOptions;
  /** Addresses to bind, all on the same port. */
  addresses: readonly string[];
  /** 0 picks a free one. */
  port: number;
  /** What is spoken there, and the flag that chooses the port; for errors. */
  protocol: string;
  flag: string;
  /** Milliseconds for the TLS handshake. */
  handshakeTimeout: number;
  handshakeFailed?: HandshakeFailed | undefined;
  accept(socket: tls.TLSSocket): void;
}

export interface TlsListener {
  port: number;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** @throws EnrollkitError PORT_IN_USE, ADDRESS_UNUSABLE */
export async function startTlsListener(options: TlsListenerOptions): Promise<TlsListener> {
  const { handshakeTimeout, accept } = options;
  const sockets = new Set<Socket>();
  const { port, servers } = await listenEverywhere({
    ...options,
    createServer: () =>
      tellHandshakes(
        keepForgedChains(tls.createServer({ ...options.tls, handshakeTimeout, noDelay: true }, accept)),
        options.handshakeFailed,
      )
        .on('tlsClientError', (_error, socket) => socket.destroy())
        // Also those that are still in their handshake.
        .on('connection', (socket: Socket) => {
          sockets.add(socket);
          socket.once('close', () => sockets.delete(socket));
        }),
  });
  return {
    port,
    async close() {
      const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}
