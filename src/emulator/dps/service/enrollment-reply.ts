/**
 * Enrollments as the service plane shows them: without keys, with certificates described instead of included, and without
 * the members that the client left out.
 */
import type {
  EnrollmentGroup,
  IndividualEnrollment,
  RegistrationState,
} from '../../../dps/contract/schemas.js';
import { wireTimestamp } from '../../wire/timestamp.js';
import type { AttestationMechanism } from '../attestation/attestation-kind.js';
import { kindOf } from '../attestation/kinds.js';
import type { EnrollmentSettings, StoredVersion } from '../state/enrollment-settings.js';
import type { LinkedHubs } from '../state/linked-hubs.js';
import type { StoredGroup } from '../state/stored-groups.js';
import type { StoredIndividual } from '../state/stored-individuals.js';

export function toEnrollmentGroup(group: StoredGroup, hubs: LinkedHubs): EnrollmentGroup {
  return { enrollmentGroupId: group.enrollmentGroupId, ...toCommon(group, hubs) };
}

/** @param registrationState undefined where it is left out: in queries, and in replies to `PUT` */
export function toIndividualEnrollment(
  individual: StoredIndividual,
  hubs: LinkedHubs,
  registrationState: RegistrationState | undefined,
): IndividualEnrollment {
  const { registrationId, deviceId, optionalDeviceInformation } = individual;
  return {
    registrationId,
    ...(deviceId === undefined ? {} : { deviceId }),
    ...(registrationState === undefined ? {} : { registrationState }),
    ...(optionalDeviceInformation === undefined ? {} : { optionalDeviceInformation }),
    ...toCommon(individual, hubs),
  };
}

function toCommon(
  enrollment: EnrollmentSettings & StoredVersion,
  hubs: LinkedHubs,
): Omit<EnrollmentGroup, 'enrollmentGroupId'> {
  const {
    attestation,
    capabilities,
    provisioningStatus,
    reprovisionPolicy,
    customAllocationDefinition,
    allocationPolicy,
    hubIds,
    hubId,
    initialTwin,
    credentialPolicyName,
    namespaceName,
    certificateAuthorityName,
    certificatePolicyName,
  } = enrollment;
  const kind = kindOf(attestation);
  const nameOf = (id: string): string => hubs.hostNameOf(id);
  return {
    attestation: kind.toReply?.(attestation) ?? kind.toMechanism(attestation),
    ...(capabilities === undefined ? {} : { capabilities }),
    ...(hubId === undefined ? {} : { iotHubHostName: nameOf(hubId) }),
    ...(hubIds === undefined ? {} : { iotHubs: hubIds.map(nameOf) }),
    ...(allocationPolicy === undefined ? {} : { allocationPolicy }),
    ...(customAllocationDefinition === undefined ? {} : { customAllocationDefinition }),
    ...(provisioningStatus === undefined ? {} : { provisioningStatus }),
    ...(reprovisionPolicy === undefined ? {} : { reprovisionPolicy }),
    ...(initialTwin === undefined ? {} : { initialTwin }),
    ...(credentialPolicyName === undefined ? {} : { credentialPolicyName }),
    ...(namespaceName === undefined
      ? {}
      : { namespaceName, certificateAuthorityName, certificatePolicyName }),
    etag: enrollment.etag,
    createdDateTimeUtc: wireTimestamp(enrollment.created),
    lastUpdatedDateTimeUtc: wireTimestamp(enrollment.updated),
  };
}

/** The attestation mechanism of an enrollment, including keys. */
export function toAttestationMechanism({ attestation }: EnrollmentSettings): AttestationMechanism {
  return kindOf(attestation).toMechanism(attestation);
}
