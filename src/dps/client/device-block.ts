/**
 * Keeps one device out, and lets it in again: a disabled individual enrollment comes before its enrollment group, and its
 * identity in the hub is disabled, which ends its connection.
 *
 * Source: Microsoft Learn, "How to unenroll or revoke devices from Azure IoT Hub Device Provisioning Service", on specific
 * devices of an X.509 enrollment group.
 */
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { IndividualEnrollment } from '../contract/schemas.js';
import { withSymmetricKeys } from './enrollment-keys.js';
import type { RequestOptions } from './http/client.js';
import { KnownHubs } from './known-hubs.js';
import type { ServicePlane } from './service.js';
import type { Target } from './target.js';

export interface BlockedDevice {
  registrationId: string;
  /** What was done to the individual enrollment: `none` if nothing had to be changed. */
  enrollment: 'created' | 'disabled' | 'deleted' | 'enabled' | 'none';
  /**
   * The device's identity in each hub that has it, with its status as read back. `unknown` without the connection string of
   * the hub.
   */
  hubs: { hostName: string; deviceId: string; status: 'enabled' | 'disabled' | 'unknown' }[];
}

export interface BlockOptions extends RequestOptions {
  target: Target;
  service: ServicePlane;
  registrationId: string;
}

/** Marks an enrollment that only exists to block a device, so that unblocking deletes it. */
const mark = { createdBy: 'enrollkit', purpose: 'block' };

/** How often a change is tried again that someone else's change came before. */
const maxTries = 4;

/**
 * Blocks a device. Doing it again changes nothing, and completes what was interrupted.
 *
 * @param certificate of the device, PEM, for its individual enrollment; called when it has none
 * @throws EnrollkitError what `certificate` throws; NOT_READ_BACK; the errors of ServicePlane and HubService
 */
export async function blockDevice(
  options: BlockOptions,
  certificate: () => Promise<string>,
): Promise<BlockedDevice> {
  const { registrationId, service, signal } = options;
  // First, so that the device cannot register again once its hub has ended the connection.
  const enrollment = await changing<BlockedDevice['enrollment']>(options, async (found) => {
    if (found?.provisioningStatus === 'disabled') return 'none';
    if (found) {
      await setStatus(found, 'disabled', options);
      return 'disabled';
    }
    const primary = { certificate: await certificate() };
    await service.createEnrollment(
      {
        registrationId,
        attestation: { type: 'x509', x509: { clientCertificates: { primary } } },
        provisioningStatus: 'disabled',
        optionalDeviceInformation: mark,
      },
      { signal },
    );
    return 'created';
  });
  const after = await service.getEnrollment(registrationId, { signal });
  if (after?.provisioningStatus !== 'disabled') {
    throw new EnrollkitError('NOT_READ_BACK', sentences.dpsClient.notBlocked(registrationId));
  }
  return { registrationId, enrollment, hubs: await setInHubs(options, 'disabled') };
}

/** Unblocks a device: deletes the enrollment that {@link blockDevice} created, and enables any other. As {@link blockDevice} otherwise. */
export async function unblockDevice(options: BlockOptions): Promise<BlockedDevice> {
  const { registrationId, service, signal } = options;
  // First, since an enrollment takes its registration record with it, which names the hub.
  const hubs = await setInHubs(options, 'enabled');
  const enrollment = await changing<BlockedDevice['enrollment']>(options, async (found) => {
    if (found?.provisioningStatus !== 'disabled') return 'none';
    if (isMarked(found)) {
      await service.deleteEnrollment(registrationId, { signal, ...(found.etag ? { etag: found.etag } : {}) });
      return 'deleted';
    }
    await setStatus(found, 'enabled', options);
    return 'enabled';
  });
  const after = await service.getEnrollment(registrationId, { signal });
  if (after?.provisioningStatus === 'disabled') {
    throw new EnrollkitError('NOT_READ_BACK', sentences.dpsClient.notUnblocked(registrationId));
  }
  return { registrationId, enrollment, hubs };
}

/** Changes the enrollment as it is now; reads it again when someone else has changed it in the meantime. */
async function changing<Result>(
  { service, registrationId, signal }: BlockOptions,
  change: (found: IndividualEnrollment | undefined) => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await change(await service.getEnrollment(registrationId, { signal }));
    } catch (error) {
      const isStale =
        error instanceof EnrollkitError && ['PRECONDITION_FAILED', 'CONFLICT'].includes(error.code);
      if (!isStale || tries === maxTries) throw error;
    }
  }
}

function isMarked({ optionalDeviceInformation: information }: IndividualEnrollment): boolean {
  return information?.createdBy === mark.createdBy && information.purpose === mark.purpose;
}

async function setStatus(
  found: IndividualEnrollment,
  provisioningStatus: 'enabled' | 'disabled',
  { service, signal }: BlockOptions,
): Promise<void> {
  const enrollment = await withSymmetricKeys(service, found, { signal });
  await service.updateEnrollment({ ...enrollment, provisioningStatus }, found.etag ?? '*', { signal });
}

async function setInHubs(
  { target, service, registrationId, signal }: BlockOptions,
  status: 'enabled' | 'disabled',
): Promise<BlockedDevice['hubs']> {
  const record = await service.getRegistration(registrationId, { signal });
  const known = new KnownHubs(target);
  const places = record?.assignedHub
    ? [{ hostName: record.assignedHub, deviceId: record.deviceId ?? registrationId }]
    : // Without a record, the device may still be in a hub.
      target.hubConnectionStrings.map(({ hostName }) => ({ hostName, deviceId: registrationId }));
  const hubs: BlockedDevice['hubs'] = [];
  try {
    for (const { hostName, deviceId } of places) {
      const hub = known.of(hostName);
      if (!hub) {
        hubs.push({ hostName, deviceId, status: 'unknown' });
        continue;
      }
      await hub.setStatus(deviceId, status, { signal });
      const after = await hub.getDevice(deviceId, { signal });
      if (after === undefined) continue;
      if (after.status !== status) {
        throw new EnrollkitError(
          'NOT_READ_BACK',
          sentences.dpsClient.statusNotSet(hostName, deviceId, after.status),
        );
      }
      hubs.push({ hostName, deviceId, status: after.status });
    }
  } finally {
    known.close();
  }
  return hubs;
}
