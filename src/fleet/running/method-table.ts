/** How running devices answer direct methods: a table by the method's name. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { MethodAnswer, MethodCall } from '../../dps/client/hub-session/hub-session.js';

/** `*` answers methods that the table does not name. */
export const methodTableSchema = z.record(
  z.string().min(1).max(100),
  z.strictObject({
    status: z.int().min(0).max(999).default(200),
    payload: z.unknown().optional(),
    /** In seconds. IoT Hub waits for an answer for five minutes at most. */
    delay: z.number().min(0).max(300).default(0),
  }),
);
export type MethodTable = z.infer<typeof methodTableSchema>;

/** As the SDK for .NET answers a method that a device does not have. */
const unknownMethodStatus = 501;

/** @throws AbortError when the signal is aborted before the answer */
export async function answerOf(
  { name, payload }: MethodCall,
  table: MethodTable | undefined,
  signal: AbortSignal,
): Promise<MethodAnswer> {
  // Without a table, every method succeeds.
  if (table === undefined) return { status: 200, payload: payload ?? null };
  const row = (Object.hasOwn(table, name) ? table[name] : undefined) ?? table['*'];
  if (row === undefined) return { status: unknownMethodStatus, payload: null };
  if (row.delay > 0) await sleep(row.delay * 1000, undefined, { signal });
  return { status: row.status, payload: row.payload ?? null };
}
