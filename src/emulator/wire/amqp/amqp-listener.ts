/** The AMQP port. It takes MQTT and HTTPS too: see first-byte.ts. */
import type { TlsOptions } from 'node:tls';
import type { EventLog } from '../events.js';
import type { FaultSource } from '../faults.js';
import type { FaultyTls } from '../tls/connection-gate.js';
import { type AcceptByProtocol, acceptByFirstByte } from '../tls/first-byte.js';
import { startTlsListener, type TlsListener } from '../tls/tls-listener.js';

export interface AmqpListenerOptions {
  /** The server's key and certificate; requests a client certificate and accepts any, or none. */
  tls: TlsOptions;
  /** The addresses to bind, all on the same port. */
  addresses: readonly string[];
  /** 0 picks a free one. */
  port: number;
  protocols: AcceptByProtocol;
  log: EventLog;
  faults?: FaultSource | undefined;
  faultyTls?: FaultyTls | undefined;
}

/** Milliseconds for the TLS handshake, and again for the first byte. */
const connectTimeout = 30_000;

/** @throws EnrollkitError PORT_IN_USE, PORT_NOT_PERMITTED, ADDRESS_UNUSABLE */
export function startAmqpListener(options: AmqpListenerOptions): Promise<TlsListener> {
  const { tls, addresses, port, protocols, log, faults, faultyTls } = options;
  return startTlsListener({
    tls,
    addresses,
    port,
    protocol: 'amqp',
    log,
    faults,
    faultyTls,
    handshakeTimeout: connectTimeout,
    accept: acceptByFirstByte(protocols, connectTimeout),
  });
}
