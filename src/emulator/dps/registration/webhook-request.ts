/** The request to a webhook of custom allocation. */
import type { CustomAllocationDefinition } from '../../../dps/contract/schemas.js';
import type { Decision } from '../attestation/device-attestation.js';
import { certificateInfoOf } from '../attestation/x509-certificates.js';
import { toEnrollmentGroup, toIndividualEnrollment } from '../service/enrollment-reply.js';
import type { LinkedHubs } from '../state/linked-hubs.js';
import type { RegistrationRecord } from '../state/stored-registrations.js';
import type { AllocationWebhookRequest } from './allocation-webhook.js';

export interface RegisteringDevice {
  registrationId: string;
  decision: Decision;
  /** Its previous registration. */
  before: RegistrationRecord | undefined;
  /** Sent by the device for the webhook. */
  payload: unknown;
}

export function webhookRequestOf(
  { registrationId, decision, before, payload }: RegisteringDevice,
  hubs: LinkedHubs,
): Omit<AllocationWebhookRequest, 'linkedHubs'> {
  const { enrollment, evidence, identity } = decision;
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
      [identity.type]:
        evidence.by === 'certificate' ? { certificateInfo: certificateInfoOf(evidence.leaf) } : {},
      ...(payload == null ? {} : { payload }),
    },
  };
}

/** The query of the URL contains the key of the function behind it. */
function maskWebhook<
  Enrollment extends { customAllocationDefinition?: CustomAllocationDefinition | null | undefined },
>(enrollment: Enrollment): Enrollment {
  const { customAllocationDefinition: definition } = enrollment;
  if (!definition) return enrollment;
  const webhookUrl = definition.webhookUrl.replace(/\?.*$/, '?****');
  return { ...enrollment, customAllocationDefinition: { ...definition, webhookUrl } };
}
