/** Registers a fleet: every device by itself, with its own certificate, as it will in the field. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type RegisterDeviceOptions, registerDevice } from '../dps/client/device.js';
import { backoffMs } from '../dps/client/http/retry.js';
import { connectToHub } from '../dps/client/hub-connection.js';
import type { Target } from '../dps/client/target.js';
import { EnrollkitError, type ErrorCode, isAbort } from '../errors.js';
import { type Failure, Failures, type FleetFailure } from './registration/failures.js';
import { type FleetDevice, type FleetFiles, fleetDevices } from './registration/fleet-devices.js';
import { Latencies, type LatencySummary } from './registration/latencies.js';
import { Pace } from './registration/pace.js';
import { ResultLines } from './registration/result-lines.js';

export interface RegisterFleetOptions {
  files: FleetFiles;
  /** The file of results, NDJSON; made, or gone on with. */
  results: string;
  target: Target;
  idScope: string;
  protocol: RegisterDeviceOptions['protocol'];
  /** Devices at once. */
  concurrency: number;
  /** Registrations begun in any minute; as many as can be when left out. */
  perMinute?: number | undefined;
  /** Whether each device sends its hub a message. */
  telemetry: boolean;
  signal: AbortSignal;
  onProgress?: ((done: FleetCounts) => void) | undefined;
}

export interface FleetCounts {
  /** Of earlier runs. */
  before: number;
  assigned: number;
  failed: number;
}

/** A line of the file of results. */
export interface RegistrationResult {
  registrationId: string;
  status: 'assigned' | 'failed';
  assignedHub?: string;
  deviceId?: string;
  substatus?: string;
  /** Whether the hub took a message; absent when none was to be sent. */
  telemetry?: boolean;
  /** Connections that were made until it was assigned, or given up. */
  attempts: number;
  /** How often DPS said that it takes no more requests for now (429). */
  throttled?: number;
  /** From the first connection to the assignment, without the message. */
  milliseconds: number;
  error?: Failure;
}

export interface RegisterFleetResult extends FleetCounts {
  /** Devices that were answered 429 at least once. */
  throttled: number;
  /** How many of this run are in which hub. */
  hubs: Record<string, number>;
  failures: FleetFailure[];
  /** Of this run's devices that were assigned. */
  latency?: LatencySummary | undefined;
  elapsedMs: number;
}

/** Connections of one device, when they break. */
const maxAttempts = 5;
/** What has nothing to do with a device: while none has come through, it stands against all. */
const environmental: ReadonlySet<ErrorCode> = new Set([
  'NETWORK',
  'TIMEOUT',
  'SERVER_NOT_TRUSTED',
  'CLOCK_SKEW',
]);

/**
 * Registers the devices that earlier runs have not registered, and writes a line for each. DPS's 429 and Retry-After
 * hold up all of them; a connection that breaks is made again, up to five times, later each time.
 *
 * @returns what came of it; devices that were refused are in it, and no error
 * @throws EnrollkitError FILE_UNREADABLE, FILE_UNWRITABLE, FOLDER_IN_USE; what no device came through, such as
 *   NETWORK; the signal's reason when it was aborted. What is done stands in the file of results
 */
export async function registerFleet(options: RegisterFleetOptions): Promise<RegisterFleetResult> {
  const { files, results, telemetry } = options;
  const done = new Set<string>();
  const file = await ResultLines.open<RegistrationResult>(results, (line) => {
    // A message that is missing takes a registration, too: where the hub is may have changed.
    if (line.status !== 'assigned' || (telemetry && line.telemetry !== true)) return false;
    done.add(line.registrationId);
    return true;
  });
  try {
    const run = new Run(options, file, done.size);
    const devices = fleetDevices(files, ({ registrationId }) => !done.has(registrationId));
    const started = performance.now();
    await run.pace.forEach(devices, (device) => run.device(device));
    return run.result(performance.now() - started);
  } finally {
    file.close();
  }
}

class Run {
  readonly pace: Pace;
  readonly #options: RegisterFleetOptions;
  readonly #file: ResultLines<RegistrationResult>;
  readonly #latencies = new Latencies();
  readonly #hubs = new Map<string, number>();
  readonly #failures = new Failures();
  readonly #counts: FleetCounts;
  #throttled = 0;

