/** Starts an emulator, resets it on request, and stops it: one at a time. */
import { checkOptions } from './check-options.js';
import { EmulatorClock } from './clock.js';
import { Activity } from './console/activity.js';
import { type DeviceMessage, MessageFeed } from './control/message-feed.js';
import type { EmulatorEndpoints } from './endpoints.js';
import { EmulatorFaults, type FaultControl } from './faults/control.js';
import type { EmulatorOptions } from './options.js';
import { createMissing, openResources } from './resources.js';
import { serve } from './serve.js';
import { emptyState } from './state/empty.js';
import { clockStoreOf } from './state/identity.js';
import { type Closer, closeAll } from './wire/closers.js';

export { type ClockStore, EmulatorClock } from './clock.js';
export type { DeviceMessage } from './control/message-feed.js';
export { runningEmulator } from './control/running.js';
export type { QuotaLimits } from './dps/quotas.js';
export type { EmulatorEndpoints } from './endpoints.js';
export type { FaultControl, FaultList, FaultSelection, PresetName } from './faults/control.js';
export type { RuleCount } from './faults/engine.js';
export type { FaultFile } from './faults/schema.js';
export type { EmulatorOptions } from './options.js';
export type { EmulatorSeed } from './seed/seed-schema.js';
export type { EmulatorEvent, EmulatorLog } from './wire/events.js';

/** An emulator that runs in this process. */
export interface Emulator {
  readonly endpoints: EmulatorEndpoints;
  /** The clock by which certificates and tokens are judged and records are dated. TLS itself goes by the computer's clock. */
  readonly clock: EmulatorClock;
  /** Faults that clients meet. They stay through a reset, and end with the emulator. */
  readonly faults: FaultControl;
  /**
   * Empties the state, except for its seed, and ends every connection. Names, ID scope, keys, ports, endpoints and the TLS
   * root stay. The clock follows the computer's again.
   */
  reset(): Promise<void>;
  /** The last messages that devices sent to their hub, of one device or of all, oldest first; at most 100 per device. */
  messages(deviceId?: string): DeviceMessage[];
  /** Ends every connection, closes the state, and releases the folder. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a local DPS with its linked hubs. Whatever it answers with success is stored by then.
 *
 * @throws EnrollkitError USAGE, PORT_IN_USE, PORT_NOT_PERMITTED, ADDRESS_UNUSABLE, EMULATOR_STATE_IN_USE,
 *   EMULATOR_STATE_UNREADABLE, EMULATOR_UNSUPPORTED, FILE_UNWRITABLE, INVALID_SEED, INVALID_FAULTS
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  checkOptions(options);
  const opened: Closer[] = [];
  const serving: Closer[] = [];
  const clock = new EmulatorClock(options.now);
  const feed = new MessageFeed();
  const activity = new Activity();
  const log = activity.logTo(options.log);
  const faults = new EmulatorFaults({ now: clock.now, log });
  if (options.faults !== undefined) faults.set(options.faults, options.faultSeed);
  // One at a time: a stop waits for a reset to finish.
  let last: Promise<unknown> = Promise.resolve();
  const oneAtATime = <Result>(act: () => Promise<Result>): Promise<Result> => {
    const result = last.then(act);
    last = result.catch(() => {});
    return result;
  };
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= oneAtATime(async () => {
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
    clock.keepIn(clockStoreOf(resources.databases.main));
    const reset = (): Promise<void> =>
      oneAtATime(async () => {
        if (stopped) throw new Error('the emulator has stopped');
        await closeAll(serving);
        for (const database of resources.databases.all()) emptyState(database);
        // Clients may have deleted some.
        createMissing(resources.databases, options);
        clock.reset();
        activity.reset();
        await serve({ ...options, log, ...portsOf(endpoints) }, resources, context, serving);
      });
    const context = { clock, reset, feed, faults, activity };
    const endpoints = await serve({ ...options, log }, resources, context, serving);
    resources.keep();
    const messages = (deviceId?: string) => feed.kept(deviceId);
    return { endpoints, clock, faults, reset, messages, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function portsOf({ ports, consoleUrl }: EmulatorEndpoints): Partial<EmulatorOptions> {
  const consolePort = Number(new URL(consoleUrl).port || 80);
  return { httpsPort: ports.https, mqttPort: ports.mqtt, amqpPort: ports.amqp, consolePort };
}
