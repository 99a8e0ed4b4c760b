/** Reads the individual enrollments of many devices, in few requests. */
import type { ServicePlane } from '../../dps/client/service.js';
import type { IndividualEnrollment } from '../../dps/contract/schemas.js';
import { maxBulkEnrollments } from '../batches.js';
import type { Pace } from './pace.js';

export interface Look {
  /** By {@link enrollmentKey}. */
  found: Map<string, IndividualEnrollment>;
  /** Whether all enrollments were read: then those that were not found do not exist. */
  isComplete: boolean;
}

/** Registration IDs are compared without case. */
export const enrollmentKey = (registrationId: string) => registrationId.toLowerCase();

export class EnrollmentReader {
  readonly #service: ServicePlane;
  readonly #pace: Pace;
  readonly #signal: AbortSignal;
  /** The keys of all enrollments of the service, from the last time the list was read to its end. */
  #all: ReadonlySet<string> | undefined;

  constructor(service: ServicePlane, pace: Pace, signal: AbortSignal) {
    this.#service = service;
    this.#pace = pace;
    this.#signal = signal;
  }

  /**
   * Looks for the enrollments of devices on the pages of the service's list. A page has many enrollments (in Azure, a
   * hundred or more), so reading a fleet takes a fraction of the requests of writing it. At a service with far more
   * enrollments than the fleet has devices it gives up, after as many pages as writing takes requests.
   *
   * @throws EnrollkitError what the service plane throws; the signal's reason when it was aborted
   */
  async look(registrationIds: readonly string[]): Promise<Look> {
    const wanted = new Set(registrationIds.map(enrollmentKey));
    const found: Look['found'] = new Map();
    const all = new Set<string>();
    const mostPages = Math.ceil(wanted.size / maxBulkEnrollments);
    let continuation: string | undefined;
    for (let pages = 0; pages < mostPages; pages += 1) {
      await this.#pace.turn();
      const page = await this.#service.getEnrollmentPage(continuation, { signal: this.#signal });
      for (const enrollment of page.enrollments) {
        const key = enrollmentKey(enrollment.registrationId);
        all.add(key);
        if (wanted.has(key)) found.set(key, enrollment);
      }
      continuation = page.continuation;
      if (continuation === undefined) this.#all = all;
      if (continuation === undefined || found.size === wanted.size) return { found, isComplete: true };
    }
    return { found, isComplete: wanted.size === 0 };
  }

  /** Like {@link look}, but without a request if an earlier look has shown that none of them exists. */
  async lookForNew(registrationIds: readonly string[]): Promise<Look> {
    const mayExist = (id: string) => this.#all?.has(enrollmentKey(id)) ?? true;
    if (registrationIds.some(mayExist)) return this.look(registrationIds);
    return { found: new Map(), isComplete: true };
  }

  /** One enrollment; undefined when it does not exist. @throws as {@link look} */
  async read(registrationId: string): Promise<IndividualEnrollment | undefined> {
    await this.#pace.turn();
    return this.#service.getEnrollment(registrationId, { signal: this.#signal });
  }
}
