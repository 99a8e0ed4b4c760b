/**
 * aedes as session layer only. A broker routes what one client publishes to whoever subscribed, and keeps it for who
 * will; here nothing goes from one client to another: a session takes each message, and its answer goes back to the
 * client that sent it.
 */
import { randomUUID } from 'node:crypto';
import { Aedes, type AedesOptions, type Client } from 'aedes';
import {
  type Candidate,
  type Connection,
  ConnectRefused,
  type ConnectRequest,
  connectReturnCode,
  type Session,
  SessionViolation,
} from './session.js';

export interface SessionLayerOptions {
  /** @throws ConnectRefused */
  identify(connect: ConnectRequest): Candidate;
  /** The certificates that the client of this connection presented: DER, leaf first. */
  chainOf(connection: Client['conn']): Buffer[];
  /** Milliseconds in which a connection has to send its CONNECT. */
  connectTimeout: number;
  /** A connection was refused or ended for what it did. */
  refused(refusal: Refusal): void;
}

export interface Refusal {
  operation: 'connect' | 'subscribe' | 'publish';
  /** As the client gave it. */
  clientId: string;
  /** Undefined when the user name could not be read. */
  candidate: Candidate | undefined;
  reason: string;
}

interface ClientState {
  clientId: string;
  candidate: Candidate | undefined;
  refusal?: ConnectRefused;
  session?: Session;
  filters: Set<string>;
  /** Of the messages to the client with QoS 1 that it has not acknowledged. */
  unacknowledged: Map<number, (() => void) | undefined>;
  lastMessageId: number;
}

/** The failure code of a SUBACK, MQTT 3.1.1 section 3.9.3. */
const refusedSubscription: number = 128;

/** A client that leaves so many messages unacknowledged gets no more: far more than a device's queue holds. */
const maxUnacknowledged = 1000;

type Done = (error?: Error) => void;
type AuthenticateError = Parameters<Parameters<NonNullable<AedesOptions['authenticate']>>[3]>[0];

/** Every route through which aedes passes messages on, closed: its own notices on $SYS, too, reach nobody. */
class NonRoutingBroker extends Aedes {
  declare persistence: object;
  override publish(_packet: unknown, clientOrDone?: unknown, done?: unknown): void {
    callLast(clientOrDone, done);
  }
  override subscribe(_topic: unknown, _deliver: unknown, done?: unknown): void {
    callLast(done);
  }
  override unsubscribe(_topic: unknown, _deliver: unknown, done?: unknown): void {
    callLast(done);
  }
}

function callLast(...candidates: unknown[]): void {
  const done = candidates.findLast((candidate) => typeof candidate === 'function');
  if (done) (done as Done)();
}

