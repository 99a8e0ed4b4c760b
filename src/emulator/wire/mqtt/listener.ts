/** The MQTT listener: one TLS port, on which devices register and on which they talk to their hub. */
import type { Duplex } from 'node:stream';
import type tls from 'node:tls';
import { type DpsSessionOptions, dpsCandidate } from '../../dps/device/mqtt-session.js';
import { isDpsUserName } from '../../dps/device/user-name.js';
import type { NamedHub } from '../../hub/hub.js';
import { maxMessageBytes } from '../../hub/messages.js';
import { hubCandidate } from '../../hub/mqtt/mqtt-hub-session.js';
import type { EmulatorLog } from '../events.js';
import { acceptByFirstByte } from '../tls/first-byte.js';
import type { HandshakeFailed } from '../tls/handshake-failures.js';
import { presentedChain } from '../tls/server-identity.js';
import { startTlsListener } from '../tls/tls-listener.js';
import { createSessionLayer } from './session-layer.js';

export interface MqttOptions {
  /** The server's key and certificate; asks for a client certificate and refuses none. */
  tls: tls.TlsOptions;
  /** Addresses to bind, all on the same port. */
  hosts: string[];
  /** 0 picks a free one. */
  port: number;
  registrations: DpsSessionOptions['registrations'];
  /** The hub of a host name, with or without port. */
  hubOf: (hostName: string) => NamedHub | undefined;
  /** Seconds that a device is told to wait while it is being assigned. */
  retryAfter: number;
  /** The clock by which certificates are judged. */
  now: () => Date;
  log: EmulatorLog;
  /** Milliseconds for the TLS handshake, and again for the CONNECT packet; 30,000 when not given. */
  connectTimeout?: number;
  handshakeFailed?: HandshakeFailed;
  /** Takes connections to this port that turn out to be AMQP; without, they are refused. */
  amqp?: (bytes: Duplex, socket: tls.TLSSocket) => void;
}

export interface MqttListener {
  port: number;
  /** Takes MQTT that came another way, within a WebSocket: the same sessions, limits and timeouts. */
  accept(bytes: Duplex, socket: tls.TLSSocket): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** A message of the largest size, with room for its topic. */
const maxPacketBytes = maxMessageBytes + 64 * 1024;

/** @throws EnrollkitError PORT_IN_USE */
export async function startMqtt(options: MqttOptions): Promise<MqttListener> {
  const connectTimeout = options.connectTimeout ?? 30_000;
  const sessions = createSessionLayer({
    identify: (connect) =>
      isDpsUserName(connect.userName) ? dpsCandidate(connect, options) : hubCandidate(connect, options),
    connectTimeout,
    maxPacketBytes,
    refused: ({ operation, clientId, candidate, reason }) =>
      options.log({
        at: options.now().toISOString(),
        plane: candidate?.plane ?? 'device',
        transport: 'mqtt',
        operation,
        id: candidate?.id ?? clientId.slice(0, 128),
        status: operation === 'connect' ? 401 : 400,
        reason,
      }),
  });
  const accept = (bytes: Duplex, socket: tls.TLSSocket) =>
    sessions.handle(bytes, () => presentedChain(socket));
  const mqtt = (socket: tls.TLSSocket) => accept(socket, socket);
  const { amqp } = options;
  const listener = await startTlsListener({
    ...options,
    addresses: options.hosts,
    protocol: 'MQTT',
    flag: '--mqtt-port',
    handshakeTimeout: connectTimeout,
    accept: amqp ? acceptByFirstByte({ mqtt, amqp: (socket) => amqp(socket, socket) }, connectTimeout) : mqtt,
  });
  return {
    port: listener.port,
    accept,
    close() {
      sessions.close();
      return listener.close();
    },
  };
}
