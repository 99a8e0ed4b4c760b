/** What the AMQP engine and the nodes of DPS and the hubs agree on. A client attaches links to nodes. */
import type { Message } from 'rhea';
import type { InjectedError } from '../faults.js';
import type { Dialled } from '../network/host-names.js';
import type { PresentedCertificates } from '../tls/presented-certificates.js';
import { AmqpError } from './amqp-error.js';

/** The client at the other end of a connection. */
export interface AmqpClient {
  certificates: PresentedCertificates;
  /** The user of SASL PLAIN; undefined without one. */
  plain: { userName: string; password: string } | undefined;
  /** The address that it dialled, and the host name in its open frame, which is undefined before that frame. */
  dialled: Dialled;
}

/** What a client did with a message; `dropped` when its link ended first. */
export type Outcome = 'accepted' | 'rejected' | 'released' | 'dropped';

/** A message to a client. rhea encodes more than its own type says, such as wrapped numbers. */
export type OutgoingMessage = Record<string, unknown>;

/** A link to a client, as the node that it is attached to uses it. */
export interface Link {
  /** Whether the client takes a message now. */
  takes(): boolean;
  /**
   * Sends a message to the client.
   *
   * @param settled called once, with what the client did with the message
   * @param operation for faults: what the message is; without it, the message meets none
   * @returns false when too many messages already wait for the client to take them
   * @throws TypeError when the message cannot be encoded
   */
  send(message: OutgoingMessage, settled?: (outcome: Outcome) => void, operation?: string): boolean;
  /**
   * How many messages were given to {@link send} and are not on their way yet. Whoever has many messages waits until there
   * are few of these: `sendable` is called then.
   */
  backlog(): number;
  close(error: AmqpError): void;
}

/**
 * Sends a reply.
 *
 * @throws AmqpError resourceLimitExceeded for a client that keeps asking and takes no reply
 */
export function sendReply(link: Link, message: OutgoingMessage): void {
  if (link.send(message)) return;
  throw new AmqpError('resourceLimitExceeded', 'Too many answers wait for the client to take them.');
}

export interface AttachRequest {
  address: string;
  /** Which way messages go. */
  direction: 'from-client' | 'to-client';
  /** The properties of the attach frame. */
  properties: Record<string, unknown>;
  /** The filters of its source, by name. */
  filters?: ReadonlyMap<string, unknown>;
  desiredCapabilities?: readonly string[];
  link: Link;
}

/** What a node does with a link. */
export interface Attached {
  /** How many messages the client may send before the first one has been handled. */
  credit?: number;
  /** Whether messages to the client are settled as they are sent, whatever it asks for. */
  sendsSettled?: boolean;
  /** The filters of the client's source that are applied, by name: the answer repeats them. */
  appliedFilters?: readonly string[];
  /**
   * Does what a message asks for. The message is accepted afterwards, so whatever it stores is stored by then.
   *
   * @throws AmqpError which rejects the message
   */
  receive?(message: Message, format: number): void | Promise<void>;
  /** What a message asks for; undefined when it is nothing that a fault can be about. */
  operationOf?(message: Message): string | undefined;
  /**
   * Refuses a message, as a fault asks. Without it, the message is rejected.
   *
   * @throws AmqpError which rejects the message
   */
  refuse?(message: Message, error: InjectedError): void | Promise<void>;
  /** Like {@link receive}, for a device that polls and is to find that it is still being assigned. */
  receiveAssigning?(message: Message): Promise<void>;
  /**
   * The client takes messages again.
   *
   * @param draining whether it takes back its credit when this returns
   */
  sendable?(draining: boolean): void;
  closed?(): void;
}

/** The nodes of one connection. */
export interface Nodes {
  /** @throws AmqpError which refuses the link */
  attach(request: AttachRequest): Attached | Promise<Attached>;
}

/** A link before the client's attach frame is answered: nodes hold it from the beginning. */
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

  send(message: OutgoingMessage, settled?: (outcome: Outcome) => void, operation?: string): boolean {
    return this.#link?.send(message, settled, operation) ?? false;
  }

  backlog(): number {
    return this.#link?.backlog() ?? 0;
  }

  close(error: AmqpError): void {
    if (this.#link) this.#link.close(error);
    else this.#closed = error;
  }
}
