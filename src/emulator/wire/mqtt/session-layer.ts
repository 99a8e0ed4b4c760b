/**
 * The session layer of MQTT 3.1.1: the connected clients, each under its key. Unlike at a broker, nothing passes from one
 * client to another: a session takes each message, and its reply goes back to the client that sent it.
 */
import type { Duplex } from 'node:stream';
import type { FaultSource, Transport } from '../faults.js';
import type { PresentedCertificates } from '../tls/presented-certificates.js';
import { ClientConnection } from './client-connection.js';
import type { Candidate, ConnectRequest, Refusal } from './mqtt-session.js';

export interface SessionLayerOptions {
  /** @throws ConnectRefused */
  identify(connect: ConnectRequest): Candidate;
  /** Milliseconds that a connection has to send its CONNECT. */
  connectTimeout: number;
  /** The largest packet that is read. */
  maxPacketBytes: number;
  faults?: FaultSource | undefined;
  /** A connection was refused, or ended for something that its client did. */
  refused(refusal: Refusal): void;
}

export interface SessionLayer {
  /** Speaks MQTT over a stream of bytes. */
  handle(bytes: Duplex, certificates: PresentedCertificates, over?: Underlying): void;
  /** Ends every connection. */
  close(): void;
}

/** What the bytes of a client come over. */
export interface Underlying {
  transport: Transport;
  /** Resets the TCP connection. */
  reset(): void;
}

/** A session layer without any connection yet. */
export function createSessionLayer(options: SessionLayerOptions): SessionLayer {
  const all = new Set<ClientConnection>();
  const byKey = new Map<string, ClientConnection>();
  return {
    handle(bytes, certificates, over = { transport: 'mqtt', reset: () => bytes.destroy() }) {
      let key: string | undefined;
      const client: ClientConnection = new ClientConnection(bytes, {
        ...options,
        ...over,
        certificates,
        // MQTT 3.1.1 section 3.1.4: a client that connects again replaces its earlier connection.
        opened(candidate) {
          key = candidate.key;
          byKey.get(key)?.drop();
          byKey.set(key, client);
        },
        closed() {
          all.delete(client);
          if (key !== undefined && byKey.get(key) === client) byKey.delete(key);
        },
      });
      all.add(client);
    },
    close() {
      for (const client of all) client.drop();
    },
  };
}
