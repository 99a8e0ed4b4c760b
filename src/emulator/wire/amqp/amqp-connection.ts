/** One AMQP connection: rhea speaks the protocol, nodes decide about links and messages. */
import type { Duplex } from 'node:stream';
import rhea, {
  type Connection,
  type Delivery,
  type EventContext,
  type Message,
  type Receiver,
  type Sender,
} from 'rhea';
import { type Encounter, type Fault, type Met, waitFor } from '../faults.js';
import { unattended } from '../unattended.js';
import { AmqpError, asAmqpError } from './amqp-error.js';
import { addressOf, filtersOf } from './attach-frame.js';
import { applyFrameRules, type Frame, linkKey, maxSessions } from './frame-rules.js';
import { FrameStream, maxFrameBytes } from './frame-stream.js';
import { nameLinksByDirection } from './link-names.js';
import { MessagesToClient } from './messages-to-client.js';
import {
  type AmqpClient,
  type Attached,
  type Nodes,
  type Outcome,
  type OutgoingMessage,
  PendingLink,
} from './node.js';
import { saslMechanisms } from './sasl.js';

export interface AmqpConnectionOptions {
  client: AmqpClient;
  nodes: Nodes;
  /** Whether these can be a user and its token, for SASL PLAIN. */
  acceptsPlain(userName: string, password: string): boolean;
  /** The largest message, without its properties. */
  maxMessageBytes: number;
  /** Milliseconds that the client has to open its connection. */
  openTimeout: number;
  /** Milliseconds; a client that is silent for twice as long is disconnected. */
  idleTimeout: number;
  refused(refusal: AmqpRefusal): void;
  /** What a connection, a request or a message meets; undefined when it meets no fault. */
  meet(kind: Encounter['kind'], operation: string, address: string): Met | undefined;
  /** Resets the TCP connection. */
  reset(): void;
}

export interface AmqpRefusal {
  operation: 'connect' | 'attach' | 'send';
  /** Undefined when the refusal is not about a link. */
  address?: string;
  error: AmqpError;
}

/** Of an encoded message. */
const maxPropertyBytes = 64 * 1024;

/** A link that a client attached. */
interface ClientLink {
  key: string;
  address: string;
  attached: Attached;
  pending: PendingLink;
  /** Present on a link on which the client receives. */
  messages?: MessagesToClient;
}

