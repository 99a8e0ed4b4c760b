/** The connection of a device for MQTT and AMQP: TLS, or a WebSocket over TLS. */
import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { type ClientCertificate, secureContextOf } from './device-credentials.js';
import { readsLeafOnly } from './leaf-only.js';
import { sharedLookup } from './shared-lookup.js';

export interface DeviceSocketOptions {
  /** Host, with `:port` where it is not the standard one of the protocol. */
  endpoint: string;
  clientCertificate: ClientCertificate;
  /** PEM of the roots to trust instead of the system's. */
  trust?: string | undefined;
}

/** Connects to `host` or `host:port`, with the device's certificate. */
export function connectDevice(
  { endpoint, trust, clientCertificate }: DeviceSocketOptions,
  standardPort: number,
): TLSSocket {
  const { host, port } = splitEndpoint(endpoint);
  return readsLeafOnly(
    connect({
      host,
      port: port ?? standardPort,
      // Server names must be host names (RFC 6066 section 3).
      ...(isIP(host) ? {} : { servername: host }),
      lookup: sharedLookup,
      secureContext: secureContextOf(clientCertificate, trust),
    }),
  );
}

/**
 * Connects to the same host over a WebSocket. The stream emits `connect` once it can be written to.
 *
 * Source: Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol", for the path and the subprotocol; azure-iot-amqp-base
 * for that of AMQP.
 */
export function connectDeviceWebSocket(
  { endpoint, trust, clientCertificate }: DeviceSocketOptions,
  port: number,
  subprotocol: 'mqtt' | 'AMQPWSB10',
): Duplex {
  // With `require`, as the package for MQTT is loaded: only devices that use WebSockets need it.
  const { WebSocket, createWebSocketStream } = createRequire(import.meta.url)('ws') as typeof import('ws');
  const { host } = splitEndpoint(endpoint);
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  // For node:tls; the types of ws do not know it.
  const tls = { secureContext: secureContextOf(clientCertificate, trust) };
  const socket = new WebSocket(`wss://${authority}/$iothub/websocket`, subprotocol, {
    ...tls,
    handshakeTimeout: webSocketTimeoutMs,
    perMessageDeflate: false,
  });
  const stream = createWebSocketStream(socket);
  socket.once('open', () => stream.emit('connect'));
  // When the connection is lost, ws ends what is read and leaves the rest open: MQTT would wait for an acknowledgment.
  stream.once('end', () => stream.destroy());
  return stream;
}

/** As long as for a connection without a WebSocket. */
const webSocketTimeoutMs = 30_000;

function splitEndpoint(endpoint: string): { host: string; port: number | undefined } {
  const [, host, port] = /^(.*?)(?::(\d+))?$/.exec(endpoint)!;
  return { host: host!.replace(/^\[(.*)\]$/, '$1'), port: port === undefined ? undefined : Number(port) };
}
