/**
 * One connection of an MQTT 3.1.1 client: its packets, from CONNECT to the end.
 *
 * Source: OASIS, "MQTT Version 3.1.1"; Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol" for what
 * Azure leaves out of it: QoS 2, retained messages, sessions that keep more than one subscription.
 */
import type { Duplex } from 'node:stream';
import mqttPacket, {
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type IUnsubscribePacket,
  type Packet,
} from 'mqtt-packet';
import { Acknowledgements } from './acknowledgements.js';
import { Deliveries } from './deliveries.js';
import { PacketMeter } from './packet-limit.js';
import { PacketWriter } from './packet-writer.js';
import {
  type Candidate,
  type Connection,
  ConnectRefused,
  type ConnectRequest,
  connectReturnCode,
  type Push,
  type Reply,
  type Session,
  SessionViolation,
} from './session.js';
import type { Refusal } from './session-layer.js';
import { Subscriptions } from './subscriptions.js';

export interface ClientConnectionOptions {
  /** @throws ConnectRefused */
  identify(connect: ConnectRequest): Candidate;
  /** What the client presented in the TLS handshake: DER, leaf first. */
  chain(): Buffer[];
  /** Milliseconds in which the client has to send its CONNECT. */
  connectTimeout: number;
  maxPacketBytes: number;
  refused(refusal: Refusal): void;
  /** The client is let in, and is told so after this. */
  opened(candidate: Candidate): void;
  closed(): void;
}

/** A client whose messages are answered slower than it sends them is not read from meanwhile. */
const maxUnanswered = 100;

/** What a client does not read is not gathered without end: beyond this, messages that may be lost are. */
const maxUnsentBytes = 4 * 1024 * 1024;

/** How long a client that was refused has to read why. */
const lingerMs = 1000;

