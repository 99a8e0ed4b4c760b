/**
 * Faults that a test asked for, as listeners and engines inject them. Which request meets which fault is decided by the
 * room `faults`; here are only planes and operations as text, and what to do.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EmulatorEvent } from './events.js';

export const transports = ['https', 'mqtt', 'mqtt-ws', 'amqp', 'amqp-ws'] as const;
/** `-ws` is the same protocol over a WebSocket. */
export type Transport = (typeof transports)[number];

export const certificateProblems = ['expired', 'wrong-name', 'untrusted'] as const;
export const tlsVersions = ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

/** What goes wrong in a TLS handshake. */
export type HandshakeFault =
  | { type: 'certificate'; problem: (typeof certificateProblems)[number] }
  | { type: 'tls-version'; only: (typeof tlsVersions)[number] };

/** What goes wrong with a request, a connection or a message. */
export type Fault =
  | { type: 'status'; error: InjectedError }
  /** The connection is reset (TCP RST) before the request is handled, or after, without an answer. */
  | { type: 'reset'; effect: 'before' | 'after' }
  /** The connection is closed: at its first packet, after a request was handled, or after that many packets. */
  | { type: 'disconnect'; after: 'connect' | 'effect' | number }
  /** Half of the answer's body, then the connection is closed. */
  | { type: 'truncate' }
  | { type: 'drip'; bytesPerSecond: number }
  /** A poll for a registration is answered with `assigning`. */
  | { type: 'assigning' }
  /** A message is delivered twice. */
  | { type: 'duplicate' }
  /** A message is acknowledged at once, and delivered later. */
  | { type: 'late'; milliseconds: number };

/** One operation over one transport, or a connection (`connect`), or a message to a client. */
export interface Encounter {
  kind: 'connect' | 'request' | 'message';
  plane: EmulatorEvent['plane'];
  transport: Transport;
  operation: string;
  /** A registration ID, a device ID, or the name of what else the operation is about. */
  id: string | undefined;
}

/** What an encounter meets. */
export interface Met {
  /** Milliseconds to wait first. */
  delay: number;
  /** Undefined when it only waits. */
  fault: Fault | undefined;
}

export interface Faults {
  /** Draws for an encounter, and logs what it meets; undefined when it meets nothing. */
  meet(encounter: Encounter): Met | undefined;
  /** Whether a rule is about TLS handshakes with the listener for this protocol. */
  disturbsHandshakes(listener: EmulatorEvent['transport']): boolean;
  /** Like {@link meet}, for a TLS handshake. */
  meetHandshake(listener: EmulatorEvent['transport']): HandshakeFault | undefined;
}

/** Where the current faults are looked up: they change while the emulator runs. */
export interface FaultSource {
  /** Undefined when there are none. */
  readonly current: Faults | undefined;
}

/** A refusal that a fault asks for. */
export class InjectedError extends Error {
  constructor(
    readonly status: number,
    /** DPS's number: the status times 1000, plus a detail. */
    readonly errorCode: number,
    message: string,
    /** Seconds. */
    readonly retryAfter: number | undefined,
  ) {
    super(message);
    this.name = 'InjectedError';
  }
}

/** Waits without keeping the process alive. */
export async function waitFor(milliseconds: number): Promise<void> {
  if (milliseconds > 0) await sleep(milliseconds, undefined, { ref: false });
}

/** A client that offers this protocol (ALPN, RFC 7301) wants the emulator's own operations, which meet no faults. */
export const controlProtocol = 'enrollkit-control';
