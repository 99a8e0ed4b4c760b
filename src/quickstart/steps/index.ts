/** The steps of a quickstart, in their order. */
import type { Plan } from '../plan/fields.js';
import type { Step } from '../step.js';
import { azureResources } from './azure-resources.js';
import { certificateChain } from './certificate-chain.js';
import { connectDevices } from './connect-devices.js';
import { deviceCertificates } from './device-certificates.js';
import { enrollmentGroup } from './enrollment-group.js';
import { individualEnrollments } from './individual-enrollments.js';
import { prerequisites } from './prerequisites.js';
import { proofInPortal } from './proof-in-portal.js';
import { proofOfPossession } from './proof-of-possession.js';
import { registerDevices } from './register-devices.js';
import { uploadCa } from './upload-ca.js';

const all: readonly Step[] = [
  azureResources,
  prerequisites,
  certificateChain,
  uploadCa,
  proofOfPossession,
  proofInPortal,
  enrollmentGroup,
  deviceCertificates,
  individualEnrollments,
  registerDevices,
  connectDevices,
];

/** The steps that a plan has. */
export function stepsOf(plan: Plan): Step[] {
  return all.filter((step) => step.applies?.(plan) ?? true);
}
