/** The quickstart's EnrollmentGroup.py, filled in from a plan: for who wants to see it done by hand. */
import { readFileSync } from 'node:fs';
import type { EnrollmentGroup } from '../dps/contract/schemas.js';
import type { Plan } from './plan.js';

const template = new URL('../../templates/samples/EnrollmentGroup.py', import.meta.url);

/**
 * @param group as it was sent to the service
 * @param signerPath the certificate of the CA that signs the devices, as the program should open it
 * @returns the program's text; no secret is in it
 */
export function enrollmentGroupProgram(plan: Plan, group: EnrollmentGroup, signerPath: string): string {
  const values: Record<string, string> = {
    groupId: group.enrollmentGroupId,
    attestation:
      plan.enrollmentGroup.attestation === 'caReference'
        ? `# The CA was uploaded and its possession proven; the group refers to it by its name.\nattestation = AttestationMechanism.create_with_x509_ca_refs("${plan.certificateAuthority.name}")`
        : `with open("${signerPath}") as certificate:\n    attestation = AttestationMechanism.create_with_x509_signing_certs(certificate.read())`,
    provisioningStatus: group.provisioningStatus ?? 'enabled',
    allocationPolicy: group.allocationPolicy ?? 'hashed',
    updateHubAssignment: python(group.reprovisionPolicy?.updateHubAssignment ?? true),
    migrateDeviceData: python(group.reprovisionPolicy?.migrateDeviceData ?? true),
  };
  return readFileSync(template, 'utf8').replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name]!);
}

function python(value: boolean): string {
  return value ? 'True' : 'False';
}
