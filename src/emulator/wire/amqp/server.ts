/** AMQP 1.0: devices register, and talk to their hub. Takes connections from TLS ports and from WebSockets. */
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { parseDeviceAddress, parseRegistrationAddress } from '../../../dps/contract/amqp.js';
import type { Registrations } from '../../dps/registration/registrations.js';
import type { NamedHub } from '../../hub/hub.js';
import type { EmulatorLog } from '../events.js';
import type { Dialled } from '../network/host-names.js';
import { presentedChain } from '../tls/server-identity.js';
import type { AmqpRefusal } from './connection.js';
import type { AmqpClient, Nodes } from './node.js';

export interface AmqpOptions {
  registrations: Pick<Registrations, 'register' | 'getOperation' | 'getState'>;
  /** The hub that a client means by the host that its open frame names, or by the address that it dialled. */
  hubOf: (dialled: Dialled) => NamedHub;
  /** Seconds that a device is told to wait while it is being assigned. */
  retryAfter: number;
  /** The clock by which certificates and tokens are judged. */
  now: () => Date;
  log: EmulatorLog;
  /** Milliseconds in which a client has to open its connection; 30,000 when not given. */
  openTimeout?: number;
  /** Milliseconds, as the client is told; 240,000 when not given, as IoT Hub announces it. */
  idleTimeout?: number;
}

export interface AmqpServer {
  /** @param bytes the socket, or a WebSocket within it */
  accept(bytes: Duplex, socket: TLSSocket): void;
  /** Ends every connection. */
  close(): void;
}

export function createAmqpServer(options: AmqpOptions): AmqpServer {
  const { openTimeout = 30_000, idleTimeout = 240_000, now } = options;
  const streams = new Set<Duplex>();

  async function serve(bytes: Duplex, socket: TLSSocket): Promise<void> {
    // Loaded when the first client comes: most emulators never see one.
    const [{ serveAmqp }, { dpsNodes, isDpsUser }, { hubNodes, isHubUser }] = await Promise.all([
      import('./connection.js'),
      import('../../dps/device/amqp-nodes.js'),
      import('../../hub/amqp/amqp-device-nodes.js'),
    ]);
    if (bytes.destroyed) return;
    const client: AmqpClient = { chain: presentedChain(socket), plain: undefined, hostName: undefined };
    const dps = dpsNodes(client, options);
    // The open frame, which comes before any link, tells which hub it is.
    let nodes: Nodes | undefined;
    const hub = (): Nodes => {
      nodes ??= hubNodes(client, {
        ...options.hubOf({ name: client.hostName, address: socket.localAddress }),
        now,
        log: options.log,
      });
      return nodes;
    };
    serveAmqp(bytes, {
      client,
      nodes: {
        attach: (request) => (parseRegistrationAddress(request.address) ? dps : hub()).attach(request),
      },
      acceptsPlain: (userName, password) => isDpsUser(userName, password) || isHubUser(userName, password),
      openTimeout,
      idleTimeout,
      now,
      refused,
    });
  }

  function refused({ operation, address = '', error }: AmqpRefusal): void {
    const registration = parseRegistrationAddress(address);
    const id = registration?.registrationId ?? parseDeviceAddress(address)?.deviceId ?? address;
    options.log({
      at: now().toISOString(),
      // What a connection is for shows only in the links that it attaches.
      plane: registration || address === '' ? 'device' : 'hub',
      transport: 'amqp',
      operation,
      ...(id === '' ? {} : { id: id.slice(0, 128) }),
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
