/** One device of a run: registers, connects, and connects again whenever it loses its hub. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type AssignedRegistration, type DeviceProtocol, registerWith } from '../../dps/client/device.js';
import type { HubProtocol, HubSession } from '../../dps/client/hub-session/hub-session.js';
import { openHubSession } from '../../dps/client/hub-session/open-hub-session.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { isEnvironmental } from '../registration/environment.js';
import type { NewDeviceEvent } from './events.js';
import { answerOf } from './method-table.js';
import { OperationalCertificate } from './operational-certificate.js';
import type { RunnableDevice } from './options.js';
import type { SharedRun } from './shared-run.js';
import { Telemetry } from './telemetry.js';

/** WebSockets are for networks that only allow port 443, and so is registering over HTTPS. */
const registrationProtocols: Record<HubProtocol, DeviceProtocol> = {
  mqtt: 'mqtt',
  'mqtt-ws': 'https',
  amqp: 'amqp',
  'amqp-ws': 'https',
};

const firstDelayMs = 1000;
const maxDelayMs = 60_000;
/** A connection that lasted as long was good: delays start over. */
const goodConnectionMs = 10_000;
/** Refusals to connect, and failures of the network, after which a device asks DPS for its hub again. */
const attemptsAtHub = 5;
/** Attempts of all devices after which a run in which none was ever connected ends. */
const attemptsAtNothing = 5;

export class RunningDevice {
  readonly device: RunnableDevice;
  /** Why the device has given up. */
  failure: EnrollkitError | undefined;
  isConnected = false;
  /** Whether it was connected until the run ended, or until it had sent everything. */
  endedConnected = false;
  readonly #run: SharedRun;
  readonly #certificate: OperationalCertificate;
  readonly #telemetry: Telemetry;
  #registration: AssignedRegistration | undefined;
  #wasConnected = false;
  #failures = 0;

  constructor(device: RunnableDevice, run: SharedRun) {
    this.device = device;
    this.#run = run;
    this.#certificate = new OperationalCertificate(device, run.options);
    this.#telemetry = new Telemetry(device.registrationId, run, (event) => this.#emit(event));
  }

  /** Runs until the run ends, all messages are sent, or the device is refused before it was ever connected. */
  async run(): Promise<void> {
    const { ending } = this.#run;
    try {
      while (!ending.aborted && !this.#telemetry.isComplete) {
        try {
          await this.#connectOnce();
          this.endedConnected = true;
        } catch (thrown) {
          this.endedConnected = false;
          if (ending.aborted) return;
          const error = asError(thrown);
          const delay = this.#delayAfter(error);
          if (delay === undefined) return;
          await sleep(delay, undefined, { signal: ending }).catch(() => {});
        }
      }
    } finally {
      this.#telemetry.end();
    }
  }

