/** Registers a fleet: each device with its own certificate, as it will in the field. */
import { type KeyObject, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RegisterDeviceOptions, registerDevice } from '../dps/client/device.js';
import type { DeviceCredentials } from '../dps/client/device-credentials.js';
import type { Problem } from '../dps/client/diagnosis/problem.js';
import { type ReadServiceFacts, serviceFactsReader } from '../dps/client/diagnosis/service-facts.js';
import { backoffMs } from '../dps/client/http/retry.js';
import { connectToHub } from '../dps/client/hub-connection.js';
import { stateOfMessage } from '../dps/client/message-state.js';
import type { Target } from '../dps/client/target.js';
import { EnrollkitError, isAbort } from '../errors.js';
import { privateKeyOpener } from '../pki/keys.js';
import { isEncryptedPem } from './formats/output-format.js';
import { isEnvironmental } from './registration/environment.js';
import { type DeviceFailure, Failures, type FleetFailure } from './registration/failures.js';
import {
  type FleetDevice,
  type FleetFiles,
  fleetDevices,
  manifestDevices,
} from './registration/fleet-devices.js';
import { Pace } from './registration/pace.js';
import { PendingMessages } from './registration/pending-messages.js';
import { ResultLines } from './registration/result-lines.js';
import { Latencies, type LatencySummary } from './speed/latencies.js';
import { type RateSummary, Rates } from './speed/rates.js';

export interface RegisterFleetOptions {
  files: FleetFiles;
  /** The results file: one line of JSON per device, a {@link RegistrationResult}. An existing one is continued. */
  results: string;
  target: Target;
  idScope: string;
  protocol: RegisterDeviceOptions['protocol'];
  /** Devices at a time. */
  concurrency: number;
  /** Registrations per minute; unlimited when left out. */
  perMinute?: number | undefined;
  /** Of encrypted keys. */
  passphrase?: string | undefined;
  /** Has each device send its hub a message; no by default. */
  telemetry?: boolean | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: FleetCounts) => void) | undefined;
}

export interface FleetCounts {
  /** Assigned by earlier runs. */
  before: number;
  assigned: number;
  failed: number;
}

/** A line of the results file. */
export interface RegistrationResult {
  registrationId: string;
  status: 'assigned' | 'failed';
  /** The DPS, and the certificate that the device showed it. */
  idScope: string;
  sha256Thumbprint: string;
  assignedHub?: string;
  deviceId?: string;
  substatus?: string;
  /** Whether the hub accepted a message; absent when none was to be sent. */
  telemetry?: boolean;
  /** Of the message, as soon as it may have been sent. A message that is sent again keeps its ID. */
  messageId?: string;
  /** Connections until it was assigned, or until it failed. */
  attempts: number;
  /** How often DPS answered 429, too many requests. */
  throttled?: number;
  /** From the first connection to the assignment, without the message. */
  milliseconds: number;
  /** When the device was finished: ISO 8601 in UTC. Absent in lines of releases before this one. */
  at?: string;
  error?: DeviceFailure;
}

export interface RegisterFleetResult extends FleetCounts {
  /** Devices that were answered 429 at least once. */
  throttled: number;
  /** Devices that sent their message again, with the same ID, because nobody could tell whether it had arrived. */
  sentAgain: number;
  /** How many devices of this run were assigned to each hub. */
  hubs: Record<string, number>;
  /** By reason, the most frequent first. */
  failures: FleetFailure[];
  /** Of the devices that this run assigned; undefined when there were none. */
  latency?: LatencySummary | undefined;
  /** Devices that this run finished, over time; undefined when there were none. */
  rate?: RateSummary | undefined;
  elapsedMs: number;
}

