/** The TLS connection of a device, for MQTT and AMQP. */
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { ClientCertificate } from './device-credentials.js';

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
  return connect({
    host,
    port: port ?? standardPort,
    // Server names must be host names (RFC 6066 section 3).
    ...(isIP(host) ? {} : { servername: host }),
    ...(trust === undefined ? {} : { ca: trust }),
    cert: clientCertificate.chain,
    key: clientCertificate.privateKey,
  });
}

function splitEndpoint(endpoint: string): { host: string; port: number | undefined } {
  const [, host, port] = /^(.*?)(?::(\d+))?$/.exec(endpoint)!;
  return { host: host!.replace(/^\[(.*)\]$/, '$1'), port: port === undefined ? undefined : Number(port) };
}
