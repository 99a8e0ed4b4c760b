/**
 * One connection of an MQTT 3.1.1 client: its packets, from CONNECT to the end.
 *
 * Source: OASIS, "MQTT Version 3.1.1"; Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol" for what
 * Azure leaves out: QoS 2, retained messages, sessions that keep more than one subscription.
 */
import type { Duplex } from 'node:stream';
import type {
  IConnectPacket,
  IPublishPacket,
  ISubscribePacket,
  IUnsubscribePacket,
  Packet,
} from 'mqtt-packet';
import { PacketMeter } from '../../../dps/contract/mqtt-packet-meter.js';
import { mqttPacket, PacketWriter } from '../../../dps/contract/mqtt-packet-writer.js';
import {
  type Encounter,
  type Fault,
  type FaultSource,
  type Met,
  type Transport,
  waitFor,
} from '../faults.js';
import type { PresentedCertificates } from '../tls/presented-certificates.js';
import { unattended } from '../unattended.js';
import { Acknowledgements } from './acknowledgements.js';
import { Deliveries } from './deliveries.js';
import {
  type Candidate,
  type Connection,
  ConnectRefused,
  type ConnectRequest,
  connectReturnCode,
  type Push,
  type Refusal,
  type Reply,
  type Session,
  SessionViolation,
} from './mqtt-session.js';
import { Subscriptions } from './subscriptions.js';

export interface ClientConnectionOptions {
  /** @throws ConnectRefused */
  identify(connect: ConnectRequest): Candidate;
  certificates: PresentedCertificates;
  transport: Transport;
  /** Without it, there are none. */
  faults?: FaultSource | undefined;
  /** Resets the TCP connection. */
  reset(): void;
  /** Milliseconds that the client has to send its CONNECT. */
  connectTimeout: number;
  maxPacketBytes: number;
  refused(refusal: Refusal): void;
  /** The client is accepted, and learns it afterwards. */
  opened(candidate: Candidate): void;
  closed(): void;
}

/** A client with this many unanswered messages is not read from until some are answered. */
const maxUnanswered = 100;

/** Beyond this much that a client has not read, messages with QoS 0 are dropped. */
const maxUnsentBytes = 4 * 1024 * 1024;

/** How long a refused client has to read why. */
const lingerMs = 1000;

