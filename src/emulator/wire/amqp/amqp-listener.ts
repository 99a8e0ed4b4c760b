/** The AMQP port. It takes MQTT too: see first-byte.ts. */
import type { TlsOptions } from 'node:tls';
import type { EventLog } from '../events.js';
import type { MqttListener } from '../mqtt/mqtt-listener.js';
import { acceptByFirstByte } from '../tls/first-byte.js';
import { startTlsListener, type TlsListener } from '../tls/tls-listener.js';
import type { AmqpServer } from './amqp-server.js';

export interface AmqpListenerOptions {
  /** The server's key and certificate; requests a client certificate and accepts any, or none. */
  tls: TlsOptions;
  /** The addresses to bind, all on the same port. */
  addresses: readonly string[];
  /** 0 picks a free one. */
  port: number;
  amqp: Pick<AmqpServer, 'accept'>;
  mqtt: Pick<MqttListener, 'accept'>;
  log: EventLog;
}

/** Milliseconds for the TLS handshake, and again for the first byte. */
const connectTimeout = 30_000;

/** @throws EnrollkitError PORT_IN_USE, PORT_NOT_PERMITTED, ADDRESS_UNUSABLE */
export function startAmqpListener(options: AmqpListenerOptions): Promise<TlsListener> {
  const { tls, addresses, port, amqp, mqtt, log } = options;
  return startTlsListener({
    tls,
    addresses,
    port,
    protocol: 'amqp',
    log,
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
