/**
 * The session layer of MQTT 3.1.1: who is connected, each by its key. Nothing goes from one client to another, as it
 * would at a broker: a session takes each message, and its answer goes back to the client that sent it.
 */
import type { Duplex } from 'node:stream';
import { ClientConnection } from './client-connection.js';
import type { Candidate, ConnectRequest } from './session.js';

export interface SessionLayerOptions {
  /** @throws ConnectRefused */
  identify(connect: ConnectRequest): Candidate;
  /** Milliseconds in which a connection has to send its CONNECT. */
  connectTimeout: number;
  /** The most bytes of a packet. */
  maxPacketBytes: number;
  /** A connection was refused or ended for what it did. */
  refused(refusal: Refusal): void;
}

export interface Refusal {
  operation: 'connect' | 'subscribe' | 'publish' | 'packet';
  /** As the client gave it; empty before its CONNECT. */
  clientId: string;
  /** Undefined when the user name could not be read. */
  candidate: Candidate | undefined;
  reason: string;
}

export interface SessionLayer {
  /**
   * Speaks MQTT over a stream of bytes.
   *
   * @param chain what the client presented in the TLS handshake: DER, leaf first
   */
  handle(bytes: Duplex, chain: () => Buffer[]): void;
  /** Ends every connection. */
  close(): void;
}

export function createSessionLayer(options: SessionLayerOptions): SessionLayer {
  const all = new Set<ClientConnection>();
  const byKey = new Map<string, ClientConnection>();
  return {
    handle(bytes, chain) {
      let key: string | undefined;
      const client: ClientConnection = new ClientConnection(bytes, {
        ...options,
        chain,
        // MQTT 3.1.1 section 3.1.4: a client that connects again takes the place of its earlier connection.
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
