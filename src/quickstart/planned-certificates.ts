/** Which CAs a plan has, and what its certificates are called. */
import type { Plan } from './plan/fields.js';

export type CaRole = 'root' | 'intermediate';

/** The CAs that a plan has in the certificate folder, from the top. */
export function authoritiesOf({ certificates }: Plan): CaRole[] {
  if (certificates.existingCa === 'intermediate') return ['intermediate'];
  return certificates.intermediate ? ['root', 'intermediate'] : ['root'];
}

/** The suffix keeps a gateway's CA apart from the gateway itself, whose common name is the registration ID. */
export function edgeCaName(registrationId: string): string {
  return `${registrationId.slice(0, 61)}.ca`;
}
