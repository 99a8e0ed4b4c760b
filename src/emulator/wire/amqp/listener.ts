/** The port of AMQP. MQTT is understood there, too: see first-byte.ts. */
import type { TlsOptions } from 'node:tls';
import type { MqttListener } from '../mqtt/listener.js';
import { acceptByFirstByte } from '../tls/first-byte.js';
import type { HandshakeFailed } from '../tls/handshake-failures.js';
import { startTlsListener, type TlsListener } from '../tls/tls-listener.js';
import type { AmqpServer } from './server.js';

export interface AmqpListenerOptions {
  /** The server's key and certificate; asks for a client certificate and refuses none. */
  tls: TlsOptions;
  /** Addresses to bind, all on the same port. */
  addresses: readonly string[];
  /** 0 picks a free one. */
  port: number;
  amqp: Pick<AmqpServer, 'accept'>;
  mqtt: Pick<MqttListener, 'accept'>;
  /** Milliseconds for the TLS handshake, and again for the first byte; 30,000 when not given. */
  connectTimeout?: number;
  handshakeFailed?: HandshakeFailed;
}

/** @throws EnrollkitError PORT_IN_USE, ADDRESS_UNUSABLE */
export function startAmqpListener(options: AmqpListenerOptions): Promise<TlsListener> {
  const { amqp, mqtt, connectTimeout = 30_000 } = options;
  return startTlsListener({
    ...options,
    protocol: 'AMQP',
    flag: '--amqp-port',
    handshakeTimeout: connectTimeout,
    accept: acceptByFirstByte(
      {
        amqp: (socket) => amqp.accept(socket, socket),
        mqtt: (socket) => mqtt.accept(socket, socket),
      },
      connectTimeout,
    ),
  });
}
