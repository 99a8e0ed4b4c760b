/** A registration record as the service and device planes show it. */
import { firstConnectionProfileApiVersion } from '../../../dps/contract/api-versions.js';
import type { RegistrationOperation, RegistrationState } from '../../../dps/contract/schemas.js';
import { dpsErrors } from '../../../dps/contract/wire-error.js';
import { wireTimestamp } from '../../wire/timestamp.js';
import type { LinkedHubs } from '../state/linked-hubs.js';
import type { RegistrationRecord } from '../state/stored-registrations.js';

/**
 * How devices speak with every hub here: MQTT 3.1.1, AMQP and HTTPS. Seen in a reply of Azure; the other profile is for MQTT
 * 5 (azure-rest-api-specs, deviceprovisioningservices data-plane 2026-11-02-preview).
 */
const connectionProfile = 'classic';

/** @param apiVersion of the request: later versions have more members */
export function toRegistrationState(
  record: RegistrationRecord,
  hubs: LinkedHubs,
  apiVersion: string,
): RegistrationState {
  const isAssigned = record.status === 'assigned';
  const assignedHub = !isAssigned || record.hubId === undefined ? undefined : hubs.hostNameOf(record.hubId);
  return {
    registrationId: record.registrationId,
    createdDateTimeUtc: wireTimestamp(record.created),
    ...(assignedHub === undefined ? {} : { assignedHub }),
    ...(!isAssigned || record.deviceId === undefined ? {} : { deviceId: record.deviceId }),
    ...(isAssigned && apiVersion.toLowerCase() >= firstConnectionProfileApiVersion
      ? { connectionProfile }
      : {}),
    status: record.status,
    ...(record.substatus === undefined ? {} : { substatus: record.substatus }),
    ...(record.errorCode === undefined ? {} : { errorCode: record.errorCode }),
    ...(record.errorMessage === undefined ? {} : { errorMessage: record.errorMessage }),
    lastUpdatedDateTimeUtc: wireTimestamp(record.updated),
    etag: record.etag,
    ...(record.payload === undefined ? {} : { payload: record.payload }),
  };
}

/** Why a registration did not lead to a hub, for the log; undefined if it did, or is not decided. */
export function outcomeReason({
  status,
  ...outcome
}: RegistrationOperation | RegistrationState): string | undefined {
  if (status === 'disabled') return 'the enrollment of the device is disabled';
  if (status !== 'failed') return undefined;
  const state = 'registrationState' in outcome ? outcome.registrationState : outcome;
  const { errorCode, errorMessage } = (state ?? {}) as Partial<RegistrationState>;
  // The message is a reply of the hub, which does not say why.
  if (errorCode === dpsErrors.hubUnauthorized.errorCode) return hubRefusalReason;
  return errorMessage ?? undefined;
}

const hubRefusalReason =
  'the hub refuses the policy or the key that it was linked with: link it again, with a policy that has RegistryWrite and ServiceConnect';
