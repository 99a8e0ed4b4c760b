/** Which CAs a plan has, and what its certificates are called. */
import type { Plan } from './plan/fields.js';

export type CaRole = 'root' | 'intermediate';

/** The CAs that a plan has in the certificate folder, from the top; none if the devices sign their own certificates. */
export function authoritiesOf({ certificates }: Plan): CaRole[] {
  if (certificates.deviceCertificates === 'selfSigned') return [];
  if (certificates.existingCa === 'intermediate') return ['intermediate'];
  return certificates.intermediate ? ['root', 'intermediate'] : ['root'];
}

/** Whether an enrollment group enrolls the devices, by their CA; otherwise, each has an individual enrollment. */
export function usesGroup({ devices }: Plan): boolean {
  return devices.enrollment === 'group';
}

/** Whether the devices keep their private keys, so that only they can register. */
export function keepsKeys({ certificates }: Plan): boolean {
  return certificates.deviceCertificates === 'csr';
}

/** Whether the run registers the devices. */
export function registers(plan: Plan): boolean {
  return plan.enrollmentGroup.provisioningStatus === 'enabled' && !keepsKeys(plan);
}

/** The suffix keeps a gateway's CA apart from the gateway itself, whose common name is the registration ID. */
export function edgeCaName(registrationId: string): string {
  return `${registrationId.slice(0, 61)}.ca`;
}
