/** A client that speaks raw AMQP 1.0, and says what no SDK would say. */

import { once } from 'node:events';
import { isIP } from 'node:net';
import tls from 'node:tls';
import rhea, { type Connection, type Message, type Receiver, type Sender } from 'rhea';
import { WebSocket } from 'ws';
import { untilClosed } from '../support/until-closed.js';

export interface AmqpClientOptions {
  /** `localhost` unless told otherwise. */
  host?: string;
  port: number;
  /** PEM. */
  ca: string;
  /** What the client presents: PEM, leaf first. */
  cert?: string;
  key?: string;
  maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** For SASL PLAIN; without, the layer is left out. */
  username?: string;
  password?: string;
  sasl?: 'EXTERNAL' | 'ANONYMOUS';
  /** Over WebSockets; the port is that of HTTPS then. */
  webSocket?: boolean;
  /** The largest frame that the client takes. */
  maxFrameSize?: number;
}

export interface Refused {
  condition: string;
  description: string;
  info?: Record<string, string>;
}

/** Rejects with what the server says when it refuses. */
export class RefusedError extends Error {
  readonly condition: string;
  readonly description: string;
  readonly info: Record<string, string> | undefined;

  constructor(refused: Refused | undefined) {
    super(refused?.description ?? 'ended without a word');
    this.condition = refused?.condition ?? '';
    this.description = refused?.description ?? '';
    this.info = refused?.info;
  }
}

export interface RawAmqpClient {
  connection: Connection;
  sender(address: string, properties?: Record<string, unknown>): Promise<Sender>;
  receiver(address: string, properties?: Record<string, unknown>, more?: object): Promise<Receiver>;
  /** Settles as the server settles it. */
  send(sender: Sender, message: object): Promise<void>;
  /** The next message that arrives on a link. */
  next(receiver: Receiver): Promise<Message>;
  /** What the server says as it closes the connection, or the link. */
  closed(of?: Sender | Receiver): Promise<Refused>;
  end(): void;
}

export async function connectAmqp(options: AmqpClientOptions): Promise<RawAmqpClient> {
  const { host = 'localhost', port, ca, cert, key, maxVersion, username, password, sasl } = options;
  const { webSocket = false, maxFrameSize } = options;
  const container = rhea.create_container();
  // What it is told is asked for by those who want to know.
  for (const event of ['error', 'disconnected', 'connection_error', 'session_error', 'protocol_error']) {
    container.on(event, () => {});
  }
  for (const event of ['sender_error', 'receiver_error', 'rejected']) container.on(event, () => {});
  const mechanisms = sasl && {
    [sasl]: () => ({ start: (done: (e: undefined, r: string) => void) => done(undefined, '') }),
  };
  const connection = container.connect({
    // Node.js 26 takes no address for a server name, which rhea would make of the host.
    ...(isIP(host) ? { servername: '' } : {}),
    ...{ host, port, transport: 'tls', ca, cert, key, maxVersion, reconnect: false },
    ...{ username, password, sasl_mechanisms: mechanisms },
    ...(maxFrameSize === undefined ? {} : { max_frame_size: maxFrameSize }),
    ...(webSocket
      ? {
          connection_details: container.websocket_connect(WebSocket as never)(
            `wss://${host}:${port}/$iothub/websocket`,
            ['AMQPWSB10'],
            { ca, cert, key },
          ),
        }
      : {}),
  } as Parameters<typeof container.connect>[0]);
  connection.setMaxListeners(0);
  await settled(connection, 'connection_open', ['connection_close', 'disconnected']);

  function attached<Link extends Sender | Receiver>(link: Link, kind: 'sender' | 'receiver'): Promise<Link> {
    return new Promise((resolve, reject) => {
      link.once(`${kind}_close`, () => reject(new RefusedError(link.error as Refused)));
      connection.once('connection_close', () => reject(new RefusedError(connection.error as Refused)));
      link.once(`${kind}_open`, () => {
        const terminus = kind === 'sender' ? link.target : link.source;
        if (terminus?.address) resolve(link);
      });
    });
  }

  const inboxes = new Map<Receiver, { messages: Message[]; wake: () => void }>();
  return {
    connection,
    sender: (address, properties = {}) =>
      attached(connection.open_sender({ target: { address }, properties }), 'sender'),
    async receiver(address, properties = {}, more = {}) {
      const link = connection.open_receiver({ source: { address }, properties, ...more });
      const inbox = { messages: [] as Message[], wake: () => {} };
      inboxes.set(link, inbox);
      link.on('message', ({ message }: { message: Message }) => {
        inbox.messages.push(message);
        inbox.wake();
      });
      return attached(link, 'receiver');
    },
    async send(sender, message) {
      sender.setMaxListeners(0);
      if (!sender.sendable()) await once(sender, 'sendable');
      const delivery = sender.send(message as Message);
      await new Promise<void>((resolve, reject) => {
        const done =
          (event: string) => (context: { delivery: { id: number; remote_state?: { error?: Refused } } }) => {
            if (context.delivery.id !== delivery.id) return;
            if (event === 'accepted') resolve();
            else reject(new RefusedError(context.delivery.remote_state?.error));
          };
        for (const event of ['accepted', 'rejected', 'released']) sender.on(event, done(event));
        sender.once('sender_close', () => reject(new RefusedError(sender.error as Refused)));
        connection.once('connection_close', () => reject(new RefusedError(connection.error as Refused)));
      });
    },
    async next(receiver) {
      const inbox = inboxes.get(receiver)!;
      while (inbox.messages.length === 0) {
        await new Promise<void>((resolve) => {
          inbox.wake = resolve;
        });
      }
      return inbox.messages.shift()!;
    },
    closed(of) {
      return new Promise((resolve) => {
        const result = () =>
          resolve(((of ?? connection).error as Refused) ?? { condition: '', description: '' });
        if (of) of.once(of.is_sender() ? 'sender_close' : 'receiver_close', result);
        connection.once('connection_close', result);
        connection.once('disconnected', result);
      });
    },
    end: () => connection.close(),
  };
}

function settled(connection: Connection, good: string, bad: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.once(good, () => resolve());
    for (const event of bad) {
      connection.once(event, () =>
        reject(new RefusedError((connection.get_error() as unknown as Refused) ?? undefined)),
      );
    }
  });
}

/** Bytes on a TLS connection, and what comes back until it ends. */
export async function exchange(port: number, ca: string, ...writes: Buffer[]): Promise<Buffer> {
  const socket = tls.connect({ port, host: 'localhost', ca });
  socket.on('error', () => {});
  const received: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => received.push(bytes));
  await once(socket, 'secureConnect');
  for (const bytes of writes) {
    socket.write(bytes);
    await new Promise(setImmediate);
  }
  await untilClosed(socket);
  return Buffer.concat(received);
}
