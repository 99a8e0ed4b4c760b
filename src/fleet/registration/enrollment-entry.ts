/** A device of a fleet, and what its individual enrollment is to be. */

import { differingMembers, type WantedMembers, withMembers } from '../../dps/client/enrollment-members.js';
import type { IndividualEnrollment } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import type { FleetDevice } from './fleet-devices.js';

/** What enrollments of a fleet have in common. */
export type EnrollmentSettings = Omit<WantedMembers, 'attestation'>;

/** A device and its enrollment. */
export interface Entry {
  registrationId: string;
  /** As a new enrollment. */
  created: IndividualEnrollment;
  /** What an existing enrollment must be. */
  wanted: WantedMembers;
  /** As it was read last; undefined also before it was read. */
  found?: IndividualEnrollment | undefined;
  /** What is needed, or was done, to have it as wanted; undefined while it is not known whether it exists. */
  change?: 'created' | 'updated' | undefined;
}

export interface EntryOptions {
  /** What every enrollment is set to. */
  settings: EnrollmentSettings;
  /** What new enrollments are set to where `settings` says nothing. */
  defaults?: EnrollmentSettings | undefined;
  /** Whether an existing enrollment is changed to `settings`; otherwise it must be as a new one. */
  update: boolean;
}

/** @throws EnrollkitError INVALID_CERTIFICATE when the device's chain holds none */
export function entryOf(device: FleetDevice, { settings, defaults, update }: EntryOptions): Entry {
  const { registrationId } = device;
  const ofNew = membersOf(device, { ...defaults, ...settings });
  const { attestation, ...members } = ofNew;
  const created = withMembers({ registrationId, attestation }, members);
  return { registrationId, created, wanted: update ? membersOf(device, settings) : ofNew };
}

function membersOf({ certificateChain, tags }: FleetDevice, settings: EnrollmentSettings) {
  const { initialTwin } = settings;
  const hasTags = Object.keys(tags).length > 0;
  const certificate = firstBlock(certificateChain);
  return {
    ...settings,
    ...(hasTags ? { initialTwin: { ...initialTwin, tags: { ...initialTwin?.tags, ...tags } } } : {}),
    attestation: { type: 'x509' as const, x509: { clientCertificates: { primary: { certificate } } } },
  };
}

const endOfBlock = '-----END CERTIFICATE-----';

function firstBlock(pem: string): string {
  const end = pem.indexOf(endOfBlock);
  if (end === -1)
    throw new EnrollkitError('INVALID_CERTIFICATE', 'A chain of the fleet holds no certificate.');
  return `${pem.slice(0, end + endOfBlock.length)}\n`;
}

/** In which members an enrollment is not as it was written. */
export function differencesAsWritten(
  { change, created, wanted }: Entry,
  found: IndividualEnrollment,
): string[] {
  return differingMembers(change === 'updated' ? wanted : created, found);
}
