/** Writes packets to a client. */
import type { Duplex } from 'node:stream';
import mqttPacket, { type Packet } from 'mqtt-packet';

// Else the first packet makes a buffer for each of the 65,536 numbers of packets.
mqttPacket.writeToStream.cacheNumbers = false;

export class PacketWriter {
  readonly #bytes: Duplex;
  #corked = false;

  constructor(bytes: Duplex) {
    this.#bytes = bytes;
  }

  /** Bytes that the client has not read yet. */
  get unsent(): number {
    return this.#bytes.writableLength;
  }

  /**
   * Writes a packet, unless the connection has ended.
   *
   * @param written called when the packet has been sent, with an error when it could not be
   */
  write(
    packet: Packet,
    { version = 4, written }: { version?: 4 | 5; written?: (error?: Error | null) => void } = {},
  ): void {
    if (this.#bytes.destroyed || this.#bytes.writableEnded) return;
    this.#cork();
    const hasRoom = this.#bytes.write(mqttPacket.generate(packet, { protocolVersion: version }), written);
    // A client that does not read its replies is not read from either, until "drain".
    if (!hasRoom) this.#bytes.pause();
  }

  /** Sends what is written in one turn of the event loop in one piece: CONNACK, SUBACK and the first reply, say. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#bytes.cork();
    setImmediate(() => {
      this.#corked = false;
      this.#bytes.uncork();
    });
  }
}