/** Speaks AMQP 1.0 on a stream until the stream ends. */
export function serveAmqp(stream: Duplex, options: AmqpConnectionOptions): void {
  const { client, refused } = options;
  const maxEncodedBytes = options.maxMessageBytes + maxPropertyBytes;
  const links = new Map<Sender | Receiver, ClientLink>();
  const receivers = new Map<string, Receiver>();
  /** The decision about the attach frame that rhea is processing. */
  let decision: ClientLink | AmqpError | undefined;
  let over = false;
  /** The first link shows what a connection is for. */
  let isKnown = false;

  const container = rhea.create_container({ id: 'enrollkit' });
  container.sasl_server_mechanisms = saslMechanisms({
    client,
    accepts: options.acceptsPlain,
    refused(reason) {
      refused({ operation: 'connect', error: new AmqpError('unauthorizedAccess', reason) });
      // The outcome of SASL goes out first.
      setImmediate(() => frames.end());
    },
  });
  const connection: Connection = container.create_connection({
    max_frame_size: maxFrameBytes,
    channel_max: maxSessions - 1,
    idle_time_out: options.idleTimeout,
    receiver_options: { credit_window: 0, autoaccept: false, max_message_size: maxEncodedBytes },
    // The SDK for C reads the size at either end of a link.
    sender_options: { max_message_size: maxEncodedBytes },
  } as Parameters<typeof container.create_connection>[0]);

  const openTimer = setTimeout(
    () => fail(new AmqpError('connectionForced', 'The connection was not opened in time.')),
    options.openTimeout,
  );

  const frames = new FrameStream(stream, {
    violated: fail,
    drained: guarded(resumeAll),
    closed() {
      over = true;
      clearTimeout(openTimer);
      for (const link of [...links.keys()]) unattended(forget)(link);
    },
  });

  /** Ends the connection with an error. */
  function fail(error: AmqpError): void {
    if (over) return;
    refused({ operation: 'connect', error });
    end(error);
  }

  function end(error: AmqpError): void {
    over = true;
    connection.open();
    connection.close(error.wire);
    frames.end();
  }

  /** Tells the node that a link is closed, for whatever reason. */
  function forget(link: Sender | Receiver): void {
    const one = links.get(link);
    if (!one) return;
    links.delete(link);
    receivers.delete(one.key);
    one.messages?.end();
    one.attached.closed?.();
  }

  function close(link: Sender | Receiver, error: AmqpError): void {
    if (!over) link.close(error.wire);
    forget(link);
  }

  applyFrameRules(connection, {
    maxMessageBytes: maxEncodedBytes,
    endedByClient: () => frames.hold(new Promise(setImmediate)),
    hasCredit: (frame) => receivers.get(linkKey(frame))?.has_credit() ?? false,
    tooLarge(frame) {
      const receiver = receivers.get(linkKey(frame))!;
      const error = new AmqpError('messageSizeExceeded', `A message has at most ${maxEncodedBytes} bytes.`);
      refused({ operation: 'send', address: links.get(receiver)?.address ?? '', error });
      close(receiver, error);
    },
    violated: fail,
    // rhea writes what waits for the session's window in this turn, and tells no link about it.
    sessionFlow: () => setImmediate(guarded(resumeAll)),
    beforeAttach(frame, attach) {
      frames.hold(
        decide(frame).then((decided) => {
          if (over) {
            if (!(decided instanceof AmqpError)) decided.attached.closed?.();
            return;
          }
          if (decided instanceof AmqpError && decided.endsConnection) {
            end(decided);
            return;
          }
          decision = decided;
          try {
            attach();
          } catch (cause) {
            fail(new AmqpError('framingError', asAmqpError(cause).reason));
          }
          decision = undefined;
        }),
      );
    },
  });

  async function decide(frame: Frame): Promise<ClientLink | AmqpError> {
    const { performative } = frame;
    // The role is the client's: true when it receives.
    const toClient = performative.role === true;
    const address = addressOf(performative, toClient ? 'source' : 'target');
    const pending = new PendingLink();
    try {
      if (!isKnown) {
        isKnown = true;
        await sufferConnect(options.meet('connect', 'connect', address));
      }
      const attached = await options.nodes.attach({
        address,
        direction: toClient ? 'to-client' : 'from-client',
        properties: (performative.properties ?? {}) as Record<string, unknown>,
        filters: filtersOf(performative),
        desiredCapabilities: [performative.desired_capabilities ?? []].flat().map(String),
        link: pending,
      });
      return { key: linkKey(frame), address, attached, pending };
    } catch (cause) {
      const error = asAmqpError(cause);
      refused({ operation: 'attach', address, error });
      return error;
    }
  }

  /** @throws InjectedError, AmqpError which ends the connection */
  async function sufferConnect(met: Met | undefined): Promise<void> {
    if (met === undefined) return;
    const { delay, fault } = met;
    await waitFor(delay);
    if (fault?.type === 'status') throw fault.error;
    if (fault?.type === 'disconnect' && typeof fault.after === 'number') frames.closeAfter(fault.after);
    else if (fault !== undefined) throw cut(fault);
  }

  /** Ends the connection as a fault asks. */
  function cut({ type }: Fault): AmqpError {
    const error = new AmqpError('connectionForced', 'The connection is closed.', { endsConnection: true });
    if (type === 'reset') {
      over = true;
      options.reset();
    } else end(error);
    return error;
  }

  /** Sends a message to the client, unless a fault keeps it from that. */
  function deliver(
    messages: MessagesToClient,
    message: OutgoingMessage,
    settled: ((outcome: Outcome) => void) | undefined,
    met: Met | undefined,
  ): boolean {
    if (met === undefined) return messages.send(message, settled);
    if (met.fault?.type === 'duplicate') {
      const isSent = messages.send(message, settled);
      if (isSent) messages.send(message);
      return isSent;
    }
    const sendLater = async () => {
      await waitFor(met.fault?.type === 'late' ? met.fault.milliseconds : 0);
      if (over || !messages.send(message, settled)) settled?.('dropped');
    };
    sendLater().catch(unforeseen);
    return true;
  }

  /** Ends the connection for an error that nobody else catches. */
  function unforeseen(cause: unknown): void {
    fail(new AmqpError('internalError', 'Internal server error', { reason: String(cause) }));
  }

  /** rhea answers the attach frame after this. Without source and target, its answer refuses the link. */
  function opened(link: Sender | Receiver): void {
    if (decision === undefined || decision instanceof AmqpError) {
      link.close(decision?.wire);
      return;
    }
    const { key, address, attached, pending } = decision;
    link.set_source({
      address: textOr(link.source?.address, address),
      ...(attached.appliedFilters && { filter: appliedFilters(link, attached.appliedFilters) }),
    } as Sender['source']);
    link.set_target({ address: textOr(link.target?.address, address) });
    links.set(link, decision);
    if (link.is_receiver()) {
      receivers.set(key, link as Receiver);
      (link as Receiver).add_credit(attached.credit ?? 1);
    } else {
      decision.messages = new MessagesToClient(link as Sender, attached.sendsSettled);
    }
    const { messages } = decision;
    pending.opened({
      takes: () => !over && messages !== undefined && messages.takes,
      send(message, settled, operation) {
        if (over || messages === undefined) return false;
        const met = operation === undefined ? undefined : options.meet('message', operation, address);
        return deliver(messages, message, settled, met);
      },
      backlog: () => (frames.isFull ? Number.POSITIVE_INFINITY : (messages?.backlog ?? 0)),
      close: (error) => close(link, error),
    });
  }

  function sendable(sender: Sender, draining = false): void {
    const link = links.get(sender);
    if (over || !link?.messages) return;
    link.messages.sendWaiting();
    if (link.messages.takes) link.attached.sendable?.(draining);
  }

  /** The client has read, or its window has opened: whoever waited for that goes on. */
  function resumeAll(): void {
    for (const [link, { messages }] of [...links]) if (messages) sendable(link as Sender);
  }

  function settle(outcome: Outcome) {
    return ({ sender, delivery }: EventContext) => links.get(sender!)?.messages?.settle(delivery!, outcome);
  }

  async function receive(receiver: Receiver, delivery: Delivery, message: Message): Promise<void> {
    const link = links.get(receiver);
    if (!link) {
      delivery.release();
      return;
    }
    try {
      if (!link.attached.receive) throw new AmqpError('notAllowed', 'Nothing is taken here.');
      const operation = link.attached.operationOf?.(message);
      const met = operation === undefined ? undefined : options.meet('request', operation, link.address);
      if (met === undefined) await link.attached.receive(message, delivery.format);
      else if (await receiveWith(met, link, delivery, message)) return;
      delivery.accept();
    } catch (cause) {
      delivery.reject(asAmqpError(cause).wire);
    }
    if (links.has(receiver)) receiver.add_credit(1);
  }

  /**
   * Handles a message that meets a fault.
   *
   * @returns whether the connection has ended
   * @throws InjectedError, AmqpError which reject the message
   */
  async function receiveWith(
    { delay, fault }: Met,
    { attached }: ClientLink,
    delivery: Delivery,
    message: Message,
  ): Promise<boolean> {
    await waitFor(delay);
    if (over) return true;
    const handle = async () => attached.receive!(message, delivery.format);
    switch (fault?.type) {
      case 'status':
        if (attached.refuse === undefined) throw fault.error;
        await attached.refuse(message, fault.error);
        return false;
      case 'reset':
      case 'disconnect':
        if (fault.type === 'disconnect' || fault.effect === 'after') await handle();
        cut(fault);
        return true;
      case 'assigning':
        await attached.receiveAssigning?.(message);
        return false;
      case 'duplicate':
        await handle();
        // The client knows of one message, which is accepted.
        await handle().catch(() => {});
        return false;
      case 'late':
        waitFor(fault.milliseconds)
          // It is accepted, so that it is delivered even when the connection has ended meanwhile.
          .then(handle)
          .catch(() => {});
        return false;
      default:
        await handle();
        return false;
    }
  }

  /** For what runs in a later turn of the event loop, where nothing else would catch what it throws. */
  function guarded<Arguments extends unknown[]>(act: (...args: Arguments) => void) {
    return (...args: Arguments): void => {
      try {
        act(...args);
      } catch (cause) {
        unforeseen(cause);
      }
    };
  }

  function on(event: string, listener: (context: EventContext) => void): void {
    container.on(event, guarded(listener));
  }
  on('connection_open', () => {
    clearTimeout(openTimer);
    client.dialled = { ...client.dialled, name: connection.hostname || undefined };
  });
  on('session_open', ({ session }) => nameLinksByDirection(session!));
  on('receiver_open', ({ receiver }) => opened(receiver!));
  on('sender_open', ({ sender }) => opened(sender!));
  on('receiver_close', ({ receiver }) => forget(receiver!));
  on('sender_close', ({ sender }) => forget(sender!));
  on('session_close', ({ session }) => {
    for (const link of [...links.keys()]) if (link.session === session) forget(link);
  });
  on('message', ({ receiver, delivery, message }) => {
    receive(receiver!, delivery!, message!).catch(unforeseen);
  });
  on('sendable', ({ sender }) => sendable(sender!));
  on('sender_flow', ({ sender }) => links.get(sender!)?.messages?.creditGiven());
  // The client waits for the messages that are there now, or for the notice that there are none.
  on('sender_draining', ({ sender }) => {
    sendable(sender!, true);
    links.get(sender!)?.messages?.drained();
  });
  on('accepted', settle('accepted'));
  on('rejected', settle('rejected'));
  on('released', settle('released'));
  // Settled without an outcome: the client is done with the message.
  on('settled', settle('accepted'));
  // Without a listener, rhea would throw or write to the console.
  for (const event of ['connection_error', 'connection_close', 'session_error', 'disconnected']) {
    container.on(event, () => {});
  }
  for (const event of ['receiver_error', 'sender_error']) container.on(event, () => {});
  for (const event of ['error', 'protocol_error']) {
    container.on(event, (cause: Error) => fail(new AmqpError('framingError', cause.message)));
  }

  connection.accept(frames);
  frames.start();
}

/** Filters of a link's source, as they came. rhea would make maps of described values. */
function appliedFilters(link: Sender | Receiver, names: readonly string[]): Record<string, unknown> {
  const { filter = {} } = (link.source ?? {}) as { filter?: Record<string, unknown> };
  const applied = Object.entries(filter).filter(([name]) => names.includes(name));
  return Object.fromEntries(
    applied.map(([name, value]) => [name, typeof value === 'object' ? { toRheaTyped: () => value } : value]),
  );
}

function textOr(value: unknown, other: string): string {
  return typeof value === 'string' ? value : other;
}
