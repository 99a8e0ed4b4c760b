/** Individual enrollments for a fleet, by the devices' own certificates. */
import { differingMembers, withMembers } from '../dps/client/enrollment-members.js';
import type { ServicePlane } from '../dps/client/service.js';
import type { BulkError, IndividualEnrollment } from '../dps/contract/schemas.js';
import { batchesOf, maxBulkEnrollments } from './batches.js';
import {
  differencesAsWritten,
  type EnrollmentOptions,
  type Entry,
  entryOf,
} from './registration/enrollment-entry.js';
import { conflict, isStale, notReadBack, refusal } from './registration/enrollment-failures.js';
import { EnrollmentReader, enrollmentKey } from './registration/enrollment-reader.js';
import { type DeviceFailure, Failures, type FleetFailure } from './registration/failures.js';
import { type FleetFiles, fleetDevices } from './registration/fleet-devices.js';
import { Pace } from './registration/pace.js';
import { ResultLines } from './registration/result-lines.js';

export interface EnrollFleetOptions extends EnrollmentOptions {
  files: FleetFiles;
  /** The results file: one line of JSON per device, an {@link EnrollmentResult}. Each run replaces it. */
  results: string;
  service: ServicePlane;
  /** Requests at a time. */
  concurrency: number;
  /** Operations per minute: each enrollment written, and each request that reads. Unlimited when left out. */
  perMinute?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called with the number of devices that are done, first with 0. */
  onProgress?: ((devices: number) => void) | undefined;
}

/**
 * `created`: it was missing. `updated`: it was different. `unchanged`: it was right already. In each case the
 * enrollment was read back in the end, and is as requested.
 */
export type EnrollmentOutcome = 'created' | 'updated' | 'unchanged';

/** A line of the results file. */
export interface EnrollmentResult {
  registrationId: string;
  status: EnrollmentOutcome | 'failed';
  error?: DeviceFailure;
}

export interface EnrollFleetResult extends Record<EnrollmentResult['status'], number> {
  /** All but those that failed. */
  enrolled: number;
  /** By reason, the most frequent first. */
  failures: FleetFailure[];
  elapsedMs: number;
}

/**
 * Creates an individual enrollment for each device of a fleet, by its own certificate, or updates the existing one, and
 * reads it back. The tags of the manifest go into the initial twin. Members of an existing enrollment that `settings`
 * does not name are left as they are.
 *
 * @returns the outcome; enrollments that failed are part of it and not thrown
 * @throws EnrollkitError FILE_UNREADABLE, INVALID_REGISTRATION_ID or INVALID_CERTIFICATE for the fleet's files;
 *   FILE_UNWRITABLE or FOLDER_IN_USE for the results file; whatever the service plane throws; the signal's reason when
 *   it was aborted. What was written until then stays, and the next run finds it
 */
export async function enrollFleet(options: EnrollFleetOptions): Promise<EnrollFleetResult> {
  const file = await ResultLines.open<EnrollmentResult>(options.results, () => false);
  const started = performance.now();
  try {
    const run = new EnrollmentRun(options, file);
    const entries = entriesOf(options);
    for await (const window of batchesOf(entries, windowSize)) await run.enroll(window);
    return { ...run.result(), elapsedMs: Math.round(performance.now() - started) };
  } finally {
    file.close();
  }
}

/** Devices whose enrollments are read together. More of them cost fewer requests, and 6 kB of memory each. */
const windowSize = 10_000;
/** Attempts to write an enrollment that someone else changes at the same time. */
const maxAttempts = 4;

async function* entriesOf({ files, ...options }: EnrollFleetOptions): AsyncGenerator<Entry, void> {
  for await (const device of fleetDevices(files)) yield entryOf(device, options);
}

class EnrollmentRun {
  readonly #options: EnrollFleetOptions;
  readonly #signal: AbortSignal;
  readonly #file: ResultLines<EnrollmentResult>;
  readonly #pace: Pace;
  readonly #reader: EnrollmentReader;
  readonly #failures = new Failures();
  readonly #counts = { created: 0, updated: 0, unchanged: 0, failed: 0 };
  /** Written, but not read back yet. */
  readonly #written = new Set<Entry>();

  constructor(options: EnrollFleetOptions, file: ResultLines<EnrollmentResult>) {
    this.#options = options;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#file = file;
    this.#pace = new Pace({ ...options, signal: this.#signal });
    this.#reader = new EnrollmentReader(options.service, this.#pace, this.#signal);
    this.#progress();
  }

