/** What a webhook of custom allocation is told of a device. */
import type { CustomAllocationDefinition } from '../../../dps/contract/schemas.js';
import { certificateInfoOf, toEnrollmentGroup, toIndividualEnrollment } from '../service/enrollment-reply.js';
import type { LinkedHubs } from '../state/linked-hubs.js';
import type { RegistrationRecord } from '../state/stored-registrations.js';
import type { AllocationWebhookRequest } from './allocation-webhook.js';
import { type Decision, symmetricKeyIdentity } from './attestation.js';
import type { DeviceRequest } from './device-request.js';

export interface Registering {
  device: DeviceRequest;
  decision: Decision;
  /** Its registration so far. */
  before: RegistrationRecord | undefined;
  /** Its own, for the webhook. */
  payload: unknown;
}

export function webhookRequestOf(
  { device, decision, before, payload }: Registering,
  hubs: LinkedHubs,
): Omit<AllocationWebhookRequest, 'linkedHubs'> {
  const { enrollment, identity } = decision;
  const { registrationId, chain } = device;
  const hub = before?.hubId === undefined ? undefined : hubs.get(before.hubId);
  return {
    ...('enrollmentGroupId' in enrollment
      ? { enrollmentGroup: maskWebhook(toEnrollmentGroup(enrollment, hubs)) }
      : { individualEnrollment: maskWebhook(toIndividualEnrollment(enrollment, hubs, undefined)) }),
    deviceRuntimeContext: {
      registrationId,
      ...(hub && before?.deviceId !== undefined
        ? { currentIotHubHostName: hub.hostName, currentDeviceId: before.deviceId }
        : {}),
      ...(identity === symmetricKeyIdentity
        ? { symmetricKey: {} }
        : { x509: { certificateInfo: certificateInfoOf(chain[0]!) } }),
      ...(payload == null ? {} : { payload }),
    },
  };
}

/** The query of the URL holds the key of the function behind it. */
function maskWebhook<
  Enrollment extends { customAllocationDefinition?: CustomAllocationDefinition | null | undefined },
>(enrollment: Enrollment): Enrollment {
  const { customAllocationDefinition: definition } = enrollment;
  if (!definition) return enrollment;
  const webhookUrl = definition.webhookUrl.replace(/\?.*$/, '?****');
  return { ...enrollment, customAllocationDefinition: { ...definition, webhookUrl } };
}