export class ClientConnection implements Connection {
  readonly #bytes: Duplex;
  readonly #options: ClientConnectionOptions;
  readonly #writer: PacketWriter;
  readonly #deliveries = new Deliveries();
  readonly #acknowledgements = new Acknowledgements((messageId) =>
    this.#writer.write({ cmd: 'puback', messageId }),
  );
  /** What came before the client was let in: it need not wait for CONNACK. */
  readonly #early: Packet[] = [];
  #state: 'new' | 'connecting' | 'open' | 'ended' = 'new';
  #clientId = '';
  #candidate: Candidate | undefined;
  #session: { session: Session; subscriptions: Subscriptions } | undefined;
  #will: IConnectPacket['will'];
  #timer: NodeJS.Timeout;
  #keepsAlive = false;
  #unanswered = 0;

  constructor(bytes: Duplex, options: ClientConnectionOptions) {
    this.#bytes = bytes;
    this.#options = options;
    this.#writer = new PacketWriter(bytes);
    this.#timer = setTimeout(this.drop, options.connectTimeout);
    const meter = new PacketMeter(options.maxPacketBytes);
    const parser = mqttPacket
      .parser({ protocolVersion: 4 })
      .on('packet', (packet) => this.#take(packet))
      .on('error', (error: Error) => this.#violated('packet', error));
    bytes.on('data', (chunk: Buffer) => {
      if (this.#state === 'ended') return;
      if (this.#keepsAlive) this.#timer.refresh();
      if (meter.accepts(chunk)) parser.parse(chunk);
      else this.#violated('packet', new Error(`a packet is larger than ${options.maxPacketBytes} bytes`));
    });
    bytes.on('drain', () => this.#readOn());
    bytes.once('close', () => this.#closed());
    bytes.on('error', this.drop);
    bytes.on('end', this.drop);
    bytes.resume();
  }

  readonly drop = (): void => {
    this.#state = 'ended';
    this.#bytes.destroy();
  };

  send(message: Push, delivered?: () => void): void {
    if (this.#state !== 'open') return;
    const packet = { cmd: 'publish', dup: false, retain: false, ...message } as const;
    if (message.qos === 1) {
      const messageId = this.#deliveries.begin(delivered);
      if (messageId !== undefined) this.#writer.write({ ...packet, messageId });
    } else if (this.#writer.unsent <= maxUnsentBytes) {
      this.#writer.write(packet, {
        written: (error) => {
          if (!error) delivered?.();
        },
      });
    }
  }

  #take(packet: Packet): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'connecting') {
      this.#early.push(packet);
    } else if (packet.cmd === 'connect') {
      if (this.#state === 'new') this.#connect(packet);
      else this.#violated('packet', new SessionViolation('a second CONNECT'));
    } else if (this.#state === 'new') {
      this.#violated('packet', new SessionViolation(`the first packet is ${packet.cmd}, not CONNECT`));
    } else {
      this.#handle(packet);
    }
  }

  async #connect(packet: IConnectPacket): Promise<void> {
    if (packet.protocolVersion === 5) return this.#refuseVersion5();
    this.#state = 'connecting';
    this.#bytes.pause();
    this.#clientId = packet.clientId;
    try {
      const candidate = this.#options.identify({
        clientId: packet.clientId,
        userName: packet.username ?? '',
        password: packet.password?.toString(),
        clean: packet.clean ?? true,
        chain: this.#options.chain(),
      });
      this.#candidate = candidate;
      const session = await candidate.open(this);
      if (this.#bytes.destroyed) {
        session.closed?.();
        return;
      }
      this.#session = { session, subscriptions: new Subscriptions(session) };
      this.#options.opened(candidate);
    } catch (error) {
      this.#refuse(error as Error);
      return;
    }
    this.#state = 'open';
    this.#will = packet.will;
    this.#keepAlive(packet.keepalive ?? 0);
    const { session } = this.#session;
    const sessionPresent = (session.restored ?? []).length > 0;
    this.#writer.write({ cmd: 'connack', returnCode: 0, sessionPresent });
    session.opened?.();
    for (const early of this.#early.splice(0)) this.#take(early);
    this.#readOn();
  }

  /** Section 3.1.2.10: a client that is silent for half as long again as it said is gone. */
  #keepAlive(seconds: number): void {
    clearTimeout(this.#timer);
    this.#keepsAlive = seconds > 0;
    if (seconds > 0) this.#timer = setTimeout(this.drop, seconds * 1500);
  }

  #handle(packet: Packet): void {
    switch (packet.cmd) {
      case 'publish':
        this.#publish(packet);
        break;
      case 'subscribe':
        this.#subscribe(packet);
        break;
      case 'unsubscribe':
        this.#unsubscribe(packet);
        break;
      case 'puback':
        this.#deliveries.acknowledge(packet.messageId!);
        break;
      case 'pingreq':
        this.#writer.write({ cmd: 'pingresp' });
        break;
      case 'disconnect':
        this.#will = undefined;
        this.#end();
        break;
      default:
        this.#violated('packet', new SessionViolation(`${packet.cmd} is not a client's to send`));
    }
  }

  async #publish({ topic, payload, qos, messageId, retain }: IPublishPacket): Promise<void> {
    try {
      // Neither DPS nor IoT Hub takes QoS 2: they end the connection.
      if (qos === 2) throw new SessionViolation('QoS 2 is not supported');
      // Section 3.3.2.1.
      if (/[#+]/.test(topic)) throw new SessionViolation('a topic to publish to has a wildcard');
      const acknowledge = qos === 1 ? this.#acknowledgements.expect(messageId!) : undefined;
      const { session, subscriptions } = this.#session!;
      const answer = session.publish(topic, payload as Buffer, retain);
      const reply = answer instanceof Promise ? await this.#awaited(answer) : answer;
      if (this.#state !== 'open') return;
      if (reply && subscriptions.has(reply.topic)) {
        this.#writer.write({ cmd: 'publish', qos: 0, dup: false, retain: false, ...reply });
      }
      acknowledge?.();
    } catch (error) {
      this.#violated('publish', error as Error);
    }
  }

  async #awaited(answer: Promise<Reply | undefined>): Promise<Reply | undefined> {
    this.#unanswered += 1;
    if (this.#unanswered >= maxUnanswered) this.#bytes.pause();
    try {
      return await answer;
    } finally {
      this.#unanswered -= 1;
      this.#readOn();
    }
  }

  #subscribe({ messageId, subscriptions }: ISubscribePacket): void {
    try {
      this.#session!.subscriptions.add(subscriptions, (granted) =>
        this.#writer.write({ cmd: 'suback', messageId: messageId!, granted }),
      );
    } catch (error) {
      this.#violated('subscribe', error as Error);
    }
  }

  #unsubscribe({ messageId, unsubscriptions }: IUnsubscribePacket): void {
    this.#session!.subscriptions.remove(unsubscriptions);
    this.#writer.write({ cmd: 'unsuback', messageId: messageId!, granted: [] });
  }

  #readOn(): void {
    const mayRead =
      this.#state === 'open' && this.#unanswered < maxUnanswered && !this.#bytes.writableNeedDrain;
    if (mayRead) this.#bytes.resume();
  }

  #refuse(error: Error): void {
    const returnCode = error instanceof ConnectRefused ? error.returnCode : connectReturnCode.notAuthorized;
    this.#note('connect', error.message);
    this.#writer.write({ cmd: 'connack', returnCode, sessionPresent: false });
    this.#end();
  }

  /** MQTT 5.0, section 3.1.2.2: told in its own words, since it may not understand ours. */
  #refuseVersion5(): void {
    this.#note('connect', 'MQTT 5 is not spoken here, 3.1.1 is');
    this.#writer.write({ cmd: 'connack', reasonCode: 0x84, sessionPresent: false }, { version: 5 });
    this.#end();
  }

  #violated(operation: Refusal['operation'], error: Error): void {
    if (this.#state === 'ended') return;
    this.#note(operation, error.message);
    this.drop();
  }

  #note(operation: Refusal['operation'], reason: string): void {
    this.#options.refused({ operation, clientId: this.#clientId, candidate: this.#candidate, reason });
  }

  /** Lets the client read what was written last. */
  #end(): void {
    this.#state = 'ended';
    if (this.#bytes.destroyed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.drop, lingerMs);
    this.#bytes.resume();
    this.#bytes.end();
  }

  #closed(): void {
    this.#state = 'ended';
    clearTimeout(this.#timer);
    const session = this.#session?.session;
    if (this.#will) session?.will?.(this.#will.topic, this.#will.payload as Buffer);
    session?.closed?.();
    this.#options.closed();
  }
}