/** Connections per device, when they break. */
const maxAttempts = 5;
/**
 * Registers the devices of a fleet that earlier runs have not registered, and writes a line of results for each. A 429
 * of DPS pauses all devices for as long as its Retry-After says. A connection that breaks is retried, up to five times,
 * with growing delays.
 *
 * @returns the outcome; devices that were refused are part of it and not thrown
 * @throws EnrollkitError FILE_UNREADABLE or INVALID_REGISTRATION_ID for the fleet's files; FILE_UNREADABLE,
 *   FILE_UNWRITABLE or FOLDER_IN_USE for the results file; PASSPHRASE_REQUIRED or WRONG_PASSPHRASE for the first key; NETWORK, TIMEOUT, SERVER_NOT_TRUSTED or CLOCK_SKEW when no
 *   device was assigned before; the signal's reason when it was aborted. What is done is in the results file
 */
export async function registerFleet(options: RegisterFleetOptions): Promise<RegisterFleetResult> {
  const { files, results, idScope, telemetry } = options;
  // Files that cannot be read fail here, before the results file is touched.
  const openKey = privateKeyOpener(options.passphrase);
  for await (const { privateKey } of fleetDevices(files)) {
    if (isEncryptedPem(privateKey)) openKey(privateKey);
    break;
  }
  const left = new Set<string>();
  for await (const { sha256Thumbprint } of manifestDevices(files.manifest)) left.add(sha256Thumbprint);
  const total = left.size;
  const messages = new PendingMessages<RegistrationResult>(results);
  const file = await ResultLines.open<RegistrationResult>(results, (line) => {
    // A device whose message is missing registers again: it may be assigned to another hub by now.
    const isDone = line.status === 'assigned' && (!telemetry || line.telemetry === true);
    // A line may also be of another DPS, or of another fleet, such as this one before it was issued again.
    if (isDone) return line.idScope === idScope && left.delete(line.sha256Thumbprint);
    if (line.messageId !== undefined) messages.add(line);
    return false;
  });
  try {
    messages.retain((line) => line.idScope === idScope && left.has(line.sha256Thumbprint));
    const run = new Run(options, openKey, file, messages, total - left.size);
    const devices = fleetDevices(files, ({ sha256Thumbprint }) => left.has(sha256Thumbprint));
    const started = performance.now();
    await run.pace.forEach(devices, (device) => run.device(device));
    return run.result(performance.now() - started);
  } finally {
    try {
      messages.close((line) => file.add(line));
    } finally {
      file.close();
    }
  }
}

class Run {
  readonly pace: Pace;
  readonly #options: RegisterFleetOptions;
  readonly #openKey: (pem: string) => KeyObject;
  readonly #signal: AbortSignal;
  readonly #file: ResultLines<RegistrationResult>;
  readonly #messages: PendingMessages<RegistrationResult>;
  readonly #latencies = new Latencies();
  readonly #rates = new Rates();
  readonly #started = performance.now();
  readonly #hubs = new Map<string, number>();
  readonly #failures = new Failures();
  readonly #counts: FleetCounts;
  readonly #readServiceFacts: ReadServiceFacts | undefined;
  #throttled = 0;
  #sentAgain = 0;

