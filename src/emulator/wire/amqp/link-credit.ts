/**
 * How many messages a client takes on a link. rhea counts a message when it writes it, which is later than the call that
 * sends it; and a message without credit would hold up all links of the session.
 *
 * Source: OASIS, AMQP 1.0 part 2 section 2.6.7 (flow control).
 */
import type { Sender } from 'rhea';

/** The counters of rhea's links. */
type Counted = Sender & { credit: number; delivery_count: number };

export class SenderCredit {
  readonly #sender: Counted;
  /** What rhea's count will be once it has written every message that it was given. */
  #sent = 0;

  constructor(sender: Sender) {
    this.#sender = sender as Counted;
  }

  get left(): number {
    return this.#sender.credit - this.unwritten;
  }

  /** How many messages rhea has not written yet. */
  get unwritten(): number {
    return this.#sent - this.#sender.delivery_count;
  }

  /** Call it when the client has given credit, which can be negative while messages are on their way. */
  given(): void {
    this.#sender.credit = Math.max(this.#sender.credit, 0);
  }

  /** Call it for each message that rhea is given. */
  used(): void {
    this.#sent += 1;
  }

  /** Tells a client that drains its link that no more messages come. */
  giveBack(): void {
    const sender = this.#sender;
    const [left, unwritten] = [this.left, this.unwritten];
    if (!(left > 0)) return;
    // rhea counts down the credit one by one, so it is left with the last one only. The count has 32 bits.
    sender.delivery_count = ((sender.delivery_count + left) >>> 0) - 1;
    sender.credit -= left - 1;
    this.#sent = sender.delivery_count + 1 + unwritten;
    sender.set_drained(true);
  }
}
