/** Takes a fleet back out of a provisioning service: its registration records, and what else is asked for. */

import { HubService } from '../dps/client/hub-service.js';
import type { ServicePlane } from '../dps/client/service.js';
import type { Target } from '../dps/client/target.js';
import { withoutPort } from '../dps/contract/host.js';
import { EnrollkitError } from '../errors.js';
import { batchesOf, maxBulkEnrollments } from './registration/batches.js';
import { type ManifestDevice, manifestDevices } from './registration/fleet-devices.js';
import { Pace } from './registration/pace.js';

export interface DeregisterFleetOptions {
  manifest: string;
  target: Target;
  service: ServicePlane;
  /** Deletes the individual enrollments, too. */
  enrollments: boolean;
  /** Deletes the devices from their hub, too: the one whose connection string the target has. */
  hubDevices: boolean;
  /** Devices at once. */
  concurrency: number;
  /** Devices in any minute; as many as can be when left out. */
  perMinute?: number | undefined;
  signal: AbortSignal;
  onProgress?: ((devices: number) => void) | undefined;
}

export interface DeregisterFleetResult {
  /** Devices that are no longer registered, those that never were among them. */
  devices: number;
  /** Devices that stay in a hub whose connection string is not known; counted when devices are deleted from hubs. */
  leftInHubs: number;
  elapsedMs: number;
}

/**
 * Deletes; what is gone already counts as deleted, so that running it again goes on.
 *
 * @throws EnrollkitError FILE_UNREADABLE; NEEDS_INPUT when hub devices are to be deleted and no hub's connection string is
 *   known; what the service plane and the hub throw; the signal's reason when it was aborted
 */
export async function deregisterFleet(options: DeregisterFleetOptions): Promise<DeregisterFleetResult> {
  const { manifest, target, service, enrollments, hubDevices, concurrency, perMinute, signal, onProgress } =
    options;
  const hub = hubDevices ? openHub(target) : undefined;
  const pace = new Pace({ concurrency, perMinute, signal });
  const started = performance.now();
  let devices = 0;
  let leftInHubs = 0;

  const one = async ({ registrationId }: ManifestDevice) => {
    if (hub) {
      const record = await service.getRegistration(registrationId, { signal });
      if (record?.assignedHub && !hub.is(record.assignedHub)) leftInHubs += 1;
      else if (record?.assignedHub)
        await hub.service.deleteDevice(record.deviceId ?? registrationId, { signal });
    }
    await service.deleteRegistration(registrationId, { signal });
  };
  const deregister = async (batch: readonly ManifestDevice[]) => {
    // Without their enrollments first, devices could register again in between.
    if (enrollments) await deleteEnrollments(batch, service, signal);
    for (const device of batch) await one(device);
    devices += batch.length;
    onProgress?.(devices);
  };

  try {
    const batches = batchesOf(manifestDevices(manifest), maxBulkEnrollments);
    await pace.forEach(batches, deregister, ({ length }) => length);
  } finally {
    hub?.service.close();
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
      `DPS did not delete the enrollment of ${error.registrationId}: ${error.errorStatus} (${error.errorCode}).`,
    );
  }
  if (isSuccessful || errors.length > 0) return;
  const [first, last] = [names[0]!, names.at(-1)!].map(({ registrationId }) => registrationId);
  throw new EnrollkitError(
    'REFUSED',
    `DPS did not delete all of the enrollments from ${first} to ${last}, and gave no reason.`,
    { next: 'Run the same command again; if it fails again, look at the enrollments in the portal.' },
  );
}

function openHub(target: Target) {
  const { hubConnectionString } = target;
  if (!hubConnectionString) {
    throw new EnrollkitError('NEEDS_INPUT', 'The connection string of the hub is not known.', {
      next: 'Set ENROLLKIT_HUB_CONNECTION_STRING to that of a policy of the hub with RegistryRead and RegistryWrite, or leave --hub-devices away.',
    });
  }
  const comparable = (host: string) => withoutPort(host).toLowerCase();
  return {
    service: new HubService(hubConnectionString, target),
    is: (host: string) => comparable(host) === comparable(hubConnectionString.hostName),
  };
}