  constructor(options: RegisterFleetOptions, file: ResultLines<RegistrationResult>, before: number) {
    this.#options = options;
    this.#file = file;
    this.#counts = { before, assigned: 0, failed: 0 };
    this.pace = new Pace(options);
  }

  /** @throws EnrollkitError what stands against all devices; the signal's reason */
  async device(device: FleetDevice): Promise<void> {
    const started = performance.now();
    const line: RegistrationResult = {
      registrationId: device.registrationId,
      status: 'failed',
      attempts: 0,
      milliseconds: 0,
    };
    try {
      await this.#register(device, line);
      line.milliseconds = Math.round((performance.now() - started) * 10) / 10;
      this.#latencies.add(line.milliseconds);
      if (this.#options.telemetry) await this.#send(device, line);
    } catch (error) {
      if (isAbort(error) || !(error instanceof EnrollkitError)) throw error;
      line.milliseconds ||= Math.round(performance.now() - started);
      this.#fail(line, error);
      return;
    }
    this.#file.add(line);
    this.#counts.assigned += 1;
    const hub = line.assignedHub!;
    this.#hubs.set(hub, (this.#hubs.get(hub) ?? 0) + 1);
    if (line.throttled) this.#throttled += 1;
    this.#options.onProgress?.(this.#counts);
  }

  result(elapsedMs: number): RegisterFleetResult {
    return {
      ...this.#counts,
      throttled: this.#throttled,
      hubs: Object.fromEntries(this.#hubs),
      failures: this.#failures.list(),
      latency: this.#latencies.summary(),
      elapsedMs: Math.round(elapsedMs),
    };
  }

  async #register(device: FleetDevice, line: RegistrationResult): Promise<void> {
    const { target, idScope, protocol, signal } = this.#options;
    const { assignedHub, deviceId, substatus } = await this.#again(line, () =>
      registerDevice({
        target,
        idScope,
        registrationId: device.registrationId,
        certificateChain: device.certificateChain,
        privateKey: device.privateKey,
        protocol,
        signal,
        onThrottled: (ms) => {
          line.throttled = (line.throttled ?? 0) + 1;
          this.pace.pause(ms);
        },
      }),
    );
    Object.assign(line, { status: 'assigned', assignedHub, deviceId, ...(substatus ? { substatus } : {}) });
  }

  async #send(device: FleetDevice, line: RegistrationResult): Promise<void> {
    const { target, signal } = this.#options;
    line.telemetry = false;
    await this.#again(undefined, async () => {
      const hub = await connectToHub({
        target,
        assignedHub: line.assignedHub!,
        deviceId: line.deviceId ?? device.registrationId,
        certificateChain: device.certificateChain,
        privateKey: device.privateKey,
        signal,
      });
      try {
        await hub.sendTelemetry({ registrationId: device.registrationId });
      } finally {
        await hub.close();
      }
    });
    line.telemetry = true;
  }

  /** Tries again what a later moment may mend. */
  async #again<Result>(line: RegistrationResult | undefined, act: () => Promise<Result>): Promise<Result> {
    const { signal } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      if (line) line.attempts = attempt;
      try {
        return await act();
      } catch (error) {
        const passes = error instanceof EnrollkitError && error.retryable && !isAbort(error);
        if (!passes || attempt === maxAttempts) throw error;
        try {
          await sleep(backoffMs(attempt), undefined, { signal });
        } catch {
          throw signal.reason;
        }
      }
    }
  }

  #fail(line: RegistrationResult, error: EnrollkitError): void {
    const { code, message, next } = error;
    const errorCode = error.context.errorCode as number | null | undefined;
    const failure = { code, message, next, ...(typeof errorCode === 'number' ? { errorCode } : {}) };
    // An assigned device whose message failed stays assigned.
    this.#file.add({ ...line, error: failure });
    this.#counts.failed += 1;
    if (line.throttled) this.#throttled += 1;
    this.#failures.add(line.registrationId, failure);
    this.#options.onProgress?.(this.#counts);
    if (this.#counts.assigned === 0 && environmental.has(code)) throw error;
  }
}
