/** The HTTPS listener: one port, on every address that the emulator is bound to. */
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';
import type { EventLog } from '../events.js';
import type { FaultSource } from '../faults.js';
import { furtherAddresses, listenEverywhere } from '../network/listen.js';
import { type FaultyTls, gateConnections } from '../tls/connection-gate.js';
import { keepForgedChains } from '../tls/forged-chain.js';
import { reportHandshakes } from '../tls/handshake-failures.js';
import { closeServers, trackSockets } from '../tls/tls-listener.js';
import type { AnswerRequest } from './send-reply.js';
import { serveWebSockets, type WebSocketProtocols } from './web-socket.js';

export interface HttpsListener {
  port: number;
  /** Listens at one more address, on the same port; false when the machine does not permit it. */
  listenAt(address: string): Promise<boolean>;
  /** Takes a connection to another port whose first bytes are those of an HTTP request. */
  accept(socket: TLSSocket): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

export interface HttpsOptions {
  tls: TlsOptions;
  /** The addresses to bind, all on the same port. */
  addresses: readonly string[];
  /** 0 picks a free one. */
  port: number;
  answer: AnswerRequest;
  webSockets: WebSocketProtocols;
  log: EventLog;
  faults?: FaultSource | undefined;
  faultyTls?: FaultyTls | undefined;
}

/** @throws EnrollkitError PORT_IN_USE, PORT_NOT_PERMITTED, ADDRESS_UNUSABLE */
export async function startHttps(options: HttpsOptions): Promise<HttpsListener> {
  const { tls, addresses, answer, webSockets, log, faults, faultyTls } = options;
  const sockets = new Set<Socket>();

  function makeServer(): Server {
    const server = createHttpsServer(answer, tls);
    // Its close() calls this, which throws when a fault has reset a connection while Node.js was reading from it (Node.js
    // 20.20). closeServers ends all connections.
    server.closeIdleConnections = () => {};
    gateConnections(server, { tls, listener: 'https', faults, faultyTls });
    keepForgedChains(server);
    reportHandshakes(server, log.for('device', 'https'));
    serveWebSockets(server, webSockets, log.for('device', 'https'));
    return trackSockets(server, sockets);
  }

  const listening = { createServer: makeServer, addresses, protocol: 'HTTPS', flag: '--port' };
  const { port, servers } = await listenEverywhere({ ...listening, port: options.port });
  return {
    port,
    listenAt: furtherAddresses({ ...listening, port }, servers),
    accept(socket) {
      servers[0]!.emit('secureConnection', socket);
      socket.resume();
    },
    close: () => closeServers(servers, sockets),
  };
}

/** An HTTPS server that does not listen yet. */
export function createHttpsServer(answer: AnswerRequest, tls: TlsOptions): Server {
  return createServer(tls, (incoming, outgoing) => void answer({ incoming, outgoing }));
}
