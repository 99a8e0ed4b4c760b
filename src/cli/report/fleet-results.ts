/** What the files of a fleet say: its manifest, and the results of its registration. */
import type { RegistrationResult } from '../../fleet/register-fleet.js';
import { Failures, type FleetFailure } from '../../fleet/registration/failures.js';
import { manifestDevices } from '../../fleet/registration/fleet-devices.js';
import { readResults } from '../../fleet/registration/result-lines.js';
import { Latencies, type LatencySummary } from '../../fleet/speed/latencies.js';
import { type RateSummary, Rates } from '../../fleet/speed/rates.js';
import { validityOf } from '../pictures/certificate-tree/validity.js';
import type { Expiry } from '../pictures/expiry-calendar.js';

export interface FleetResults {
  assigned: number;
  failed: number;
  hubs: ReadonlyMap<string, number>;
  idScopes: readonly string[];
  failures: readonly FleetFailure[];
  latency: LatencySummary | undefined;
  /** Of the last run. */
  rate: RateSummary | undefined;
  /** When the first device of the last run was finished: ISO 8601. */
  lastRun: string | undefined;
}

/** A longer pause is the end of a run. */
const pauseMs = 300_000;
const dayMs = 86_400_000;
/** More are a sign that it is no fleet of one service. */
const maxIdScopes = 10;

/** @throws EnrollkitError FILE_UNREADABLE */
export async function readFleetResults(path: string, signal: AbortSignal): Promise<FleetResults> {
  const counts = { assigned: 0, failed: 0 };
  const hubs = new Map<string, number>();
  const idScopes = new Set<string>();
  const failures = new Failures();
  const latencies = new Latencies();
  const times: number[] = [];
  for await (const line of readResults<RegistrationResult>(path)) {
    signal.throwIfAborted();
    // Someone may have edited the file.
    const { registrationId, status, assignedHub, idScope, milliseconds, at, error } = line as Record<
      keyof RegistrationResult,
      unknown
    >;
    if (idScopes.size < maxIdScopes && typeof idScope === 'string') idScopes.add(idScope);
    if (status === 'assigned') {
      counts.assigned += 1;
      if (typeof assignedHub === 'string') hubs.set(assignedHub, (hubs.get(assignedHub) ?? 0) + 1);
      if (typeof milliseconds === 'number' && milliseconds >= 0 && milliseconds < dayMs)
        latencies.add(milliseconds);
    } else {
      counts.failed += 1;
      if (isFailure(error)) failures.add(String(registrationId), error);
    }
    const time = typeof at === 'string' ? Date.parse(at) : Number.NaN;
    if (!Number.isNaN(time)) times.push(time);
  }
  return {
    ...counts,
    hubs,
    idScopes: [...idScopes],
    failures: failures.list(),
    latency: latencies.summary(),
    ...lastRunOf(times),
  };
}

function isFailure(error: unknown): error is NonNullable<RegistrationResult['error']> {
  const { code, message, next, errorCode } = (error ?? {}) as Record<string, unknown>;
  const isText = [code, message, next].every((one) => typeof one === 'string');
  return isText && (errorCode === undefined || typeof errorCode === 'number');
}

/** The devices that were finished without a long pause up to the last one. */
function lastRunOf(times: number[]): Pick<FleetResults, 'rate' | 'lastRun'> {
  times.sort((a, b) => a - b);
  const end = times.at(-1);
  if (end === undefined) return { rate: undefined, lastRun: undefined };
  const pause = times.findLastIndex((time, index) => index > 0 && time - times[index - 1]! > pauseMs);
  const run = times.slice(Math.max(0, pause));
  const rates = new Rates();
  for (const time of run) rates.add(time - run[0]!);
  return { rate: rates.summary(end - run[0]!), lastRun: new Date(run[0]!).toISOString() };
}

export interface FleetSize {
  devices: number;
  expiries: readonly Expiry[];
  /** Names of tags. */
  tags: readonly string[];
}

/** @throws EnrollkitError FILE_UNREADABLE, INVALID_REGISTRATION_ID */
export async function readManifest(path: string, at: Date, signal: AbortSignal): Promise<FleetSize> {
  let devices = 0;
  const ends = new Map<string, Expiry>();
  const names = new Set<string>();
  for await (const { notBefore, notAfter, tags } of manifestDevices(path)) {
    signal.throwIfAborted();
    devices += 1;
    for (const name of Object.keys(tags)) names.add(name);
    // Certificates of one run end at the same time.
    const known = ends.get(notBefore + notAfter);
    if (known) known.count += 1;
    const dates = { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
    if (known || Number.isNaN(dates.notBefore.getTime()) || Number.isNaN(dates.notAfter.getTime())) continue;
    const { state } = validityOf(dates, at, undefined);
    ends.set(notBefore + notAfter, { notAfter: dates.notAfter, state, count: 1 });
  }
  return { devices, expiries: [...ends.values()], tags: [...names] };
}
