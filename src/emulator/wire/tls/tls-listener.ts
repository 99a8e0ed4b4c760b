/** A TLS port for devices, on every address that the emulator is bound to. */
import type { Server, Socket } from 'node:net';
import tls from 'node:tls';
import type { EventLog } from '../events.js';
import type { FaultSource } from '../faults.js';
import { furtherAddresses, listenEverywhere } from '../network/listen.js';
import { type FaultyTls, gateConnections } from './connection-gate.js';
import { keepForgedChains } from './forged-chain.js';
import { reportHandshakes } from './handshake-failures.js';

export interface TlsListenerOptions {
  /** The server's key and certificate; requests a client certificate and accepts any, or none. */
  tls: tls.TlsOptions;
  /** The addresses to bind, all on the same port. */
  addresses: readonly string[];
  /** 0 picks a free one. */
  port: number;
  protocol: 'mqtt' | 'amqp';
  log: EventLog;
  faults?: FaultSource | undefined;
  faultyTls?: FaultyTls | undefined;
  /** Milliseconds for the TLS handshake. */
  handshakeTimeout: number;
  accept(socket: tls.TLSSocket): void;
}

export interface TlsListener {
  port: number;
  /** Listens at one more address, on the same port; false when the machine does not permit it. */
  listenAt(address: string): Promise<boolean>;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** @throws EnrollkitError PORT_IN_USE, PORT_NOT_PERMITTED, ADDRESS_UNUSABLE */
export async function startTlsListener(options: TlsListenerOptions): Promise<TlsListener> {
  const { addresses, protocol, log, faults, faultyTls, handshakeTimeout, accept } = options;
  const sockets = new Set<Socket>();
  function createServer(): tls.Server {
    const server = tls.createServer({ ...options.tls, handshakeTimeout, noDelay: true }, accept);
    gateConnections(server, { tls: options.tls, listener: protocol, faults, faultyTls });
    keepForgedChains(server);
    reportHandshakes(server, log.for('device', protocol));
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return trackSockets(server, sockets);
  }
  const listening = {
    createServer,
    addresses,
    protocol: protocol.toUpperCase(),
    flag: `--${protocol}-port`,
  };
  const { port, servers } = await listenEverywhere({ ...listening, port: options.port });
  return {
    port,
    listenAt: furtherAddresses({ ...listening, port }, servers),
    close: () => closeServers(servers, sockets),
  };
}

/** Notes the open sockets of a server: also those in their TLS handshake, which no method of a server ends. */
export function trackSockets<Kind extends Server>(server: Kind, sockets: Set<Socket>): Kind {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return server;
}

/** Ends every connection of servers that share these sockets, and stops listening. */
export async function closeServers(servers: readonly Server[], sockets: Set<Socket>): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
}
