/** What DPS and the hub have in common over AMQP: nodes that a client attaches links to. */
import type { Message } from 'rhea';
import type { AmqpError } from './amqp-error.js';

/** Who is at the other end of a connection. */
export interface AmqpClient {
  /** What it presented in the TLS handshake: DER, leaf first; empty when nothing. */
  chain: Buffer[];
  /** What it gave for SASL PLAIN; undefined when it gave nothing. */
  plain: { userName: string; password: string } | undefined;
  /** What its open frame calls the host; undefined before that, and when it names none. */
  hostName: string | undefined;
}

/** What a client did with a message; `dropped` when its link ended before it said so. */
export type Outcome = 'accepted' | 'rejected' | 'released' | 'dropped';

/** A link to a client, for the node that it is attached to. */
export interface Link {
  /** Whether the client takes a message now. */
  takes(): boolean;
  /**
   * Sends a message to the client.
   * @param settled told once what the client did with it
   * @returns false when too many messages wait until the client takes one
   * @throws TypeError when the message cannot be encoded
   */
  send(message: Message, settled?: (outcome: Outcome) => void): boolean;
  close(error: AmqpError): void;
}

export interface AttachRequest {
  address: string;
  /** Where messages go. */
  direction: 'from-client' | 'to-client';
  /** Of the attach frame. */
  properties: Record<string, unknown>;
  link: Link;
}

/** What a node does with a link. */
export interface Attached {
  /** How many messages the client may send before the first of them is done with. */
  credit?: number;
  /**
   * Does what a message asks for; it is accepted after this, so what it stores is stored by then.
   * @throws AmqpError which rejects the message
   */
  receive?(message: Message, format: number): void | Promise<void>;
  /** The client takes messages again. */
  sendable?(): void;
  closed?(): void;
}

/** The nodes of one connection. */
export interface Nodes {
  /** @throws AmqpError which refuses the link */
  attach(request: AttachRequest): Attached | Promise<Attached>;
}

/** A link before the client's attach frame is answered: nodes hold on to it from the beginning. */
export class PendingLink implements Link {
  #link: Link | undefined;
  #closed: AmqpError | undefined;

  opened(link: Link): void {
    this.#link = link;
    if (this.#closed) link.close(this.#closed);
  }

  takes(): boolean {
    return this.#link?.takes() ?? false;
  }

  send(message: Message, settled?: (outcome: Outcome) => void): boolean {
    return this.#link?.send(message, settled) ?? false;
  }

  close(error: AmqpError): void {
    if (this.#link) this.#link.close(error);
    else this.#closed = error;
  }
}
