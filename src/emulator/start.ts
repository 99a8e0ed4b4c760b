/** Starts the emulator, empties it on request, and stops it again: one after the other. */
import { checkOptions } from './check-options.js';
import { EmulatorClock } from './clock.js';
import { type DeviceMessage, MessageFeed } from './control/message-feed.js';
import type { EmulatorEndpoints } from './endpoints.js';
import type { EmulatorOptions } from './options.js';
import { createMissing, openResources } from './resources.js';
import { serve } from './serve.js';
import { emptyState } from './state/empty.js';
import { type Closer, closeAll } from './wire/closers.js';

export { EmulatorClock } from './clock.js';
export type { DeviceMessage } from './control/message-feed.js';
export type { QuotaLimits } from './dps/quotas.js';
export { type EmulatorEndpoints, runningEmulator } from './endpoints.js';
export type { EmulatorOptions } from './options.js';
export type { EmulatorSeed } from './seed/seed-schema.js';
export type { EmulatorEvent, EmulatorLog } from './wire/events.js';

/** An emulator that runs in this process. */
export interface Emulator {
  readonly endpoints: EmulatorEndpoints;
  /** By which certificates and tokens are judged and records are dated. TLS itself goes by the computer's clock. */
  readonly clock: EmulatorClock;
  /**
   * Empties the state, but for what its seed has, and ends every connection to a device. Names, ID scope, keys, ports
   * and the TLS root stay, and so do the endpoints. The clock follows the computer's again.
   */
  reset(): Promise<void>;
  /** The last messages that devices sent to their hub, of one device or of all, oldest first; 100 of each are kept. */
  messages(deviceId?: string): DeviceMessage[];
  /** Ends every connection, closes the state, and gives the folder back. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a local DPS with one linked hub. Everything that it answers with success is stored by then.
 *
 * @throws EnrollkitError USAGE, PORT_IN_USE, EMULATOR_STATE_IN_USE, EMULATOR_STATE_UNREADABLE, EMULATOR_UNSUPPORTED,
 *   FILE_UNWRITABLE, INVALID_SEED
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  checkOptions(options);
  const opened: Closer[] = [];
  const serving: Closer[] = [];
  const clock = new EmulatorClock(options.now);
  const feed = new MessageFeed();
  // One after the other: a stop waits until a reset is through.
  let busy: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(act: () => Promise<Result>): Promise<Result> => {
    const result = busy.then(act);
    busy = result.catch(() => {});
    return result;
  };
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= inTurn(async () => {
      try {
        await closeAll(serving);
      } finally {
        await closeAll(opened);
      }
    });
    return stopped;
  };
  try {
    const resources = await openResources(options, opened);
    const reset = (): Promise<void> =>
      inTurn(async () => {
        if (stopped) throw new Error('the emulator has stopped');
        await closeAll(serving);
        for (const database of resources.databases.all()) emptyState(database);
        // Clients may have deleted some.
        createMissing(resources.databases, options);
        clock.reset();
        await serve({ ...options, ...portsOf(endpoints) }, resources, { clock, reset, feed }, serving);
      });
    const endpoints = await serve(options, resources, { clock, reset, feed }, serving);
    resources.keep();
    const messages = (deviceId?: string) => feed.kept(deviceId);
    return { endpoints, clock, reset, messages, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function portsOf({ ports }: EmulatorEndpoints): Partial<EmulatorOptions> {
  return { httpsPort: ports.https, mqttPort: ports.mqtt, amqpPort: ports.amqp };
}
