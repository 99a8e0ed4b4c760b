/** Individual enrollments for a fleet, by the devices' own certificates, ten in a request as the service takes them. */

import type { ServicePlane } from '../dps/client/service.js';
import type { BulkError, IndividualEnrollment } from '../dps/contract/schemas.js';
import { EnrollkitError } from '../errors.js';
import { bulksPerMinute, inTens, type Ten } from './registration/batches.js';
import { type FleetDevice, type FleetFiles, fleetDevices } from './registration/fleet-devices.js';
import { Pace } from './registration/pace.js';
import { ResultLines } from './registration/result-lines.js';

/** What every enrollment of the fleet has in common. */
export type EnrollmentSettings = Omit<IndividualEnrollment, 'registrationId' | 'deviceId' | 'attestation'>;

export interface EnrollFleetOptions {
  files: FleetFiles;
  /** The file of results, NDJSON; made, or gone on with. */
  results: string;
  service: ServicePlane;
  settings: EnrollmentSettings;
  /** Replaces the enrollments that there are already. */
  update: boolean;
  /** Requests at once. */
  concurrency: number;
  /** Enrollments in any minute; as many as can be when left out. */
  perMinute?: number | undefined;
  signal: AbortSignal;
  onProgress?: ((counts: EnrollmentCounts) => void) | undefined;
}

export interface EnrollmentCounts {
  /** Of earlier runs. */
  before: number;
  enrolled: number;
  failed: number;
}

/** A line of the file of results. */
export interface EnrollmentResult {
  registrationId: string;
  status: 'enrolled' | 'failed';
  error?: { errorCode: number; message: string };
}

export interface EnrollmentFailure {
  errorCode: number;
  count: number;
  /** Of the first one. */
  registrationId: string;
  message: string;
}

export interface EnrollFleetResult extends EnrollmentCounts {
  failures: EnrollmentFailure[];
  elapsedMs: number;
}

/**
 * Creates an individual enrollment for each device that earlier runs have not enrolled. Tags of the manifest go into
 * the initial twin. One that is there already with the device's certificate counts as enrolled.
 *
 * @returns what came of it; enrollments that were refused are in it, and no error
 * @throws EnrollkitError FILE_UNREADABLE, FILE_UNWRITABLE, FOLDER_IN_USE; what the service plane throws; the signal's
 *   reason when it was aborted. What is done stands in the file of results
 */
export async function enrollFleet(options: EnrollFleetOptions): Promise<EnrollFleetResult> {
  const { files, results, service, settings, update, concurrency, perMinute, signal, onProgress } = options;
  const done = new Set<string>();
  const file = await ResultLines.open<EnrollmentResult>(results, ({ status, registrationId }) => {
    if (status !== 'enrolled') return false;
    done.add(registrationId);
    return true;
  });
  const counts: EnrollmentCounts = { before: done.size, enrolled: 0, failed: 0 };
  const failures = new Map<number, EnrollmentFailure>();
  const pace = new Pace({ concurrency, perMinute: bulksPerMinute(perMinute), signal });
  const started = performance.now();

  const enroll = async (devices: Ten<FleetDevice>) => {
    const enrollments = devices.map((device) => enrollmentOf(device, settings));
    const refused = byId(await service.bulkEnrollments('create', enrollments, { signal }));
    const there = enrollments.filter((one) => isConflict(refused.get(one.registrationId)?.errorCode));
    if (update && there.length > 0) {
      const errors = byId(await service.bulkEnrollments('update', there, { signal }));
      for (const { registrationId } of there) {
        const error = errors.get(registrationId);
        if (error) refused.set(registrationId, error);
        else refused.delete(registrationId);
      }
    }
    for (const device of devices) {
      const { registrationId } = device;
      const error = refused.get(registrationId);
      if (!error || (isConflict(error.errorCode) && (await isEnrolled(device, service, signal)))) {
        file.add({ registrationId, status: 'enrolled' });
        counts.enrolled += 1;
        continue;
      }
      const { errorCode, errorStatus: message } = error;
      file.add({ registrationId, status: 'failed', error: { errorCode, message } });
      counts.failed += 1;
      const failure = failures.get(errorCode) ?? { errorCode, count: 0, registrationId, message };
      failure.count += 1;
      failures.set(errorCode, failure);
    }
    onProgress?.(counts);
  };

  try {
    await pace.forEach(
      inTens(fleetDevices(files, ({ registrationId }) => !done.has(registrationId))),
      enroll,
    );
  } finally {
    file.close();
  }
  return { ...counts, failures: [...failures.values()], elapsedMs: Math.round(performance.now() - started) };
}

function enrollmentOf(device: FleetDevice, settings: EnrollmentSettings): IndividualEnrollment {
  const { registrationId, certificateChain, tags } = device;
  const { initialTwin } = settings;
  const twin =
    initialTwin || Object.keys(tags).length > 0
      ? { initialTwin: { ...initialTwin, tags: { ...initialTwin?.tags, ...tags } } }
      : {};
  return {
    ...settings,
    ...twin,
    registrationId,
    attestation: {
      type: 'x509',
      x509: { clientCertificates: { primary: { certificate: firstBlock(certificateChain) } } },
    },
  };
}

const endOfBlock = '-----END CERTIFICATE-----';

function firstBlock(pem: string): string {
  const end = pem.indexOf(endOfBlock);
  if (end === -1)
    throw new EnrollkitError('INVALID_CERTIFICATE', 'A chain of the fleet holds no certificate.');
  return `${pem.slice(0, end + endOfBlock.length)}\n`;
}

const byId = (errors: readonly BulkError[]) => new Map(errors.map((error) => [error.registrationId, error]));

const isConflict = (errorCode = 0) => Math.floor(errorCode / 1000) === 409;

/** A run that was cut off can have created it. */
async function isEnrolled(
  { registrationId, sha256Thumbprint }: FleetDevice,
  service: ServicePlane,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await service.getEnrollment(registrationId, { signal });
  const { primary } = found?.attestation.x509?.clientCertificates ?? {};
  return primary?.info?.sha256Thumbprint?.toUpperCase() === sha256Thumbprint;
}
