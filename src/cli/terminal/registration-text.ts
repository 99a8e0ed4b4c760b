/** Registration records for people. */

import type { RegistrationState } from '../../dps/contract/schemas.js';
import { sentences } from '../../languages/language.js';
import { columns } from './text.js';

const { registration: text } = sentences.cliTerminal;

/** One record, a row for each member that it has. */
export function registrationText(registration: RegistrationState): string {
  const { registrationId, status, substatus, assignedHub, deviceId, errorCode, errorMessage } = registration;
  const rows: [string, string | null | undefined][] = [
    [text.registrationId, registrationId],
    [text.status, substatus ? `${status} (${substatus})` : status],
    [text.hub, assignedHub],
    [text.deviceId, deviceId],
    [text.error, [errorCode || undefined, errorMessage || undefined].filter(Boolean).join(' ')],
    [text.created, registration.createdDateTimeUtc],
    [text.updated, registration.lastUpdatedDateTimeUtc],
  ];
  return columns(rows.filter((row): row is [string, string] => Boolean(row[1]))).join('\n');
}

/** A table of records. The hub comes last, since its name is what does not fit first. */
export function registrationTable(registrations: readonly RegistrationState[]): string {
  const rows = registrations.map(
    ({ registrationId, status, deviceId, lastUpdatedDateTimeUtc, assignedHub }) => [
      registrationId ?? '-',
      status,
      deviceId || '-',
      toTheMinute(lastUpdatedDateTimeUtc),
      assignedHub || '-',
    ],
  );
  const { heads } = text;
  return columns([[heads.id, heads.status, heads.device, heads.updated, heads.hub], ...rows]).join('\n');
}

/** `2026-11-29 09:44Z`, of `2026-11-29T09:44:18.1234567Z`. */
function toTheMinute(time: string | null | undefined): string {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(time ?? '');
  return parts ? `${parts[1]} ${parts[2]}Z` : '-';
}
