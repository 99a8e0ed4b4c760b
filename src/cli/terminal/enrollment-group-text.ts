/** An enrollment group for people. */
import type { EnrollmentGroup } from '../../dps/contract/schemas.js';
import { columns } from './text.js';

export function groupRows(group: EnrollmentGroup): [string, string][] {
  const hubs = group.iotHubs?.length ? group.iotHubs.join(', ') : 'all linked hubs';
  const rows: [string, string][] = [
    ['ID', group.enrollmentGroupId],
    ['Attestation', attestationText(group)],
    ['Allocation', `${group.allocationPolicy ?? 'as the service is set'}, among ${hubs}`],
    ['Registering again', reprovisionText(group)],
    ['Status', group.provisioningStatus ?? 'enabled'],
  ];
  if (group.capabilities?.iotEdge) rows.push(['IoT Edge', 'yes']);
  return rows;
}

export function groupText(group: EnrollmentGroup): string {
  return columns(groupRows(group)).join('\n');
}

export function attestationText({ attestation: { type, x509 } }: EnrollmentGroup): string {
  if (type !== 'x509') return type;
  if (x509?.caReferences?.primary) return `X.509, by the uploaded CA ${x509.caReferences.primary}`;
  const info = x509?.signingCertificates?.primary?.info;
  return `X.509, by the certificate ${info?.sha256Thumbprint?.slice(0, 12) ?? ''}… ${info?.subjectName ?? ''}`.trimEnd();
}

function reprovisionText({ reprovisionPolicy: policy }: EnrollmentGroup): string {
  // The service's default for what is absent is true.
  if (policy?.updateHubAssignment === false) return 'the device stays at its hub (never)';
  return (policy?.migrateDeviceData ?? true) ? 'its data moves along (migrate)' : 'it begins anew (reset)';
}