/** A broker that is listening; give it connections with `handle`, end it with `close`. */
export async function createSessionLayer(options: SessionLayerOptions): Promise<Aedes> {
  const states = new WeakMap<Client, ClientState>();
  const stateOf = (client: Client) => states.get(client)!;

  const broker = new NonRoutingBroker({
    connectTimeout: options.connectTimeout,
    // The rule of MQTT 3.1, at most 23 characters, would be applied to our own keys.
    maxClientsIdLength: Number.MAX_SAFE_INTEGER,

    preConnect(client, packet, callback) {
      // A client may go on before CONNACK. aedes would take what comes in the very next moment for one of a session
      // that there is not yet; it resumes by itself.
      (client as unknown as { pause(): void }).pause();
      const { clientId } = packet;
      const state: ClientState = {
        clientId,
        candidate: undefined,
        filters: new Set(),
        unacknowledged: new Map(),
        lastMessageId: 0,
      };
      states.set(client, state);
      packet.clientId = randomUUID();
      // Neither DPS nor this hub keeps a session beyond its connection, whatever the client asks for.
      packet.clean = true;
      delete packet.will;
      try {
        state.candidate = options.identify({
          clientId,
          userName: packet.username ?? '',
          password: packet.password?.toString(),
          chain: options.chainOf(client.conn),
        });
        packet.clientId = state.candidate.key;
      } catch (error) {
        if (!(error instanceof ConnectRefused)) return callback(error as Error, false);
        state.refusal = error;
      }
      callback(null, true);
    },

    /** Asked once for each message to a client: the identifier that is set here is that of its PUBACK. */
    authorizeForward(client, packet) {
      return packet.qos === 0 ? packet : { ...packet, messageId: stateOf(client).lastMessageId };
    },

    async authenticate(client, _username, _password, done) {
      const state = stateOf(client);
      try {
        if (state.refusal) throw state.refusal;
        const session = await state.candidate!.open(connectionOf(client));
        state.session = session;
        if (client.closed) session.closed?.();
        else client.conn.once('close', () => session.closed?.());
        done(null, true);
      } catch (error) {
        const reason = error as Error;
        const returnCode =
          error instanceof ConnectRefused ? error.returnCode : connectReturnCode.notAuthorized;
        refused('connect', client, reason.message);
        done(Object.assign(new Error(reason.message), { returnCode }) as AuthenticateError, false);
      }
    },

    authorizeSubscribe(client, subscription, callback) {
      const state = stateOf(client);
      try {
        const accepted = state.session!.accepts(subscription.topic);
        if (accepted) state.filters.add(subscription.topic);
        callback(null, accepted ? subscription : null);
      } catch (error) {
        refused('subscribe', client, (error as Error).message);
        callback(error as Error);
      }
    },

    async authorizePublish(client, packet, callback) {
      if (client === null) return callback();
      let violation: Error | null = null;
      try {
        // Neither DPS nor IoT Hub takes QoS 2: they end the connection.
        if (packet.qos === 2) throw new SessionViolation('QoS 2 is not supported');
        const { session, filters } = stateOf(client);
        const answer = session!.publish(packet.topic, packet.payload as Buffer);
        const reply = answer instanceof Promise ? await answer : answer;
        if (reply && !client.closed && subscribed(filters, reply.topic)) {
          client.publish({ cmd: 'publish', qos: 0, dup: false, retain: false, ...reply }, () => {});
        }
      } catch (error) {
        violation = error as Error;
        refused('publish', client, violation.message);
      }
      callback(violation);
    },
  });

  function refused(operation: Refusal['operation'], client: Client, reason: string) {
    const { clientId, candidate } = stateOf(client);
    options.refused({ operation, clientId, candidate, reason });
  }

  function connectionOf(client: Client): Connection {
    return {
      drop: () => client.close(),
      send(message, delivered) {
        if (client.closed) return;
        if (message.qos === 1) {
          const state = stateOf(client);
          if (state.unacknowledged.size >= maxUnacknowledged) return;
          do state.lastMessageId = (state.lastMessageId % 0xffff) + 1;
          while (state.unacknowledged.has(state.lastMessageId));
          state.unacknowledged.set(state.lastMessageId, delivered);
        }
        client.publish({ cmd: 'publish', dup: false, retain: false, ...message }, (error) => {
          if (message.qos === 0 && !error) delivered?.();
        });
      },
    };
  }

  broker.on('subscribe', (subscriptions, client) => {
    const session = states.get(client)?.session;
    for (const { topic, qos } of subscriptions) {
      // What was refused has 128; what was granted more than 1 gets messages with 1.
      if (qos !== refusedSubscription) session?.subscribed?.(topic, qos === 0 ? 0 : 1);
    }
  });
  broker.on('unsubscribe', (filters, client) => {
    const state = states.get(client);
    for (const filter of filters) {
      state?.filters.delete(filter);
      state?.session?.unsubscribed?.(filter);
    }
  });
  await broker.listen();
  // aedes asks its store what a PUBACK stands for; nothing is stored there, and whoever sent the message is told.
  Object.assign(broker.persistence, {
    async outgoingClearMessageId(client: Client, packet: { messageId: number }) {
      const { unacknowledged } = stateOf(client);
      const delivered = unacknowledged.get(packet.messageId);
      unacknowledged.delete(packet.messageId);
      delivered?.();
      return packet;
    },
  });
  return broker;
}

/** The filters that sessions accept are exact, or end with a `#` after a slash. */
function subscribed(filters: Set<string>, topic: string): boolean {
  for (const filter of filters) {
    if (filter.endsWith('/#') ? topic.startsWith(filter.slice(0, -1)) : topic === filter) return true;
  }
  return false;
}
