import type { IndividualEnrollment } from '../contract/schemas.js';
import type { RequestOptions } from './http/client.js';
import type { ServicePlane } from './service.js';

/**
 * An enrollment as it has to be sent so that its symmetric keys stay as they are: replies do not show them, and DPS would
 * generate others.
 *
 * @throws EnrollkitError as `ServicePlane.getEnrollmentAttestation`
 */
export async function withSymmetricKeys(
  service: ServicePlane,
  enrollment: IndividualEnrollment,
  options: RequestOptions,
): Promise<IndividualEnrollment> {
  const { registrationId, attestation } = enrollment;
  if (attestation.type !== 'symmetricKey') return enrollment;
  const found = await service.getEnrollmentAttestation(registrationId, options);
  return { ...enrollment, attestation: found ?? attestation };
}
