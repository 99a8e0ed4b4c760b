/**
 * Limits the size of MQTT packets before the parser collects them: it would take up to 256 MB of memory for a packet of
 * anyone who is connected. Follows the fixed headers in a stream of packets: one byte, then the remaining length (MQTT
 * 3.1.1 section 2.2).
 */
export class PacketMeter {
  readonly #maxBytes: number;
  #toSkip = 0;
  /** The length read so far, and the weight of its next byte; weight 0 means that the first byte of a packet is next. */
  #length = 0;
  #weight = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** False when a packet of this chunk announces a length above the limit. */
  accepts(chunk: Buffer): boolean {
    let position = 0;
    while (position < chunk.length) {
      if (this.#toSkip > 0) {
        const skipped = Math.min(this.#toSkip, chunk.length - position);
        this.#toSkip -= skipped;
        position += skipped;
      } else if (this.#weight === 0) {
        this.#weight = 1;
        this.#length = 0;
        position += 1;
      } else {
        const byte = chunk[position]!;
        this.#length += (byte & 0x7f) * this.#weight;
        this.#weight *= 0x80;
        position += 1;
        if (this.#length > this.#maxBytes) return false;
        if (byte < 0x80) {
          this.#toSkip = this.#length;
          this.#weight = 0;
        } else if (this.#weight > 0x80 ** 3) {
          return false;
        }
      }
    }
    return true;
  }
}
