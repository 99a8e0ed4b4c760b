/**
 * The limits of a provisioning service, on rates and numbers. Off by default, since tests and fleets are in a hurry.
 *
 * Source: Microsoft Learn, "Azure IoT Hub Device Provisioning Service quotas and limits", March 2024.
 */

import { Recent } from '../wire/recent.js';
import { DpsError } from './dps-error.js';

export interface QuotaLimits extends ResourceLimits {
  /** Operations of the service plane, per minute. */
  operationsPerMinute: number;
  /** Successful registrations, per minute. */
  registrationsPerMinute: number;
  /** Polls of each device, per ten seconds. */
  pollsPerTenSeconds: number;
}

/** How many of each there can be at most. */
export interface ResourceLimits {
  /** Provisioning services in the subscription. */
  services: number;
  /** From here on, in each provisioning service. */
  linkedHubs: number;
  certificates: number;
  x509EnrollmentGroups: number;
  symmetricKeyEnrollmentGroups: number;
  individualEnrollments: number;
  registrations: number;
}

export const documentedLimits: QuotaLimits = {
  operationsPerMinute: 1000,
  registrationsPerMinute: 1000,
  pollsPerTenSeconds: 5,
  services: 10,
  linkedHubs: 50,
  certificates: 25,
  x509EnrollmentGroups: 100,
  symmetricKeyEnrollmentGroups: 100,
  individualEnrollments: 1_000_000,
  registrations: 1_000_000,
};

/** Microsoft's documented limits, overridden where the option has numbers; undefined for no limits. */
export function limitsOf(option: boolean | Partial<QuotaLimits>): QuotaLimits | undefined {
  if (option === false) return undefined;
  return option === true ? documentedLimits : { ...documentedLimits, ...option };
}

/** How many devices' polls are remembered: the device whose last poll is the oldest is forgotten first. */
const maxDevices = 100_000;

/** The most of these that there can be; Infinity without limits. */
export function mostOf(limits: QuotaLimits | undefined, of: keyof ResourceLimits): number {
  return limits?.[of] ?? Number.POSITIVE_INFINITY;
}

export class Quotas {
  readonly #limits: QuotaLimits | undefined;
  readonly #now: () => Date;
  readonly #operations: number[] = [];
  readonly #registrations: number[] = [];
  readonly #polls = new Recent<string, number[]>(maxDevices);

  /** @param limits undefined for none */
  constructor(limits: QuotaLimits | undefined, now: () => Date) {
    this.#limits = limits;
    this.#now = now;
  }

  /** The most of these that there can be; Infinity without limits. */
  most(of: keyof ResourceLimits): number {
    return mostOf(this.#limits, of);
  }

  /**
   * Counts an operation of the service plane.
   *
   * @throws DpsError throttled
   */
  operation(): void {
    if (this.#limits) this.#count(this.#operations, this.#limits.operationsPerMinute, 60_000);
  }

  /**
   * Counts a registration.
   *
   * @throws DpsError throttled
   */
  registration(): void {
    if (this.#limits) this.#count(this.#registrations, this.#limits.registrationsPerMinute, 60_000);
  }

  /**
   * Counts a device's poll for the outcome of its registration, or a look at its state.
   *
   * @throws DpsError throttled
   */
  poll(registrationId: string): void {
    if (!this.#limits) return;
    const key = registrationId.toLowerCase();
    const polls = this.#polls.get(key) ?? [];
    this.#polls.set(key, polls);
    this.#count(polls, this.#limits.pollsPerTenSeconds, 10_000);
  }

  /** @param times in order; those that no longer count are removed */
  #count(times: number[], limit: number, windowMs: number): void {
    const now = this.#now().getTime();
    // The clock may have been set back: times ahead of it no longer count.
    while (times.length > 0 && times.at(-1)! > now) times.pop();
    let gone = 0;
    while (gone < times.length && times[gone]! <= now - windowMs) gone += 1;
    if (gone > 0) times.splice(0, gone);
    if (times.length >= limit) {
      const retryAfter = Math.max(1, Math.ceil((times[0]! + windowMs - now) / 1000));
      throw new DpsError('throttled', {
        reason: `more than ${limit} in ${windowMs / 1000} s; again in ${retryAfter} s`,
        retryAfter,
      });
    }
    times.push(now);
  }
}

/**
 * Source: Microsoft Learn, "Troubleshooting with DPS", whose only status for limits is 429. It has no Retry-After, since
 * waiting does not help.
 *
 * @throws DpsError throttled when there are already as many as there can be
 */
export function assertFewer(count: () => number, most: number, what: string): void {
  if (most === Number.POSITIVE_INFINITY || count() < most) return;
  throw new DpsError('throttled', { message: `The provisioning service holds at most ${most} ${what}.` });
}
