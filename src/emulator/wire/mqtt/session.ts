/** What the two kinds of MQTT session, DPS and hub, have in common. */

/** MQTT 3.1.1 section 3.2.2.3, the codes that refuse for a reason of the client's. */
export const connectReturnCode = { badUserName: 4, notAuthorized: 5 } as const;

/** Answered with a CONNACK that says no. */
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
  /** Whether the session is to begin with nothing, and to end with the connection. */
  clean: boolean;
  /** What the client presented in the TLS handshake: DER, leaf first; empty when nothing. */
  chain: Buffer[];
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
}

/** The client's end of a session. */
export interface Connection {
  /** Ends the connection. */
  drop(): void;
  /**
   * Sends a message, whatever the client has subscribed to: the session knows.
   * @param delivered the client has it: with QoS 1 it said so, with QoS 0 it is written; never called when it does not
   *   come to that
   */
  send(message: Push, delivered?: () => void): void;
}

export interface Session {
  /** What the client has subscribed to in an earlier connection; nothing when not given. */
  restored?: readonly string[];
  /** The client is let in, and knows it. */
  opened?(): void;
  /**
   * Whether the client may subscribe to this filter; false is answered with the failure code in the SUBACK.
   * @throws SessionViolation
   */
  accepts(filter: string): boolean;
  /**
   * Does what a message asks for. It is acknowledged after this, so what it stores is stored by then.
   * @returns what to answer, to the same client and nobody else
   * @throws SessionViolation
   */
  publish(topic: string, payload: Buffer, retain: boolean): Reply | undefined | Promise<Reply | undefined>;
  /** The connection ended without a DISCONNECT, and this is what the client had said for that case. */
  will?(topic: string, payload: Buffer): void;
  /** The client has subscribed, and knows it. A later subscription of the same filter takes the place of the earlier. */
  subscribed?(filter: string, qos: 0 | 1): void;
  unsubscribed?(filter: string): void;
  /** The connection has ended. */
  closed?(): void;
}

/** A CONNECT whose user name could be read. */
export interface Candidate {
  /** A later connection of the same key takes the place of an earlier one. */
  key: string;
  /** For the log. */
  plane: 'device' | 'hub';
  /** The registration ID or device ID; for the log. */
  id: string;
  /** @throws ConnectRefused */
  open(connection: Connection): Session | Promise<Session>;
}
