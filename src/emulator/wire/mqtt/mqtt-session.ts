/** What the MQTT engine and the sessions of DPS and the hubs agree on. */
import type { EmulatorEvent } from '../events.js';
import type { InjectedError } from '../faults.js';
import type { PresentedCertificates } from '../tls/presented-certificates.js';

/** MQTT 3.1.1 section 3.2.2.3: the return codes of refusals. */
export const connectReturnCode = { serverUnavailable: 3, badUserName: 4, notAuthorized: 5 } as const;

/** Refuses a connection: the CONNACK has the return code. */
export class ConnectRefused extends Error {
  readonly returnCode: number;

  constructor(code: keyof typeof connectReturnCode, reason: string) {
    super(reason);
    this.returnCode = connectReturnCode[code];
  }
}

/** Ends the connection: MQTT 3.1.1 has no other answer to a PUBLISH that is not allowed. */
export class SessionViolation extends Error {}

export interface ConnectRequest {
  clientId: string;
  userName: string;
  /** The token of a device with a symmetric key; undefined when the client sent none. */
  password?: string | undefined;
  /** Whether the session starts empty, and ends with the connection. */
  clean: boolean;
  certificates: PresentedCertificates;
}

export interface Reply {
  topic: string;
  payload: string;
}

/** A message to the client that it did not ask for. */
export interface Push {
  topic: string;
  payload: string | Buffer;
  qos: 0 | 1;
  /** For faults: what the message is; without it, the message meets none. */
  operation?: string;
}

/** The client's end of a session. */
export interface Connection {
  /** Ends the connection. */
  drop(): void;
  /**
   * Sends a message, whatever the client has subscribed to: that is for the session to know.
   *
   * @param delivered called once the client has the message: it acknowledged it (QoS 1), or it was written (QoS 0); never
   *   called when that does not happen
   */
  send(message: Push, delivered?: () => void): void;
}

export interface Session {
  /** The subscriptions of an earlier connection that still hold; none by default. */
  restored?: readonly string[];
  /** The client is connected, and knows it. */
  opened?(): void;
  /**
   * Whether the client may subscribe to this filter; if not, the SUBACK has the failure code.
   *
   * @throws SessionViolation
   */
  accepts(filter: string): boolean;
  /**
   * Does what a message asks for. The message is acknowledged afterwards, so whatever it stores is stored by then.
   *
   * @returns the reply to the same client, if there is one
   * @throws SessionViolation
   */
  publish(topic: string, payload: Buffer, retain: boolean): Reply | undefined | Promise<Reply | undefined>;
  /** What a message to this topic asks for; undefined when it is nothing that a fault can be about. */
  operationOf?(topic: string): string | undefined;
  /**
   * The reply to a request that a fault refuses.
   *
   * @returns undefined when MQTT has no reply to it: the connection ends
   */
  refuse?(topic: string, error: InjectedError): Reply | undefined | Promise<Reply | undefined>;
  /** Like {@link publish}, for a device that polls and is to find that it is still being assigned. */
  publishAssigning?(topic: string): Promise<Reply | undefined>;
  /** The connection ended without a DISCONNECT: publishes the will that came with the CONNECT. */
  will?(topic: string, payload: Buffer): void;
  /** The client has subscribed, and knows it. A later subscription to the same filter replaces the earlier one. */
  subscribed?(filter: string, qos: 0 | 1): void;
  unsubscribed?(filter: string): void;
  /** The connection has ended. */
  closed?(): void;
}

/** A CONNECT whose user name could be read. */
export interface Candidate {
  /** A later connection with the same key replaces an earlier one. */
  key: string;
  /** For the log. */
  plane: EmulatorEvent['plane'];
  /** The registration ID or device ID; for the log. */
  id: string;
  /** @throws ConnectRefused */
  open(connection: Connection): Session | Promise<Session>;
}

/** Why a connection was refused or ended. */
export interface Refusal {
  operation: 'connect' | 'subscribe' | 'publish' | 'packet';
  /** As the client sent it; empty before its CONNECT. */
  clientId: string;
  /** Undefined when the user name could not be read. */
  candidate: Candidate | undefined;
  reason: string;
}
