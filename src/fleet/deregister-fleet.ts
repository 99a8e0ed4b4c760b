/** Removes a fleet from a provisioning service: its registration records, enrollments and hub devices. */

import { KnownHubs } from '../dps/client/known-hubs.js';
import type { ServicePlane } from '../dps/client/service.js';
import type { Target } from '../dps/client/target.js';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { batchesOf, maxBulkEnrollments } from './batches.js';
import { type ManifestDevice, manifestDevices } from './registration/fleet-devices.js';
import { Pace } from './registration/pace.js';

export interface DeregisterFleetOptions {
  /** The manifest of the fleet, a CSV file. */
  manifest: string;
  target: Target;
  service: ServicePlane;
  /** Also deletes the individual enrollments; no by default. */
  enrollments?: boolean | undefined;
  /** Also deletes the devices from the hubs whose connection strings `target` has; no by default. */
  hubDevices?: boolean | undefined;
  /** Batches of ten devices at a time. */
  concurrency: number;
  /** Devices per minute; unlimited when left out. */
  perMinute?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called with the number of devices that are done. */
  onProgress?: ((devices: number) => void) | undefined;
}

export interface DeregisterFleetResult {
  /** Devices that are no longer registered, including those that never were. */
  devices: number;
  /** Devices left in hubs whose connection strings are not known; counted only with `hubDevices`. */
  leftInHubs: number;
  elapsedMs: number;
}

/**
 * Deletes the registration records of a fleet's devices and, if asked to, their individual enrollments and the devices
 * in the hub. Whatever is gone already counts as deleted, so a run that failed can be repeated.
 *
 * @throws EnrollkitError FILE_UNREADABLE or INVALID_REGISTRATION_ID for the manifest; NEEDS_INPUT when `hubDevices` is
 *   set and `target` has no connection string of a hub; REFUSED when DPS keeps an enrollment; whatever the service plane
 *   and the hub throw; the signal's reason when it was aborted
 */
export async function deregisterFleet(options: DeregisterFleetOptions): Promise<DeregisterFleetResult> {
  const { manifest, target, service, enrollments, hubDevices, concurrency, perMinute, onProgress } = options;
  const { signal = new AbortController().signal } = options;
  const hubs = hubDevices ? openHubs(target) : undefined;
  const pace = new Pace({ concurrency, perMinute, signal });
  const started = performance.now();
  let devices = 0;
  let leftInHubs = 0;

  const one = async ({ registrationId }: ManifestDevice) => {
    if (hubs) {
      const record = await service.getRegistration(registrationId, { signal });
      const hub = record?.assignedHub ? hubs.of(record.assignedHub) : undefined;
      if (hub) await hub.deleteDevice(record!.deviceId ?? registrationId, { signal });
      else if (record?.assignedHub) leftInHubs += 1;
    }
    await service.deleteRegistration(registrationId, { signal });
  };
  const deregister = async (batch: readonly ManifestDevice[]) => {
    // Enrollments go first: otherwise devices could register again in between.
    if (enrollments) await deleteEnrollments(batch, service, signal);
    for (const device of batch) await one(device);
    devices += batch.length;
    onProgress?.(devices);
  };

  try {
    const batches = batchesOf(manifestDevices(manifest), maxBulkEnrollments);
    await pace.forEach(batches, deregister, ({ length }) => length);
  } finally {
    hubs?.close();
  }
  return { devices, leftInHubs, elapsedMs: Math.round(performance.now() - started) };
}

async function deleteEnrollments(
  devices: readonly ManifestDevice[],
  service: ServicePlane,
  signal: AbortSignal,
): Promise<void> {
  const names = devices.map(({ registrationId }) => ({ registrationId }));
  const { isSuccessful, errors } = await service.bulkEnrollments('delete', names, { signal });
  const error = errors.find(({ errorCode }) => Math.floor(errorCode / 1000) !== 404);
  if (error) {
    throw new EnrollkitError(
      'REFUSED',
      sentences.fleet.enrollmentNotDeleted(
        error.registrationId ?? '',
        error.errorStatus ?? '',
        error.errorCode,
      ),
    );
  }
  if (isSuccessful || errors.length > 0) return;
  const [first, last] = [names[0]!, names.at(-1)!].map(({ registrationId }) => registrationId);
  throw new EnrollkitError('REFUSED', sentences.fleet.enrollmentsNotDeleted(first!, last!), {
    next: sentences.fleet.enrollmentsNotDeletedNext,
  });
}

/** @throws EnrollkitError NEEDS_INPUT */
function openHubs(target: Target): KnownHubs {
  if (target.hubConnectionStrings.length > 0) return new KnownHubs(target);
  throw new EnrollkitError('NEEDS_INPUT', sentences.fleet.noHubConnectionString, {
    next: sentences.fleet.noHubConnectionStringNext,
  });
}
