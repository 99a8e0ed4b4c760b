/** How unmodified clients of Microsoft reach an emulator in the same process, on whatever ports it has. */
import { readFileSync } from 'node:fs';
import tls from 'node:tls';
import type { EmulatorEndpoints } from '../../src/emulator/start.js';

/**
 * Until it is undone, TLS connections of this process that go to port 443, 8883 or 5671 reach the emulator's ports
 * instead, and trust its root: some clients cannot be told a port, and NODE_EXTRA_CA_CERTS is read at start only. For
 * CommonJS packages, and for whatever uses node:https: both look `connect` up at each call.
 *
 * @returns what undoes it
 */
export function dialEmulator({ ports, caFile }: Pick<EmulatorEndpoints, 'ports' | 'caFile'>): () => void {
  const root = readFileSync(caFile, 'utf8');
  const portOf: Record<number, number> = { 443: ports.https, 8883: ports.mqtt, 5671: ports.amqp };
  const { connect } = tls;
  // Its forms: (options, callback), (port, options, callback), (port, host, options, callback).
  const dial = (...given: unknown[]): tls.TLSSocket => {
    const callback = given.find((one) => typeof one === 'function') as (() => void) | undefined;
    const options: tls.ConnectionOptions = {};
    for (const one of given) {
      if (typeof one === 'object') Object.assign(options, one);
      else if (/^\d+$/.test(String(one))) options.port = Number(one);
      else if (typeof one === 'string') options.host = one;
    }
    const port = Number(options.port);
    return connect({ ...options, port: portOf[port] ?? port, ca: options.ca ?? root }, callback);
  };
  tls.connect = dial as typeof tls.connect;
  return () => {
    tls.connect = connect;
  };
}

/** Of names that are given to clients which cannot be told a port, and of connection strings with such names. */
export function withoutPort(text: string): string {
  return text.replace(/:\d+/, '');
}
