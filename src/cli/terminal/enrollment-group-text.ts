/** Enrollments for people: groups, and what individual enrollments share with them. */

import type { EnrollmentGroup } from '../../dps/contract/schemas.js';
import { sentences } from '../../languages/language.js';
import { columns } from './text.js';

const { enrollment: text } = sentences.cliTerminal;

type Settings = Omit<EnrollmentGroup, 'enrollmentGroupId'>;

export function groupRows(group: EnrollmentGroup): [string, string][] {
  return [['ID', group.enrollmentGroupId], ...settingRows(group)];
}

/** The settings of an enrollment group or an individual enrollment. */
export function settingRows(enrollment: Settings): [string, string][] {
  const hubs = enrollment.iotHubs?.length ? enrollment.iotHubs.join(', ') : text.allHubs;
  const rows: [string, string][] = [
    [text.rows.attestation, attestationText(enrollment)],
    [text.rows.allocation, text.allocation(enrollment.allocationPolicy ?? text.serviceDefault, hubs)],
    [text.rows.reprovisioning, reprovisionText(enrollment)],
    [text.rows.status, enrollment.provisioningStatus ?? 'enabled'],
  ];
  const { credentialPolicyName, namespaceName, certificateAuthorityName, certificatePolicyName } = enrollment;
  if (credentialPolicyName != null) rows.push([text.rows.credentialPolicy, credentialPolicyName]);
  if (certificatePolicyName != null) {
    rows.push([
      text.rows.certificatePolicy,
      `${namespaceName}/${certificateAuthorityName}/${certificatePolicyName}`,
    ]);
  }
  if (enrollment.capabilities?.iotEdge) rows.push(['IoT Edge', text.yes]);
  return rows;
}

export function groupText(group: EnrollmentGroup): string {
  return columns(groupRows(group)).join('\n');
}

export function attestationText({ attestation: { type, x509 } }: Settings): string {
  if (type === 'symmetricKey') return text.symmetricKey;
  if (type !== 'x509') return type;
  if (x509?.caReferences?.primary) return text.uploadedCa(x509.caReferences.primary);
  const { primary } = x509?.signingCertificates ?? x509?.clientCertificates ?? {};
  const info = primary?.info;
  return text.certificate(info?.sha256Thumbprint?.slice(0, 12) ?? '', info?.subjectName ?? '').trimEnd();
}

function reprovisionText({ reprovisionPolicy: policy }: Settings): string {
  // The service's default for what is absent is true.
  if (policy?.updateHubAssignment === false) return text.never;
  return (policy?.migrateDeviceData ?? true) ? text.migrate : text.reset;
}