  /** @throws what prevented or ended the connection */
  async #connectOnce(): Promise<void> {
    const { options, counts, gate, hardStop, ending } = this.#run;
    const started = performance.now();
    let lost: (error: unknown) => void = () => {};
    const ended = new Promise<never>((_, reject) => {
      lost = reject;
    });
    ended.catch(() => {});
    const session = await gate.through(async () => {
      ending.throwIfAborted();
      const { assignedHub, deviceId } = await this.#register();
      return openHubSession({
        target: options.target,
        protocol: options.protocol,
        assignedHub,
        deviceId,
        clientCertificate: await this.#certificate.forHub(),
        renews: this.#certificate.isIssued,
        signal: hardStop,
        handlers: {
          onDesired: (patch) => this.#follow(patch, () => session),
          onMethod: async (call) => {
            const answer = await answerOf(call, options.methods, hardStop);
            counts.add('methodCalls');
            this.#emit({ event: 'method', name: call.name, payload: call.payload, status: answer.status });
            return answer;
          },
          onMessage: (message) => {
            counts.add('messagesReceived');
            this.#emit({ event: 'message', ...message });
          },
          onEnd: (error) => lost(error),
        },
      });
    });
    this.isConnected = true;
    this.#wasConnected = true;
    counts.add('connections');
    this.#emit({ event: 'connected', assignedHub: this.#registration!.assignedHub });
    const over = new AbortController();
    try {
      await Promise.race([
        ended,
        (async () => {
          await this.#report(session);
          const sending = this.#telemetry.send(session, over.signal);
          const renewed = this.#certificate.renewal(session, over.signal, (event) => this.#emit(event));
          await Promise.race([sending, renewed.then(() => counts.add('renewals'))]);
          // The message on its way is answered before the device disconnects.
          over.abort();
          await sending;
        })(),
      ]);
    } catch (error) {
      if (hardStop.aborted) throw error;
      if (performance.now() - started > goodConnectionMs) this.#failures = 0;
      counts.add('disconnections');
      const { code, message } = asError(error);
      this.#emit({ event: 'disconnected', code, message });
      throw error;
    } finally {
      this.isConnected = false;
      over.abort();
      await session.close();
    }
    this.#failures = 0;
  }

  async #register(): Promise<AssignedRegistration> {
    if (this.#registration !== undefined && this.#failures % attemptsAtHub !== attemptsAtHub - 1) {
      return this.#registration;
    }
    const { options, pace, counts, readServiceFacts, hardStop } = this.#run;
    await pace.turn();
    const registration = await registerWith(await this.#certificate.forDps(), {
      target: options.target,
      idScope: options.idScope,
      ...this.device,
      protocol: registrationProtocols[options.protocol],
      certificateRequest: await this.#certificate.request(),
      onThrottled: (ms) => pace.pause(ms),
      readServiceFacts,
      signal: hardStop,
    });
    this.#certificate.take(registration.issuedCertificateChain ?? undefined);
    this.#registration = registration;
    counts.add('registrations');
    const { assignedHub, substatus } = registration;
    this.#emit({ event: 'registered', assignedHub, substatus: substatus ?? undefined });
    return registration;
  }

  async #report(session: HubSession): Promise<void> {
    const { options, counts } = this.#run;
    const twin = await session.getTwin();
    const { $version: _, ...desired } = (twin.desired ?? {}) as Record<string, unknown>;
    const own = options.reported?.(this.device.registrationId)(new Date());
    const properties = { ...(own as Record<string, unknown> | undefined), ...desired };
    if (Object.keys(properties).length === 0) return;
    await session.updateReported(properties);
    counts.add('reportedUpdates');
    this.#emit({ event: 'reported', properties });
  }

  /** A device applies what it is asked for, and reports it. */
  #follow({ $version: _, ...properties }: Record<string, unknown>, session: () => HubSession): void {
    const { counts } = this.#run;
    counts.add('desiredChanges');
    this.#emit({ event: 'desired', properties });
    if (!this.isConnected || Object.keys(properties).length === 0) return;
    session()
      .updateReported(properties)
      .then(() => {
        counts.add('reportedUpdates');
        this.#emit({ event: 'reported', properties });
      })
      // If the connection has ended, the next one reports all desired properties.
      .catch((error: unknown) => this.#failed('send', asError(error)));
  }

  /** Milliseconds until the next attempt; undefined if the device gives up. */
  #delayAfter(error: EnrollkitError): number | undefined {
    const { counts, giveUp } = this.#run;
    counts.add('failedAttempts');
    const isFirst = !this.#wasConnected;
    const what = this.#registration === undefined ? 'register' : 'connect';
    if (isFirst && !error.retryable && !isEnvironmental(error)) {
      this.failure = error;
      this.#failed(what, error);
      return undefined;
    }
    if (counts.totals().connections === 0 && isEnvironmental(error)) {
      counts.unreachableAttempts += 1;
      if (counts.unreachableAttempts >= attemptsAtNothing || error.code === 'SERVER_NOT_TRUSTED')
        giveUp(error);
    }
    // Its hub does not know it any more: DPS may have another.
    if (error.code === 'HUB_REFUSED') this.#registration = undefined;
    const delay = Math.min(maxDelayMs, firstDelayMs * 2 ** this.#failures) * (0.5 + Math.random() / 2);
    this.#failures = Math.min(this.#failures + 1, 1000);
    this.#failed(what, error, Math.round(delay));
    return delay;
  }

  #failed(
    what: 'register' | 'connect' | 'send',
    { code, message }: EnrollkitError,
    retryInMs?: number,
  ): void {
    this.#emit({ event: 'failed', what, code, message, ...(retryInMs === undefined ? {} : { retryInMs }) });
  }

  #emit(event: NewDeviceEvent): void {
    this.#run.options.onEvent?.({
      time: new Date().toISOString(),
      deviceId: this.#registration?.deviceId ?? this.device.registrationId,
      ...event,
    });
  }
}

function asError(thrown: unknown): EnrollkitError {
  if (thrown instanceof EnrollkitError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new EnrollkitError('INTERNAL', sentences.deviceRun.unexpected(message), { cause: thrown });
}
