/** The connection below MQTT, and the library that speaks MQTT over it. */
import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { MqttClient } from 'mqtt';
import type { ClientCertificate } from '../device-credentials.js';

export interface MqttSocketOptions {
  /** Host, with `:port` where it is not 8883. */
  endpoint: string;
  clientCertificate: ClientCertificate;
  /** PEM of the roots to trust instead of the system's. */
  trust?: string | undefined;
}

const mqttTlsPort = 8883;

/** Connects to `host` or `host:port`, with the device's certificate. */
export function openSocket(options: MqttSocketOptions, client: MqttClient): TLSSocket {
  const { endpoint, trust, clientCertificate } = options;
  const { host, port } = splitEndpoint(endpoint);
  const socket = connectTls({
    host,
    port,
    // Server names are host names only (RFC 6066 section 3).
    ...(isIP(host) ? {} : { servername: host }),
    ...(trust === undefined ? {} : { ca: trust }),
    cert: clientCertificate.chain,
    key: clientCertificate.privateKey,
  });
  // The client itself passes on only some of a socket's errors, and none of TLS.
  socket.on('error', (error) => client.emit('error', error));
  return socket;
}

/**
 * Loaded when it is needed, since those who register over HTTPS do not; and by require, which takes 0.05 s where
 * importing this CommonJS package takes 0.11 s.
 */
export function loadMqttClient(): typeof MqttClient {
  const mqtt = createRequire(import.meta.url)('mqtt') as typeof import('mqtt');
  return mqtt.MqttClient;
}

function splitEndpoint(endpoint: string): { host: string; port: number } {
  const [, host, port] = /^(.*?)(?::(\d+))?$/.exec(endpoint)!;
  return { host: host!.replace(/^\[(.*)\]$/, '$1'), port: Number(port ?? mqttTlsPort) };
}