  constructor(
    options: RegisterFleetOptions,
    openKey: (pem: string) => KeyObject,
    file: ResultLines<RegistrationResult>,
    messages: PendingMessages<RegistrationResult>,
    before: number,
  ) {
    this.#options = options;
    this.#openKey = openKey;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#file = file;
    this.#messages = messages;
    this.#counts = { before, assigned: 0, failed: 0 };
    this.pace = new Pace({ ...options, signal: this.#signal });
    this.#readServiceFacts = serviceFactsReader(options.target, options.signal);
  }

  /** @throws EnrollkitError for an error that ends the run; the signal's reason */
  async device(device: FleetDevice): Promise<void> {
    const started = performance.now();
    const messageId = this.#messages.idOf(device);
    const line: RegistrationResult = {
      registrationId: device.registrationId,
      status: 'failed',
      idScope: this.#options.idScope,
      sha256Thumbprint: device.sha256Thumbprint,
      attempts: 0,
      milliseconds: 0,
      ...(messageId === undefined ? {} : { telemetry: false, messageId }),
    };
    let failure: EnrollkitError | undefined;
    try {
      const { certificateChain, privateKey } = device;
      // Opened once for several connections. For a single one, TLS alone reads it.
      const isOpened = this.#options.telemetry || isEncryptedPem(privateKey);
      const credentials = { certificateChain, privateKey: isOpened ? this.#openKey(privateKey) : privateKey };
      await this.#register(credentials, line);
      line.milliseconds = Math.round((performance.now() - started) * 10) / 10;
      this.#latencies.add(line.milliseconds);
      if (this.#options.telemetry) await this.#send(credentials, line);
    } catch (error) {
      if (isAbort(error) || !(error instanceof EnrollkitError)) throw error;
      failure = error;
      line.milliseconds ||= Math.round(performance.now() - started);
      // An assigned device whose message failed stays assigned.
      line.error = failureOf(error);
      this.#failures.add(line.registrationId, line.error);
    }
    this.#rates.add(performance.now() - this.#started);
    line.at = new Date().toISOString();
    this.#file.add(line);
    this.#messages.settle(line);
    this.#counts[failure ? 'failed' : 'assigned'] += 1;
    if (!failure) this.#hubs.set(line.assignedHub!, (this.#hubs.get(line.assignedHub!) ?? 0) + 1);
    if (line.throttled) this.#throttled += 1;
    this.#options.onProgress?.(this.#counts);
    if (failure && this.#counts.assigned === 0 && isEnvironmental(failure)) throw failure;
  }

  result(elapsedMs: number): RegisterFleetResult {
    return {
      ...this.#counts,
      throttled: this.#throttled,
      sentAgain: this.#sentAgain,
      hubs: Object.fromEntries(this.#hubs),
      failures: this.#failures.list(),
      latency: this.#latencies.summary(),
      rate: this.#rates.summary(elapsedMs),
      elapsedMs: Math.round(elapsedMs),
    };
  }

  async #register(credentials: DeviceCredentials, line: RegistrationResult): Promise<void> {
    const { target, idScope, protocol } = this.#options;
    const signal = this.#signal;
    const { assignedHub, deviceId, substatus } = await this.#retry(line, () =>
      registerDevice({
        target,
        idScope,
        registrationId: line.registrationId,
        ...credentials,
        protocol,
        readServiceFacts: this.#readServiceFacts,
        signal,
        onThrottled: (ms) => {
          line.throttled = (line.throttled ?? 0) + 1;
          this.pace.pause(ms);
        },
      }),
    );
    Object.assign(line, { status: 'assigned', assignedHub, deviceId, ...(substatus ? { substatus } : {}) });
  }

  async #send(credentials: DeviceCredentials, line: RegistrationResult): Promise<void> {
    const [{ target }, signal] = [this.#options, this.#signal];
    const deviceId = line.deviceId ?? line.registrationId;
    line.telemetry = false;
    let mayBeRepeated = false;
    await this.#retry(undefined, async () => {
      if (line.messageId !== undefined) {
        const state = await stateOfMessage(target, deviceId, line.messageId);
        if (state === 'arrived') return;
        mayBeRepeated ||= state === 'unknown';
      }
      const hub = await connectToHub({
        target,
        assignedHub: line.assignedHub!,
        deviceId,
        ...credentials,
        signal,
      });
      try {
        if (line.messageId === undefined) {
          line.messageId = randomUUID();
          this.#messages.add(line);
        }
        await hub.sendTelemetry({ registrationId: line.registrationId }, { '$.mid': line.messageId });
      } finally {
        await hub.close();
      }
    });
    line.telemetry = true;
    if (mayBeRepeated) this.#sentAgain += 1;
  }

  /** Retries errors that may pass. */
  async #retry<Result>(line: RegistrationResult | undefined, act: () => Promise<Result>): Promise<Result> {
    const signal = this.#signal;
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
}

function failureOf({ code, message, next, context }: EnrollkitError): DeviceFailure {
  const { errorCode, causes } = context;
  const [cause] = (causes ?? []) as Problem[];
  return {
    code,
    message,
    next,
    ...(typeof errorCode === 'number' ? { errorCode } : {}),
    ...(cause ? { cause: cause.code } : {}),
  };
}
