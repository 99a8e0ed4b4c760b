/** Answers that a fault keeps from reaching the client whole, or in time. */
import type { TLSSocket } from 'node:tls';
import type { Fault } from '../faults.js';
import { resetConnection } from '../tls/reset-connection.js';
import type { HttpConnection } from './request.js';

export type Damage = Extract<Fault, { type: 'reset' | 'truncate' | 'drip' }>;

/** An answer as it would have been sent. */
export interface WholeReply {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** How often a part of a slow answer is sent. */
const dripIntervalMs = 100;

/** Sends as much of an answer as the fault lets through, as slowly as it does. */
export function sendDamaged(
  { incoming, outgoing }: HttpConnection,
  damage: Damage,
  { status, headers, body }: WholeReply,
): void {
  if (damage.type === 'reset') {
    resetConnection(incoming.socket as TLSSocket);
    return;
  }
  outgoing.writeHead(status, { ...headers, 'content-length': String(body.length) });
  if (damage.type === 'truncate') {
    const half = body.subarray(0, Math.floor(body.length / 2));
    outgoing.write(half.length > 0 ? half : Buffer.alloc(0), () => incoming.socket.destroy());
    outgoing.flushHeaders();
    if (half.length === 0) setImmediate(() => incoming.socket.destroy());
    return;
  }
  drip(outgoing, body, Math.max(1, Math.round((damage.bytesPerSecond * dripIntervalMs) / 1000)));
}

function drip(outgoing: HttpConnection['outgoing'], body: Buffer, size: number): void {
  outgoing.flushHeaders();
  let at = 0;
  const timer = setInterval(() => {
    if (at < body.length) outgoing.write(body.subarray(at, at + size));
    at += size;
    if (at < body.length) return;
    clearInterval(timer);
    outgoing.end();
  }, dripIntervalMs);
  outgoing.once('close', () => clearInterval(timer));
}
