/** The quickstart's EnrollmentGroup.py, filled in from a plan: for who wants to see it done by hand. */
import { readFileSync } from 'node:fs';
import type { EnrollmentGroup } from '../dps/contract/schemas.js';
import { packageFile } from '../package-files.js';
import type { Plan } from './plan/fields.js';

/**
 * @param group as it was sent to the service
 * @param signerPath the certificate of the CA that signs the devices, as the program should open it
 * @returns the program's text; no secret is in it
 */
export function enrollmentGroupProgram(plan: Plan, group: EnrollmentGroup, signerPath: string): string {
  const { initialTwin, reprovisionPolicy } = group;
  const values: Record<string, string> = {
    groupId: python(group.enrollmentGroupId),
    attestation:
      plan.enrollmentGroup.attestation === 'caReference'
        ? `# The CA certificate is uploaded and verified; the group refers to it by name.\nattestation = AttestationMechanism.create_with_x509_ca_refs(${python(plan.certificateAuthority.name)})`
        : `with open(${python(signerPath)}) as certificate:\n    attestation = AttestationMechanism.create_with_x509_signing_certs(certificate.read())`,
    initialTwin: initialTwin
      ? `InitialTwin.create(\n        tags=${python(initialTwin.tags ?? {})},\n        desired_properties=${python(initialTwin.properties?.desired ?? {})},\n    )`
      : 'None',
    provisioningStatus: python(group.provisioningStatus ?? 'enabled'),
    allocationPolicy: python(group.allocationPolicy ?? 'hashed'),
    iotHubs: python(group.iotHubs ?? null),
    updateHubAssignment: python(reprovisionPolicy?.updateHubAssignment ?? true),
    migrateDeviceData: python(reprovisionPolicy?.migrateDeviceData ?? true),
    iotEdge: python(group.capabilities?.iotEdge ?? false),
  };
  return readFileSync(packageFile('templates/samples/EnrollmentGroup.py'), 'utf8').replace(
    /\{\{(\w+)\}\}/g,
    (_, name: string) => values[name]!,
  );
}

/** A JSON value as Python writes it. */
function python(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([name, item]) => `${python(name)}: ${python(item)}`)
      .join(', ')}}`;
  }
  // JSON's strings and numbers are Python's too.
  return JSON.stringify(value);
}
