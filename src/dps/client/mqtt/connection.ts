/**
 * The packets of an MQTT 3.1.1 client over a connection: without sessions that outlive it, QoS 2 or a last will.
 *
 * Source: OASIS, "MQTT Version 3.1.1".
 */
import type { Duplex } from 'node:stream';
import type { IPublishPacket, Packet } from 'mqtt-packet';
import { mqttPacket, PacketWriter } from '../../contract/mqtt-packet-writer.js';
import { connectionReset } from '../transport-failure.js';

export interface MqttHandlers {
  onPublication(topic: string, payload: Buffer): void;
  /**
   * Called once when the connection ends, also after {@link MqttConnection.disconnect}.
   *
   * @param reason makes the error; its `code` is a text for a lost connection, and the return code of a CONNACK that refuses the
   *   client
   */
  onEnd(reason: () => Error): void;
}

export interface ConnectOptions {
  clientId: string;
  userName: string;
  keepAliveSeconds: number;
}

/** The return code of a subscription that the server rejects (section 3.9.3). */
export const rejectedSubscription = 0x80;

const maxPacketId = 0xffff;

export class MqttConnection {
  readonly #bytes: Duplex;
  readonly #writer: PacketWriter;
  readonly #handlers: MqttHandlers;
  /** What waits for SUBACK or PUBACK, by the packet's identifier; called with the return code of a subscription. */
  readonly #unacknowledged = new Map<number, (returnCode: number) => void>();
  #packetId = 0;
  #connected: (() => void) | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #isPinging = false;
  #hasEnded = false;

  /** @param bytes may still be connecting */
  constructor(bytes: Duplex, handlers: MqttHandlers) {
    this.#bytes = bytes;
    this.#writer = new PacketWriter(bytes);
    this.#handlers = handlers;
    const parser = mqttPacket()
      .parser({ protocolVersion: 4 })
      .on('packet', (packet) => this.#receive(packet))
      .on('error', (error: Error) => this.destroy(error));
    bytes.on('data', (chunk: Buffer) => {
      if (!bytes.destroyed) parser.parse(chunk);
    });
    bytes.on('error', (error) => this.#end(() => error));
    bytes.once('close', () => this.#end(connectionReset));
  }

  /** @param connected called when the server accepts the client */
  connect({ clientId, userName, keepAliveSeconds }: ConnectOptions, connected: () => void): void {
    this.#connected = connected;
    this.#write({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId,
      username: userName,
      keepalive: keepAliveSeconds,
    });
    this.#keepAlive = setTimeout(() => this.#ping(), keepAliveSeconds * 1000);
  }

  /**
   * Subscribes with QoS 1.
   *
   * @param acknowledged called with the QoS that the server grants, or {@link rejectedSubscription}
   */
  subscribe(topic: string, acknowledged: (returnCode: number) => void): void {
    const messageId = this.#expect(acknowledged);
    this.#write({ cmd: 'subscribe', messageId, subscriptions: [{ topic, qos: 1 }] });
  }

  /** Publishes with QoS 1. */
  publish(topic: string, payload: string, acknowledged: () => void): void {
    const messageId = this.#expect(acknowledged);
    this.#write({ cmd: 'publish', messageId, topic, payload, qos: 1, dup: false, retain: false });
  }

  /** Says goodbye, and ends the connection once that is written. */
  disconnect(): void {
    this.#write({ cmd: 'disconnect' });
    this.#bytes.end();
  }

  /** Ends the connection at once. */
  destroy(error?: Error): void {
    this.#end(() => error ?? connectionReset());
    this.#bytes.destroy();
  }

  /** Whether nothing more comes and goes over it. */
  get isClosed(): boolean {
    return this.#bytes.closed;
  }

  onceClosed(listener: () => void): void {
    this.#bytes.once('close', listener);
  }

  #receive(packet: Packet): void {
    if (this.#hasEnded) return;
    switch (packet.cmd) {
      case 'connack': {
        const code = packet.returnCode ?? 0;
        if (code === 0) this.#connected?.();
        else this.destroy(Object.assign(new Error(`CONNACK with return code ${code}`), { code }));
        break;
      }
      case 'suback':
        this.#acknowledge(packet.messageId, Number(packet.granted[0]));
        break;
      case 'puback':
        this.#acknowledge(packet.messageId, 0);
        break;
      case 'publish':
        this.#deliver(packet);
        break;
      case 'pingresp':
        this.#isPinging = false;
        break;
      default:
        this.destroy(new Error(`the server sent ${packet.cmd}`));
    }
  }

  #deliver({ topic, payload, qos, messageId }: IPublishPacket): void {
    this.#handlers.onPublication(topic, payload as Buffer);
    if (qos === 1) this.#write({ cmd: 'puback', messageId: messageId! });
  }

  /** The identifier of a packet that the server acknowledges. */
  #expect(acknowledged: (returnCode: number) => void): number {
    do this.#packetId = (this.#packetId % maxPacketId) + 1;
    while (this.#unacknowledged.has(this.#packetId));
    this.#unacknowledged.set(this.#packetId, acknowledged);
    return this.#packetId;
  }

  #acknowledge(packetId: number | undefined, returnCode: number): void {
    const acknowledged = this.#unacknowledged.get(packetId ?? 0);
    this.#unacknowledged.delete(packetId ?? 0);
    acknowledged?.(returnCode);
  }

  /** Section 3.1.2.10: a server that does not answer within the time of the keep-alive is gone. */
  #ping(): void {
    if (this.#isPinging) {
      this.destroy(Object.assign(new Error('no answer to PINGREQ'), { code: 'ETIMEDOUT' }));
      return;
    }
    this.#isPinging = true;
    this.#write({ cmd: 'pingreq' });
  }

  #write(packet: Packet): void {
    if (this.#hasEnded) return;
    this.#writer.write(packet);
    this.#keepAlive?.refresh();
  }

  #end(reason: () => Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#keepAlive);
    this.#handlers.onEnd(reason);
  }
}
