/** Packets to a client. */
import type { Duplex } from 'node:stream';
import mqttPacket, { type Packet } from 'mqtt-packet';

export class PacketWriter {
  readonly #bytes: Duplex;
  #corked = false;

  constructor(bytes: Duplex) {
    this.#bytes = bytes;
  }

  /** Octets that the client has not read yet. */
  get unsent(): number {
    return this.#bytes.writableLength;
  }

  /**
   * Writes nothing when the connection has ended.
   *
   * @param written called when it is on its way, with an error when it will not be
   */
  write(
    packet: Packet,
    { version = 4, written }: { version?: 4 | 5; written?: (error?: Error | null) => void } = {},
  ): void {
    if (this.#bytes.destroyed || this.#bytes.writableEnded) return;
    this.#cork();
    const goesOn = this.#bytes.write(mqttPacket.generate(packet, { protocolVersion: version }), written);
    // A client that does not read what it is told is not listened to either, until "drain".
    if (!goesOn) this.#bytes.pause();
  }

  /** What is written in one turn goes out in one piece: CONNACK, SUBACK and the first answer, say. */
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
