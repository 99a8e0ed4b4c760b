/** The MQTT listener: one TLS port, for DPS and for every hub. */
import type { Duplex } from 'node:stream';
import type { TLSSocket, TlsOptions } from 'node:tls';
import type { EventLog } from '../events.js';
import type { FaultSource } from '../faults.js';
import type { FaultyTls } from '../tls/connection-gate.js';
import { type AcceptByProtocol, acceptByFirstByte } from '../tls/first-byte.js';
import { presentedCertificates } from '../tls/presented-certificates.js';
import { resetConnection } from '../tls/reset-connection.js';
import { startTlsListener } from '../tls/tls-listener.js';
import type { Candidate, ConnectRequest } from './mqtt-session.js';
import { createSessionLayer } from './session-layer.js';

export interface MqttOptions {
  /** The server's key and certificate; requests a client certificate and accepts any, or none. */
  tls: TlsOptions;
  /** The addresses to bind, all on the same port. */
  addresses: readonly string[];
  /** 0 picks a free one. */
  port: number;
  /** The session that a client asks for, at DPS or at a hub. @throws ConnectRefused */
  identify(connect: ConnectRequest): Candidate;
  /** The largest message, without its topic. */
  maxMessageBytes: number;
  log: EventLog;
  faults?: FaultSource | undefined;
  faultyTls?: FaultyTls | undefined;
  /** Milliseconds for the TLS handshake, and again for the CONNECT packet; 30,000 by default. */
  connectTimeout?: number;
  /** Take connections to this port that turn out to be of another protocol; without them, all are taken for MQTT. */
  others?: Omit<AcceptByProtocol, 'mqtt'>;
}

export interface MqttListener {
  port: number;
  /** Listens at one more address, on the same port; false when the machine does not permit it. */
  listenAt(address: string): Promise<boolean>;
  /** Takes MQTT that came another way, within a WebSocket: same sessions, limits and timeouts. */
  accept(bytes: Duplex, socket: TLSSocket): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

const maxTopicBytes = 64 * 1024;

/** @throws EnrollkitError PORT_IN_USE, PORT_NOT_PERMITTED, ADDRESS_UNUSABLE */
export async function startMqtt(options: MqttOptions): Promise<MqttListener> {
  const { tls, addresses, port, identify, maxMessageBytes, log, faults, faultyTls, others } = options;
  const { connectTimeout = 30_000 } = options;
  const sessions = createSessionLayer({
    identify,
    connectTimeout,
    maxPacketBytes: maxMessageBytes + maxTopicBytes,
    faults,
    refused: ({ operation, clientId, candidate, reason }) =>
      log.for(
        candidate?.plane ?? 'device',
        'mqtt',
      )({
        operation,
        id: candidate?.id ?? clientId.slice(0, 128),
        status: operation === 'connect' ? 401 : 400,
        reason,
      }),
  });
  const accept = (bytes: Duplex, socket: TLSSocket) =>
    sessions.handle(bytes, presentedCertificates(socket), {
      transport: bytes === socket ? 'mqtt' : 'mqtt-ws',
      reset: () => resetConnection(socket),
    });
  const mqtt = (socket: TLSSocket) => accept(socket, socket);
  const listener = await startTlsListener({
    tls,
    addresses,
    port,
    protocol: 'mqtt',
    log,
    faults,
    faultyTls,
    handshakeTimeout: connectTimeout,
    accept: others ? acceptByFirstByte({ mqtt, ...others }, connectTimeout) : mqtt,
  });
  return {
    port: listener.port,
    listenAt: listener.listenAt,
    accept,
    close() {
      sessions.close();
      return listener.close();
    },
  };
}
