/** Enrollments for people: groups, and what individual enrollments share with them. */
import type { EnrollmentGroup } from '../../dps/contract/schemas.js';
import { columns } from './text.js';

type Settings = Omit<EnrollmentGroup, 'enrollmentGroupId'>;

export function groupRows(group: EnrollmentGroup): [string, string][] {
  return [['ID', group.enrollmentGroupId], ...settingRows(group)];
}

/** The settings of an enrollment group or an individual enrollment. */
export function settingRows(enrollment: Settings): [string, string][] {
  const hubs = enrollment.iotHubs?.length ? enrollment.iotHubs.join(', ') : 'all linked hubs';
  const rows: [string, string][] = [
    ['Attestation', attestationText(enrollment)],
    ['Allocation', `${enrollment.allocationPolicy ?? 'as the service is set'}, among ${hubs}`],
    ['Registering again', reprovisionText(enrollment)],
    ['Status', enrollment.provisioningStatus ?? 'enabled'],
  ];
  if (enrollment.capabilities?.iotEdge) rows.push(['IoT Edge', 'yes']);
  return rows;
}

export function groupText(group: EnrollmentGroup): string {
  return columns(groupRows(group)).join('\n');
}

export function attestationText({ attestation: { type, x509 } }: Settings): string {
  if (type === 'symmetricKey') return 'symmetric key';
  if (type !== 'x509') return type;
  if (x509?.caReferences?.primary) return `X.509, by the uploaded CA ${x509.caReferences.primary}`;
  const { primary } = x509?.signingCertificates ?? x509?.clientCertificates ?? {};
  const info = primary?.info;
  return `X.509, by the certificate ${info?.sha256Thumbprint?.slice(0, 12) ?? ''}… ${info?.subjectName ?? ''}`.trimEnd();
}

function reprovisionText({ reprovisionPolicy: policy }: Settings): string {
  // The service's default for what is absent is true.
  if (policy?.updateHubAssignment === false) return 'the device stays at its hub (never)';
  return (policy?.migrateDeviceData ?? true) ? 'its data moves along (migrate)' : 'it begins anew (reset)';
}
