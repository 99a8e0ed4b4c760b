/** An individual enrollment for people. */

import type { IndividualEnrollment } from '../../dps/contract/schemas.js';
import { sentences } from '../../languages/language.js';
import { attestationText, settingRows } from '../terminal/enrollment-group-text.js';
import { columns } from '../terminal/text.js';

/** @param keys the symmetric keys to show with it */
export function enrollmentText(
  enrollment: IndividualEnrollment,
  keys?: IndividualEnrollment['attestation']['symmetricKey'],
): string {
  const { registrationId, deviceId, registrationState } = enrollment;
  const rows: [string, string][] = [
    [sentences.cliTerminal.registration.registrationId, registrationId],
    [sentences.cliTerminal.registration.deviceId, deviceId || registrationId],
    ...settingRows(enrollment),
  ];
  if (registrationState) {
    const { status, assignedHub } = registrationState;
    rows.push([
      sentences.cliEnrollment.show.registration,
      assignedHub ? sentences.cliEnrollment.show.assigned(status, assignedHub) : status,
    ]);
  }
  const secrets = [
    [sentences.cliEnrollment.show.primaryKey, keys?.primaryKey],
    [sentences.cliEnrollment.show.secondaryKey, keys?.secondaryKey],
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
  const { heads } = sentences.cliTerminal.enrollment;
  return columns([[heads.id, heads.status, heads.allocation, heads.attestation], ...rows]).join('\n');
}
