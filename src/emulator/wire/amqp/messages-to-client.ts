/** The messages of one link to a client: those that wait until the client takes them, and those that it has not settled. */
import { randomBytes } from 'node:crypto';
import type { Delivery, Message, Sender } from 'rhea';
import { SenderCredit } from './link-credit.js';
import type { Outcome, OutgoingMessage } from './node.js';

type Settled = (outcome: Outcome) => void;

/** How many messages wait for a client that gives no credit for them. */
const maxWaiting = 20;

/** OASIS, AMQP 1.0 part 2 section 2.8.2: the receiver asks for messages that it need not settle. */
const settledMode = 1;

/** As rhea keeps the two attach frames of a link. */
type AttachedSender = Sender & { snd_settle_mode?: number; local: { attach: { snd_settle_mode?: number } } };

export class MessagesToClient {
  readonly #sender: Sender;
  readonly #credit: SenderCredit;
  /** Whether the client settles nothing: a message counts as accepted once it is sent. */
  readonly #areSettled: boolean;
  /** Callbacks for what the client does with each message. */
  readonly #unsettled = new Map<Delivery, Settled>();
  /** Clients send requests before they give credit for the replies. */
  #waiting: { message: OutgoingMessage; settled: Settled | undefined }[] = [];
  #ended = false;

  /**
   * Create it while rhea answers the client's attach frame.
   *
   * @param sendsSettled whether messages are settled even if the client does not ask for it
   */
  constructor(sender: Sender, sendsSettled = false) {
    this.#sender = sender;
    this.#credit = new SenderCredit(sender);
    const { local, snd_settle_mode } = sender as AttachedSender;
    this.#areSettled = sendsSettled || snd_settle_mode === settledMode;
    if (this.#areSettled) local.attach.snd_settle_mode = settledMode;
  }

  /** Whether the client gets a message as soon as it is sent. */
  get takes(): boolean {
    if (this.#ended || this.#waiting.length > 0) return false;
    return this.#sender.is_open() && this.#sender.sendable() && this.#credit.left > 0;
  }

  /** How many messages have been sent and not been written yet. */
  get backlog(): number {
    return this.#credit.unwritten;
  }

  /** @returns false when too many messages wait already */
  send(message: OutgoingMessage, settled?: Settled): boolean {
    if (this.#ended) return false;
    if (!this.takes) {
      if (this.#waiting.length >= maxWaiting) return false;
      this.#waiting.push({ message, settled });
      return true;
    }
    // The SDK for C# reads the tag as a UUID, and settles the message by it.
    const delivery = this.#sender.send(message as unknown as Message, randomBytes(16));
    this.#credit.used();
    if (this.#areSettled) settled?.('accepted');
    else if (settled) this.#unsettled.set(delivery, settled);
    return true;
  }

  /** Sends the messages that wait, as far as the client takes them. */
  sendWaiting(): void {
    for (const { message, settled } of this.#waiting.splice(0)) this.send(message, settled);
  }

  /** The client gave credit. */
  creditGiven(): void {
    this.#credit.given();
  }

  /** The client drains its link: it gets the notice that there are no more messages. */
  drained(): void {
    this.#credit.giveBack();
  }

  settle(delivery: Delivery, outcome: Outcome): void {
    const settled = this.#unsettled.get(delivery);
    this.#unsettled.delete(delivery);
    settled?.(outcome);
  }

  /** The link has ended; what the client has not settled is dropped. */
  end(): void {
    this.#ended = true;
    for (const settled of this.#unsettled.values()) settled('dropped');
    for (const { settled } of this.#waiting) settled?.('dropped');
    this.#unsettled.clear();
    this.#waiting = [];
  }
}
