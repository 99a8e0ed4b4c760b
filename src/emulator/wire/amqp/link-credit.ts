/**
 * How many messages a client takes on a link. rhea counts a message when it writes it, which is later than it is told to
 * send it; and one that it has no credit for holds up all links of the session.
 *
 * Source: OASIS, AMQP 1.0 part 2 section 2.6.7 (flow control).
 */
import type { Sender } from 'rhea';

/** The counters of a link of rhea. */
type Counted = Sender & { credit: number; delivery_count: number };

export class SenderCredit {
  readonly #sender: Counted;
  /** What rhea's count will be when it has written all that it was told to send. */
  #told = 0;

  constructor(sender: Sender) {
    this.#sender = sender as Counted;
  }

  get left(): number {
    return this.#sender.credit - this.#unwritten;
  }

  get #unwritten(): number {
    return this.#told - this.#sender.delivery_count;
  }

  /** To be called when the client has said how much it takes: less than nothing, when messages are on their way. */
  given(): void {
    this.#sender.credit = Math.max(this.#sender.credit, 0);
  }

  /** To be called for each message that rhea is told to send. */
  used(): void {
    this.#told += 1;
  }

  /** Tells a client that drains its link that nothing more comes. */
  giveBack(): void {
    const sender = this.#sender;
    const [left, unwritten] = [this.left, this.#unwritten];
    if (!(left > 0)) return;
    // rhea counts down one by one what it has, so it gets the last one only. The count is one of 32 bits.
    sender.delivery_count = ((sender.delivery_count + left) >>> 0) - 1;
    sender.credit -= left - 1;
    this.#told = sender.delivery_count + 1 + unwritten;
    sender.set_drained(true);
  }
}
