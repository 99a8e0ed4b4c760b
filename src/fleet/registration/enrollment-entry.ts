/** A device of a fleet, and its individual enrollment as requested. */

import {
  differingMembers,
  type EnrollmentMembers,
  withMembers,
} from '../../dps/client/enrollment-members.js';
import type { IndividualEnrollment } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { FleetDevice } from './fleet-devices.js';

/** Members that all enrollments of a fleet have in common. */
export type EnrollmentSettings = Omit<EnrollmentMembers, 'attestation'>;

/** A device and its enrollment. */
export interface Entry {
  registrationId: string;
  /** As a new enrollment. */
  created: IndividualEnrollment;
  /** What an existing enrollment must be. */
  wanted: EnrollmentMembers;
  /** As it was last read; undefined when it does not exist or was not read yet. */
  found?: IndividualEnrollment | undefined;
  /** The change that is needed, or was made; undefined while it is unknown whether the enrollment exists. */
  change?: 'created' | 'updated' | undefined;
}

export interface EnrollmentOptions {
  /** Members to set in every enrollment. */
  settings: EnrollmentSettings;
  /** Members to set in new enrollments unless `settings` has them. */
  defaults?: EnrollmentSettings | undefined;
  /** Changes existing enrollments to `settings`. Otherwise, an existing one that differs from a new one fails. */
  update: boolean;
}

/** @throws EnrollkitError INVALID_CERTIFICATE when the device's chain has no certificate */
export function entryOf(device: FleetDevice, { settings, defaults, update }: EnrollmentOptions): Entry {
  const { registrationId } = device;
  const initial = membersOf(device, { ...defaults, ...settings });
  const { attestation, ...members } = initial;
  const created = withMembers({ registrationId, attestation }, members);
  return { registrationId, created, wanted: update ? membersOf(device, settings) : initial };
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
  if (end === -1) throw new EnrollkitError('INVALID_CERTIFICATE', sentences.fleet.emptyChain);
  return `${pem.slice(0, end + endOfBlock.length)}\n`;
}

/** The members in which an enrollment differs from what was written. */
export function differencesAsWritten(
  { change, created, wanted }: Entry,
  found: IndividualEnrollment,
): string[] {
  return differingMembers(change === 'updated' ? wanted : created, found);
}
