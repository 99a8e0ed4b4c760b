/** Faults of TLS handshakes: another certificate, or another version of TLS, for single connections. */
import type { Socket } from 'node:net';
import type tls from 'node:tls';
import type { EmulatorEvent } from '../events.js';
import { controlProtocol, type FaultSource, type HandshakeFault } from '../faults.js';

/** What a server is to be like for a connection that meets a fault. */
export type FaultyTls = (fault: HandshakeFault) => Promise<tls.TlsOptions>;

export interface GateOptions {
  tls: tls.TlsOptions;
  listener: EmulatorEvent['transport'];
  faults?: FaultSource | undefined;
  faultyTls?: FaultyTls | undefined;
}

/** How long a connection may take for its first bytes, while handshakes meet faults. */
const firstBytesMs = 20_000;

/** Puts faults before the handshakes of a server. Call it before anything else listens to its connections. */
export function gateConnections(server: tls.Server, options: GateOptions): void {
  const { faults, faultyTls, listener } = options;
  if (faults === undefined || faultyTls === undefined) return;
  const shakeHands = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');

  function proceed(socket: Socket): void {
    for (const listen of shakeHands) listen.call(server, socket);
  }

  async function gate(socket: Socket): Promise<void> {
    const hello = await firstBytes(socket);
    if (hello === undefined) return;
    // The names of protocols are legible in a ClientHello (RFC 7301 section 3.1).
    const isControl = hello.includes(controlProtocol);
    const fault = isControl ? undefined : faults?.current?.meetHandshake(listener);
    const faulty = fault === undefined ? undefined : await faultyTls!(fault);
    if (socket.destroyed) return;
    if (faulty === undefined) return proceed(socket);
    // The server takes its context as it takes the connection, in this turn of the event loop.
    server.setSecureContext(faulty);
    proceed(socket);
    server.setSecureContext(options.tls);
  }

  server.on('connection', (socket: Socket) => {
    if (!faults.current?.disturbsHandshakes(listener)) return proceed(socket);
    gate(socket).catch(() => socket.destroy());
  });
}

/** The first bytes of a connection, which stay to be read; undefined when it ends before. */
function firstBytes(socket: Socket): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const end = () => {
      socket.destroy();
      resolve(undefined);
    };
    const timer = setTimeout(end, firstBytesMs).unref();
    socket.once('error', end);
    socket.once('close', end);
    socket.once('data', (bytes: Buffer) => {
      clearTimeout(timer);
      socket.pause();
      socket.unshift(bytes);
      socket.off('error', end);
      socket.off('close', end);
      resolve(bytes);
    });
  });
}
