/** The messages of one link to a client: those that wait until it takes them, and those that it has not settled. */
import { randomBytes } from 'node:crypto';
import type { Delivery, Message, Sender } from 'rhea';
import { SenderCredit } from './link-credit.js';
import type { Outcome } from './node.js';

type Settled = (outcome: Outcome) => void;

/** Messages for a client that has not said that it takes them. */
const maxWaiting = 20;

/** OASIS, AMQP 1.0 part 2 section 2.8.2: a receiver asks for messages that it need not settle. */
const settledMode = 1;

/** As rhea keeps the two attach frames of a link. */
type AttachedSender = Sender & { snd_settle_mode?: number; local: { attach: { snd_settle_mode?: number } } };

export class MessagesToClient {
  readonly #sender: Sender;
  readonly #credit: SenderCredit;
  /** Whether the client settles nothing: what is sent is the client's, whatever becomes of it on the way. */
  readonly #areSettled: boolean;
  /** Who waits for what the client does with a message. */
  readonly #unsettled = new Map<Delivery, Settled>();
  /** Clients ask before they say that they take answers. */
  #waiting: { message: Message; settled: Settled | undefined }[] = [];
  #ended = false;

  /** To be made while the client's attach frame is answered. */
  constructor(sender: Sender) {
    this.#sender = sender;
    this.#credit = new SenderCredit(sender);
    const { local, snd_settle_mode } = sender as AttachedSender;
    this.#areSettled = snd_settle_mode === settledMode;
    if (this.#areSettled) local.attach.snd_settle_mode = settledMode;
  }

  /** Whether the client would get a message now. */
  get takes(): boolean {
    if (this.#ended || this.#waiting.length > 0) return false;
    return this.#sender.is_open() && this.#sender.sendable() && this.#credit.left > 0;
  }

  /** @returns false when too many wait already */
  send(message: Message, settled?: Settled): boolean {
    if (this.#ended) return false;
    if (!this.takes) return this.#waiting.length < maxWaiting && this.#waiting.push({ message, settled }) > 0;
    // The SDK for C# reads the tag as a UUID, by which it settles the message.
    const delivery = this.#sender.send(message, randomBytes(16));
    this.#credit.used();
    if (this.#areSettled) settled?.('accepted');
    else if (settled) this.#unsettled.set(delivery, settled);
    return true;
  }

  /** Sends what waits, as far as the client takes it. */
  sendWaiting(): void {
    for (const { message, settled } of this.#waiting.splice(0)) this.send(message, settled);
  }

  /** The client gave credit. */
  creditGiven(): void {
    this.#credit.given();
  }

  /** The client waits for what was there, or for word that there is nothing more. */
  drained(): void {
    this.#credit.giveBack();
  }

  settle(delivery: Delivery, outcome: Outcome): void {
    const settled = this.#unsettled.get(delivery);
    this.#unsettled.delete(delivery);
    settled?.(outcome);
  }

  /** The link has ended, and with it what the client has not settled. */
  end(): void {
    this.#ended = true;
    for (const settled of this.#unsettled.values()) settled('dropped');
    for (const { settled } of this.#waiting) settled?.('dropped');
    this.#unsettled.clear();
    this.#waiting = [];
  }
}
