/** AMQP 1.0, for DPS and for every hub. Takes connections from TLS ports and from WebSockets. */
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { EmulatorEvent, EventLog } from '../events.js';
import type { FaultSource } from '../faults.js';
import { presentedCertificates } from '../tls/presented-certificates.js';
import { resetConnection } from '../tls/reset-connection.js';
import type { AmqpRefusal } from './amqp-connection.js';
import type { AmqpClient, Nodes } from './node.js';

/** What is behind the addresses that clients attach links to. */
export interface AmqpNodes {
  /** The nodes of one connection. */
  nodesFor(client: AmqpClient): Nodes;
  /** Whether these can be a user and its token, for SASL PLAIN. */
  acceptsPlain(userName: string, password: string): boolean;
  /** What an address is about; for the log. The address is empty when a refusal is not about a link. */
  subjectOf(address: string): { plane: EmulatorEvent['plane']; id: string };
}

export interface AmqpOptions {
  /** Called when the first client connects: most emulators never see one. */
  load(): Promise<AmqpNodes>;
  /** The largest message, without its properties. */
  maxMessageBytes: number;
  log: EventLog;
  faults?: FaultSource | undefined;
  /** Milliseconds that a client has to open its connection; 30,000 by default. */
  openTimeout?: number;
  /** Milliseconds, as the client is told; 240,000 by default, as IoT Hub announces it. */
  idleTimeout?: number;
}

export interface AmqpServer {
  /** @param bytes the socket, or a WebSocket within it */
  accept(bytes: Duplex, socket: TLSSocket): void;
  /** Ends every connection. */
  close(): void;
}

/** A server that speaks AMQP on the connections that it is given; it opens no port. */
export function createAmqpServer(options: AmqpOptions): AmqpServer {
  const { load, maxMessageBytes, log, faults, openTimeout = 30_000, idleTimeout = 240_000 } = options;
  const streams = new Set<Duplex>();

  async function serve(bytes: Duplex, socket: TLSSocket): Promise<void> {
    const [{ serveAmqp }, nodes] = await Promise.all([import('./amqp-connection.js'), load()]);
    if (bytes.destroyed) return;
    const client: AmqpClient = {
      certificates: presentedCertificates(socket),
      plain: undefined,
      dialled: { name: undefined, address: socket.localAddress },
    };
    serveAmqp(bytes, {
      client,
      nodes: nodes.nodesFor(client),
      acceptsPlain: nodes.acceptsPlain,
      maxMessageBytes,
      openTimeout,
      idleTimeout,
      refused: (refusal) => report(refusal, nodes),
      meet(kind, operation, address) {
        if (faults?.current === undefined) return undefined;
        const transport = bytes === socket ? 'amqp' : 'amqp-ws';
        return faults.current.meet({ kind, transport, operation, ...nodes.subjectOf(address) });
      },
      reset: () => resetConnection(socket),
    });
  }

  function report({ operation, address = '', error }: AmqpRefusal, { subjectOf }: AmqpNodes): void {
    const { plane, id } = subjectOf(address);
    log.for(
      plane,
      'amqp',
    )({
      operation,
      id: id === '' ? undefined : id.slice(0, 128),
      status: error.status,
      reason: error.reason,
    });
  }

  return {
    accept(bytes, socket) {
      streams.add(bytes);
      bytes.on('error', () => bytes.destroy());
      bytes.once('close', () => streams.delete(bytes));
      serve(bytes, socket).catch(() => bytes.destroy());
    },
    close() {
      for (const stream of streams) stream.destroy();
    },
  };
}
