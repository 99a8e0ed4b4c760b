/** Enrollments as the service plane shows them: of a certificate what it says, never the certificate itself. */
import type {
  CertificateInfo,
  EnrollmentGroup,
  IndividualEnrollment,
  RegistrationState,
} from '../../../dps/contract/schemas.js';
import { parseCertificate } from '../../../pki/x509/certificate.js';
import { inspectCertificate } from '../../../pki/x509/inspect.js';
import { wireTimestamp } from '../dps-error.js';
import type { Authority, EnrollmentSettings, Slot, StoredVersion } from '../state/enrollment-settings.js';
import type { LinkedHubs } from '../state/linked-hubs.js';
import type { StoredGroup } from '../state/stored-groups.js';
import type { StoredIndividual } from '../state/stored-individuals.js';

export function toEnrollmentGroup(group: StoredGroup, hubs: LinkedHubs): EnrollmentGroup {
  return { enrollmentGroupId: group.enrollmentGroupId, ...toCommon(group, hubs) };
}

/** @param registrationState the device's registration, when it registered */
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
  const { customAllocationDefinition, allocationPolicy, hubIds, hubId, initialTwin, credentialPolicyName } =
    enrollment;
  const nameOf = (id: string): string => hubs.hostNameOf(id);
  return {
    // Keys are given out by the attestation mechanism only.
    attestation: enrollment.symmetricKey ? { type: 'symmetricKey' } : toAttestationMechanism(enrollment),
    capabilities: { iotEdge: enrollment.iotEdge },
    ...(hubId === undefined ? {} : { iotHubHostName: nameOf(hubId) }),
    ...(hubIds === undefined ? {} : { iotHubs: hubIds.map(nameOf) }),
    ...(allocationPolicy === undefined ? {} : { allocationPolicy }),
    ...(customAllocationDefinition === undefined ? {} : { customAllocationDefinition }),
    provisioningStatus: enrollment.provisioningStatus,
    reprovisionPolicy: enrollment.reprovisionPolicy,
    ...(initialTwin === undefined ? {} : { initialTwin }),
    ...(credentialPolicyName === undefined ? {} : { credentialPolicyName }),
    etag: enrollment.etag,
    createdDateTimeUtc: wireTimestamp(enrollment.created),
    lastUpdatedDateTimeUtc: wireTimestamp(enrollment.updated),
  };
}

/** What the enrollment asks of a device, keys included. */
export function toAttestationMechanism(enrollment: EnrollmentSettings): EnrollmentGroup['attestation'] {
  const { authorities, clientCertificates, symmetricKey } = enrollment;
  if (symmetricKey) return { type: 'symmetricKey', symmetricKey };
  if (clientCertificates)
    return { type: 'x509', x509: { clientCertificates: pairOf(clientCertificates, infoOf) } };
  const x509 = authorities.some((authority) => 'reference' in authority)
    ? { caReferences: pairOf(authorities, referenceOf) }
    : { signingCertificates: pairOf(authorities, infoOf) };
  return { type: 'x509', x509 };
}

function pairOf<Value>(all: readonly Authority[], describe: (one: Authority) => Value | null) {
  const bySlot = (slot: Slot) => {
    const found = all.find((one) => one.slot === slot);
    return found ? describe(found) : null;
  };
  return { primary: bySlot('primary'), secondary: bySlot('secondary') };
}

function referenceOf(authority: Authority): string | null {
  return 'reference' in authority ? authority.reference : null;
}

function infoOf(authority: Authority): { info: CertificateInfo } | null {
  if (!('certificate' in authority)) return null;
  return { info: certificateInfoOf(Buffer.from(authority.certificate, 'base64')) };
}

/** What a certificate says, in the words of the service plane. */
export function certificateInfoOf(der: Buffer): CertificateInfo {
  const certificate = parseCertificate(der);
  const described = inspectCertificate(certificate);
  return {
    subjectName: described.subject,
    sha1Thumbprint: described.sha1Thumbprint,
    sha256Thumbprint: described.sha256Thumbprint,
    issuerName: described.issuer,
    notBeforeUtc: described.notBefore,
    notAfterUtc: described.notAfter,
    serialNumber: described.serialNumber,
    version: certificate.version,
  };
}
