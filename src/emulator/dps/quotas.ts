/**
 * The limits of a provisioning service, by rate and by number; off by default, since tests and fleets should run fast.
 *
 * Source: Microsoft Learn, "Azure IoT Hub Device Provisioning Service quotas and limits", March 2024.
 */

import { Recent } from '../wire/recent.js';
import { DpsError } from './dps-error.js';

export interface QuotaLimits extends CountLimits {
  /** On the service plane. */
  operationsPerMinute: number;
  /** Counts registrations of devices that may register. */
  registrationsPerMinute: number;
  /** Per device. */
  pollsPerTenSeconds: number;
}

/** Limits by number. */
export interface CountLimits {
  /** Provisioning services in the subscription. */
  services: number;
  /** This and the following: per provisioning service. */
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

/** Polls are counted for this many devices; those that polled longest ago are forgotten first. */
const maxDevices = 100_000;

/** The maximum number; Infinity without limits. */
export function mostOf(limits: QuotaLimits | undefined, of: keyof CountLimits): number {
  return limits?.[of] ?? Number.POSITIVE_INFINITY;
}

export class Quotas {
  readonly #limits: QuotaLimits | undefined;
  readonly #now: () => Date;
  readonly #operations: number[] = [];
  readonly #registrations: number[] = [];
  readonly #polls = new Recent<string, number[]>(maxDevices);

  /** @param limits undefined for no limits */
  constructor(limits: QuotaLimits | undefined, now: () => Date) {
    this.#limits = limits;
    this.#now = now;
  }

  /** The maximum number; Infinity without limits. */
  most(of: keyof CountLimits): number {
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

  /** @param times when the events within the window were counted, in order */
  #count(times: number[], limit: number, windowMs: number): void {
    const now = this.#now().getTime();
    // If the clock was set back, times after it no longer count.
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
 * Source: Microsoft Learn, "Troubleshooting with DPS", whose only status for limits is 429. It comes without
 * Retry-After, since waiting makes no room.
 *
 * @throws DpsError throttled when the maximum is reached
 */
export function assertFewer(count: () => number, most: number, what: string): void {
  if (most === Number.POSITIVE_INFINITY || count() < most) return;
  throw new DpsError('throttled', { message: `The provisioning service holds at most ${most} ${what}.` });
}
