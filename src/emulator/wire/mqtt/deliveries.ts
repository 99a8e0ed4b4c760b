/** Messages to a client with QoS 1, until it acknowledges them (MQTT 3.1.1 section 4.3.2). */

/** A client with this many unacknowledged messages gets no more: far more than a device's queue holds. */
const maxUnacknowledged = 1000;

export class Deliveries {
  readonly #unacknowledged = new Map<number, (() => void) | undefined>();
  #lastMessageId = 0;

  /**
   * @param delivered called when the client has acknowledged the message
   * @returns the packet identifier; undefined when too many messages are unacknowledged
   */
  begin(delivered: (() => void) | undefined): number | undefined {
    if (this.#unacknowledged.size >= maxUnacknowledged) return undefined;
    do this.#lastMessageId = (this.#lastMessageId % 0xffff) + 1;
    while (this.#unacknowledged.has(this.#lastMessageId));
    this.#unacknowledged.set(this.#lastMessageId, delivered);
    return this.#lastMessageId;
  }

  /** The client acknowledged a message; an unknown identifier is ignored. */
  acknowledge(messageId: number): void {
    const delivered = this.#unacknowledged.get(messageId);
    this.#unacknowledged.delete(messageId);
    delivered?.();
  }
}
