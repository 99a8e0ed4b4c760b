/** Writes MQTT packets to the other side: for the emulator to a client, for our clients to a server. */
import { createRequire } from 'node:module';
import type { Duplex } from 'node:stream';
import type { Packet } from 'mqtt-packet';

let library: typeof import('mqtt-packet') | undefined;

/** Loaded on demand: what uses HTTPS does not need it. With `require`, which takes half the time of an import. */
export function mqttPacket(): typeof import('mqtt-packet') {
  if (!library) {
    library = createRequire(import.meta.url)('mqtt-packet') as typeof import('mqtt-packet');
    // Else the first packet makes a buffer for each of the 65,536 numbers of packets.
    library.writeToStream.cacheNumbers = false;
  }
  return library;
}

export class PacketWriter {
  readonly #bytes: Duplex;
  readonly #full: (() => void) | undefined;
  #corked = false;

  /** @param full called when the other side does not read as fast as packets are written, until "drain" */
  constructor(bytes: Duplex, full?: () => void) {
    this.#bytes = bytes;
    this.#full = full;
  }

  /** Bytes that the other side has not read yet. */
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
    const hasRoom = this.#bytes.write(mqttPacket().generate(packet, { protocolVersion: version }), written);
    if (!hasRoom) this.#full?.();
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