export class ClientConnection implements Connection {
  readonly #bytes: Duplex;
  readonly #options: ClientConnectionOptions;
  readonly #writer: PacketWriter;
  readonly #deliveries = new Deliveries();
  readonly #acknowledgements = new Acknowledgements((messageId) =>
    this.#writer.write({ cmd: 'puback', messageId }),
  );
  /** Packets that came before the client was accepted: it need not wait for CONNACK. */
  readonly #early: Packet[] = [];
  #state: 'new' | 'connecting' | 'open' | 'ended' = 'new';
  #clientId = '';
  #candidate: Candidate | undefined;
  #session: { session: Session; subscriptions: Subscriptions } | undefined;
  #will: IConnectPacket['will'];
  #timer: NodeJS.Timeout;
  #keepsAlive = false;
  #unanswered = 0;
  /** How many more packets are handled before a fault closes the connection; undefined for all. */
  #packetsLeft: number | undefined;

  constructor(bytes: Duplex, options: ClientConnectionOptions) {
    this.#bytes = bytes;
    this.#options = options;
    // A client that does not read its replies is not read from either, until "drain".
    this.#writer = new PacketWriter(bytes, () => bytes.pause());
    this.#timer = setTimeout(this.drop, options.connectTimeout);
    const meter = new PacketMeter(options.maxPacketBytes);
    const parser = mqttPacket()
      .parser({ protocolVersion: 4 })
      .on('packet', (packet) => this.#guarded('packet', () => this.#receive(packet)))
      .on('error', (error: Error) => this.#violated('packet', error));
    bytes.on('data', (chunk: Buffer) => {
      if (this.#state === 'ended') return;
      if (this.#keepsAlive) this.#timer.refresh();
      if (meter.accepts(chunk)) parser.parse(chunk);
      else this.#violated('packet', new Error(`a packet is larger than ${options.maxPacketBytes} bytes`));
    });
    bytes.on('drain', () => this.#resumeReading());
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
    const met = message.operation === undefined ? undefined : this.#meet('message', message.operation);
    if (met === undefined) {
      this.#send(message, delivered);
    } else if (met.fault?.type === 'duplicate') {
      this.#send(message, delivered);
      this.#send(message);
    } else {
      const later = met.fault?.type === 'late' ? met.fault.milliseconds : 0;
      waitFor(later)
        .then(() => this.#send(message, delivered))
        .catch((error: Error) => this.#violated('publish', error));
    }
  }

  #send({ operation: _, ...message }: Push, delivered?: () => void): void {
    if (this.#state !== 'open') return;
    const packet = { cmd: 'publish', dup: false, retain: false, ...message } as const;
    if (message.qos === 1) {
      const messageId = this.#deliveries.begin(delivered);
      if (messageId !== undefined) this.#writer.write({ ...packet, messageId });
    } else if (this.#writer.unsent <= maxUnsentBytes) {
      this.#writer.write(packet, {
        written: (error) => {
          if (!error) this.#guarded('publish', () => delivered?.());
        },
      });
    }
  }

  #receive(packet: Packet): void {
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
        certificates: this.#options.certificates,
      });
      this.#candidate = candidate;
      const met = this.#meet('connect', 'connect');
      if (met !== undefined && (await this.#suffersConnect(met))) return;
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
    this.#guarded('connect', () => {
      session.opened?.();
      for (const early of this.#early.splice(0)) this.#receive(early);
    });
    this.#resumeReading();
  }

  /** Ends the connection if something throws where nothing else would catch it: the state may be on a full disk. */
  #guarded(operation: Refusal['operation'], act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#violated(operation, error as Error);
    }
  }

  /** Section 3.1.2.10: a client that is silent for one and a half times its keep-alive is gone. */
  #keepAlive(seconds: number): void {
    clearTimeout(this.#timer);
    this.#keepsAlive = seconds > 0;
    if (seconds > 0) this.#timer = setTimeout(this.drop, seconds * 1500);
  }

  #handle(packet: Packet): void {
    if (this.#packetsLeft !== undefined) {
      if (this.#packetsLeft === 0) {
        this.#close();
        return;
      }
      this.#packetsLeft -= 1;
    }
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
      // Neither DPS nor IoT Hub supports QoS 2: they end the connection.
      if (qos === 2) throw new SessionViolation('QoS 2 is not supported');
      // Section 3.3.2.1.
      if (/[#+]/.test(topic)) throw new SessionViolation('a topic to publish to has a wildcard');
      const acknowledge = qos === 1 ? this.#acknowledgements.expect(messageId!) : undefined;
      const { session } = this.#session!;
      const publish = () => session.publish(topic, payload as Buffer, retain);
      const operation = this.#options.faults?.current && session.operationOf?.(topic);
      const met = operation === undefined ? undefined : this.#meet('request', operation);
      if (met !== undefined) return await this.#publishWith(met, topic, publish, acknowledge);
      await this.#answer(publish, acknowledge);
    } catch (error) {
      this.#violated('publish', error as Error);
    }
  }

  /** Handles a message, sends the reply, and acknowledges the message. */
  async #answer(
    handle: () => Reply | undefined | Promise<Reply | undefined>,
    acknowledge: (() => void) | undefined,
  ): Promise<void> {
    const answer = handle();
    const reply = answer instanceof Promise ? await this.#awaitReply(answer) : answer;
    if (this.#state !== 'open') return;
    if (reply && this.#session!.subscriptions.has(reply.topic)) {
      this.#writer.write({ cmd: 'publish', qos: 0, dup: false, retain: false, ...reply });
    }
    acknowledge?.();
  }

  /** @throws SessionViolation, like {@link #answer} */
  async #publishWith(
    { delay, fault }: Met,
    topic: string,
    publish: () => Reply | undefined | Promise<Reply | undefined>,
    acknowledge: (() => void) | undefined,
  ): Promise<void> {
    const { session } = this.#session!;
    await this.#awaitReply(waitFor(delay));
    if (this.#state !== 'open') return;
    switch (fault?.type) {
      case 'status': {
        const reply = await session.refuse?.(topic, fault.error);
        // MQTT 3.1.1 has no other way to refuse a message.
        if (reply === undefined) this.#close();
        else await this.#answer(() => reply, acknowledge);
        return;
      }
      case 'reset':
      case 'disconnect':
        if (fault.type === 'disconnect' || fault.effect === 'after') await publish();
        return this.#cut(fault);
      case 'assigning':
        return this.#answer(() => session.publishAssigning?.(topic), acknowledge);
      case 'duplicate':
        await this.#answer(publish, undefined);
        return this.#answer(publish, acknowledge);
      case 'late':
        acknowledge?.();
        await waitFor(fault.milliseconds);
        // It is acknowledged, so that it is delivered even when the connection has ended meanwhile.
        return this.#answer(publish, undefined);
      default:
        return this.#answer(publish, acknowledge);
    }
  }

  /** @returns whether the connection ends */
  async #suffersConnect({ delay, fault }: Met): Promise<boolean> {
    await waitFor(delay);
    if (this.#bytes.destroyed) return true;
    if (fault?.type === 'status') {
      const { status, message } = fault.error;
      const isRefusal = status === 401 || status === 403;
      this.#refuse(new ConnectRefused(isRefusal ? 'notAuthorized' : 'serverUnavailable', message));
      return true;
    }
    if (fault?.type === 'disconnect' && typeof fault.after === 'number') {
      this.#packetsLeft = fault.after;
      return false;
    }
    if (fault === undefined) return false;
    this.#cut(fault);
    return true;
  }

  #meet(kind: Encounter['kind'], operation: string): Met | undefined {
    const { faults, transport } = this.#options;
    if (faults?.current === undefined || this.#candidate === undefined) return undefined;
    const { plane, id } = this.#candidate;
    return faults.current.meet({ kind, plane, transport, operation, id });
  }

  /** Ends the connection as a fault asks. */
  #cut(fault: Fault): void {
    if (fault.type === 'reset') {
      this.#state = 'ended';
      this.#options.reset();
    } else this.#close();
  }

  /** Closes the connection without an answer. */
  #close(): void {
    this.#will = undefined;
    this.#end();
  }

  async #awaitReply<Result>(answer: Promise<Result>): Promise<Result> {
    this.#unanswered += 1;
    if (this.#unanswered >= maxUnanswered) this.#bytes.pause();
    try {
      return await answer;
    } finally {
      this.#unanswered -= 1;
      this.#resumeReading();
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

  #resumeReading(): void {
    const mayRead =
      this.#state === 'open' && this.#unanswered < maxUnanswered && !this.#bytes.writableNeedDrain;
    if (mayRead) this.#bytes.resume();
  }

  #refuse(error: Error): void {
    const returnCode = error instanceof ConnectRefused ? error.returnCode : connectReturnCode.notAuthorized;
    this.#reportRefusal('connect', error.message);
    this.#writer.write({ cmd: 'connack', returnCode, sessionPresent: false });
    this.#end();
  }

  /** MQTT 5.0, section 3.1.2.2: refused in the client's own version, since it may not understand 3.1.1. */
  #refuseVersion5(): void {
    this.#reportRefusal('connect', 'MQTT 5 is not spoken here, 3.1.1 is');
    this.#writer.write({ cmd: 'connack', reasonCode: 0x84, sessionPresent: false }, { version: 5 });
    this.#end();
  }

  #violated(operation: Refusal['operation'], error: Error): void {
    if (this.#state === 'ended') return;
    this.#reportRefusal(operation, error.message);
    this.drop();
  }

  #reportRefusal(operation: Refusal['operation'], reason: string): void {
    this.#options.refused({ operation, clientId: this.#clientId, candidate: this.#candidate, reason });
  }

  /** Ends the connection once the client has had time to read what was written last. */
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
    const will = this.#will;
    if (will) unattended(() => session?.will?.(will.topic, will.payload as Buffer))();
    unattended(() => session?.closed?.())();
    this.#options.closed();
  }
}
