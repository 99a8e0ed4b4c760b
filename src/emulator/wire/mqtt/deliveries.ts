/** Messages to a client with QoS 1, until it acknowledges them (MQTT 3.1.1 section 4.3.2). */

/** A client that leaves so many messages unacknowledged gets no more: far more than a device's queue holds. */
const maxUnacknowledged = 1000;

export class Deliveries {
  readonly #unacknowledged = new Map<number, (() => void) | undefined>();
  #lastMessageId = 0;

  /**
   * @param delivered called when the client has it
   * @returns the packet identifier; undefined when the client has too many to acknowledge
   */
  begin(delivered: (() => void) | undefined): number | undefined {
    if (this.#unacknowledged.size >= maxUnacknowledged) return undefined;
    do this.#lastMessageId = (this.#lastMessageId % 0xffff) + 1;
    while (this.#unacknowledged.has(this.#lastMessageId));
    this.#unacknowledged.set(this.#lastMessageId, delivered);
    return this.#lastMessageId;
  }

  /** The client acknowledged a message; one that is not known says nothing. */
  acknowledge(messageId: number): void {
    const delivered = this.#unacknowledged.get(messageId);
    this.#unacknowledged.delete(messageId);
    delivered?.();
  }
}
