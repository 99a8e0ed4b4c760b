/** The values of a plan for the samples that create its enrollment group, and the one that a run leaves in its folder. */
import type { EnrollmentGroup } from '../dps/contract/schemas.js';
import type { SampleValues } from '../samples/fill.js';
import { sampleProgram, templatesOf } from '../samples/samples.js';

/**
 * @param group as it is sent to the service
 * @param signerPath the certificate of the CA that signs the devices, as the program should open it
 */
export function enrollmentGroupValues(group: EnrollmentGroup, signerPath: string): SampleValues {
  const { initialTwin, reprovisionPolicy, customAllocationDefinition: webhook, iotHubs } = group;
  const caName = group.attestation.x509?.caReferences?.primary ?? null;
  const tags = initialTwin?.tags ?? {};
  const desired = initialTwin?.properties?.desired ?? {};
  return {
    groupId: group.enrollmentGroupId,
    caName,
    signer: caName === null ? signerPath : null,
    initialTwin: initialTwin !== undefined && initialTwin !== null,
    tags: tags as SampleValues,
    tagsJson: JSON.stringify(tags),
    desired: desired as SampleValues,
    desiredJson: JSON.stringify(desired),
    provisioningStatus: group.provisioningStatus ?? 'enabled',
    allocationPolicy: group.allocationPolicy ?? 'hashed',
    webhookUrl: webhook?.webhookUrl ?? null,
    webhookApiVersion: webhook?.apiVersion ?? null,
    iotHubs: iotHubs ? [...iotHubs] : null,
    iotHubsJson: iotHubs ? JSON.stringify(iotHubs) : null,
    updateHubAssignment: reprovisionPolicy?.updateHubAssignment ?? true,
    migrateDeviceData: reprovisionPolicy?.migrateDeviceData ?? true,
    iotEdge: group.capabilities?.iotEdge ?? false,
    group: group as unknown as SampleValues,
    groupJson: JSON.stringify(group),
  };
}

/**
 * The quickstart's EnrollmentGroup.py, filled in from a plan, for people who want to do this step by hand.
 *
 * @returns the program's text; no secret is in it
 */
export function enrollmentGroupProgram(group: EnrollmentGroup, signerPath: string): string {
  const [template] = templatesOf('python', 'enroll-group');
  return sampleProgram('python', template!, enrollmentGroupValues(group, signerPath));
}
