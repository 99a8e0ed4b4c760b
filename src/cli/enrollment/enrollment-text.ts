/** An individual enrollment for people. */
import type { IndividualEnrollment } from '../../dps/contract/schemas.js';
import { attestationText, settingRows } from '../terminal/enrollment-group-text.js';
import { columns } from '../terminal/text.js';

/** @param keys the symmetric keys to show with it */
export function enrollmentText(
  enrollment: IndividualEnrollment,
  keys?: IndividualEnrollment['attestation']['symmetricKey'],
): string {
  const { registrationId, deviceId, registrationState } = enrollment;
  const rows: [string, string][] = [
    ['Registration ID', registrationId],
    ['Device ID', deviceId || registrationId],
    ...settingRows(enrollment),
  ];
  if (registrationState) {
    const { status, assignedHub } = registrationState;
    rows.push(['Registration', assignedHub ? `${status} to ${assignedHub}` : status]);
  }
  const secrets = [
    ['Primary key', keys?.primaryKey],
    ['Secondary key', keys?.secondaryKey],
  ].flatMap(([label, key]) => (key ? [`${label}: ${key}`] : []));
  // Keys are longer than a line, and must not be cut.
  return [...columns(rows), ...secrets].join('\n');
}

export function enrollmentTable(enrollments: readonly IndividualEnrollment[]): string {
  const rows = enrollments.map((enrollment) => [
    enrollment.registrationId,
    enrollment.provisioningStatus ?? 'enabled',
    enrollment.allocationPolicy ?? '-',
    attestationText(enrollment),
  ]);
  return columns([['REGISTRATION ID', 'STATUS', 'ALLOCATION', 'ATTESTATION'], ...rows]).join('\n');
}