  async enroll(entries: readonly Entry[]): Promise<void> {
    const { found, isComplete } = await this.#reader.lookForNew(idsOf(entries));
    const toWrite = entries.filter((entry) => {
      const existing = found.get(enrollmentKey(entry.registrationId));
      if (!existing && isComplete) entry.change = 'created';
      return this.#isToWrite(entry, existing);
    });
    const missing = toWrite.filter(({ found }) => !found);
    const existing = toWrite.filter(({ found }) => found);
    for (const entriesToWrite of [missing, existing]) {
      const batches = batchesOf(entriesToWrite, maxBulkEnrollments);
      await this.#pace.forEach(
        batches,
        (batch) => this.#write(batch),
        ({ length }) => length,
      );
    }
    await this.#readBack();
  }

  result(): Omit<EnrollFleetResult, 'elapsedMs'> {
    const { created, updated, unchanged } = this.#counts;
    const enrolled = created + updated + unchanged;
    return { enrolled, ...this.#counts, failures: this.#failures.list() };
  }

  /** Whether an entry is to be written. One that is as requested, or must not be changed, is settled here. */
  #isToWrite(entry: Entry, found: IndividualEnrollment | undefined): boolean {
    entry.found = found;
    if (!found) return true;
    const different = differingMembers(entry.wanted, found);
    if (different.length === 0) {
      this.#enrolled(entry);
      return false;
    }
    if (!this.#options.update) {
      this.#failed(entry, conflict(entry.registrationId, different));
      return false;
    }
    entry.change = 'updated';
    return true;
  }

  /**
   * Writes at most ten entries. One that is refused because the enrollment has changed since it was read, is read and
   * written again. It may have been changed by someone else, or by this run, if the response to a request was lost.
   */
  async #write(batch: readonly Entry[]): Promise<void> {
    let left = batch;
    for (let attempt = 1; left.length > 0; attempt += 1) {
      if (attempt > 1) await this.#pace.turn(left.length);
      const refused = await this.#send(left);
      const retries: Entry[] = [];
      for (const entry of left) {
        const error = refused.get(enrollmentKey(entry.registrationId));
        if (!error) {
          entry.change = entry.found ? 'updated' : 'created';
          this.#written.add(entry);
        } else if (!isStale(error, entry.found !== undefined)) {
          this.#failed(entry, refusal(entry.registrationId, error));
        } else if (this.#isToWrite(entry, await this.#reader.read(entry.registrationId))) {
          if (attempt < maxAttempts) retries.push(entry);
          else this.#failed(entry, refusal(entry.registrationId, error));
        }
      }
      left = retries;
      this.#progress();
    }
  }

  /** @returns the refusals, by {@link enrollmentKey} */
  async #send(entries: readonly Entry[]): Promise<Map<string, BulkError>> {
    const [{ service }, signal] = [this.#options, this.#signal];
    const created = entries.flatMap((entry) => (entry.found ? [] : [entry.created]));
    const updated = entries.flatMap(({ found, wanted }) => (found ? [withMembers(found, wanted)] : []));
    const results = [
      ...(created.length > 0 ? [await service.bulkEnrollments('create', created, { signal })] : []),
      ...(updated.length > 0
        ? [await service.bulkEnrollments('updateIfMatchETag', updated, { signal })]
        : []),
    ];
    const errors = results.flatMap((result) => result.errors);
    return new Map(errors.map((error) => [enrollmentKey(error.registrationId ?? ''), error]));
  }

  async #readBack(): Promise<void> {
    const written = [...this.#written];
    const { found } = await this.#reader.look(idsOf(written));
    const notSeen = written.filter((entry) => {
      const readBack = found.get(enrollmentKey(entry.registrationId));
      const isSeen = readBack !== undefined && differencesAsWritten(entry, readBack).length === 0;
      if (isSeen) this.#enrolled(entry);
      return !isSeen;
    });
    const [{ service }, signal] = [this.#options, this.#signal];
    await this.#pace.forEach(notSeen, async (entry) => {
      const { registrationId } = entry;
      const readBack = await service.getEnrollment(registrationId, { signal });
      const different = readBack && differencesAsWritten(entry, readBack);
      if (different?.length === 0) this.#enrolled(entry);
      else this.#failed(entry, notReadBack(registrationId, different));
    });
  }

  #enrolled(entry: Entry): void {
    this.#settle(entry, { status: entry.change ?? 'unchanged' });
  }

  #failed(entry: Entry, error: DeviceFailure): void {
    this.#failures.add(entry.registrationId, error);
    this.#settle(entry, { status: 'failed', error });
  }

  #settle(entry: Entry, result: Omit<EnrollmentResult, 'registrationId'>): void {
    this.#file.add({ registrationId: entry.registrationId, ...result });
    this.#counts[result.status] += 1;
    this.#written.delete(entry);
    this.#progress();
  }

  #progress(): void {
    const { created, updated, unchanged, failed } = this.#counts;
    this.#options.onProgress?.(created + updated + unchanged + failed + this.#written.size);
  }
}

const idsOf = (entries: readonly Entry[]) => entries.map(({ registrationId }) => registrationId);
