/** Reads the body of a PUT of an enrollment group, refusing what the service refuses: 400004 and a sentence. */
import { isLegalId, sameId } from '../../../dps/contract/ids.js';
import { type EnrollmentGroup, enrollmentGroup } from '../../../dps/contract/schemas.js';
import { inspectCertificate } from '../../../pki/inspect.js';
import { certificateFromText } from '../../certificate-text.js';
import { DpsError } from '../../dps-error.js';
import type { Certificates } from '../../state/certificates.js';
import type { GroupAuthority, GroupSettings, StoredGroup } from '../../state/enrollment-groups.js';
import type { LinkedHubs } from '../../state/hubs.js';

type SigningCertificates = NonNullable<
  NonNullable<EnrollmentGroup['attestation']['x509']>['signingCertificates']
>;
const slots = ['primary', 'secondary'] as const;

/**
 * @param enrollmentGroupId the ID in the path
 * @param before the group as it is stored: a certificate that the body only describes is kept from it
 * @throws DpsError badRequest, notImplemented
 */
export function readEnrollmentGroup(
  enrollmentGroupId: string,
  body: unknown,
  before: StoredGroup | undefined,
  { certificates, hubs }: { certificates: Certificates; hubs: LinkedHubs },
): GroupSettings {
  if (!isLegalId(enrollmentGroupId)) {
    throw badRequest(
      'The enrollment group ID must have 1 to 128 letters, digits, - . _ or :, begin with a letter or digit and end with a letter, a digit or -.',
    );
  }
  const parsed = enrollmentGroup.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw badRequest(
      `The enrollment group is not valid at ${issue.path.join('.') || 'its top'}: ${issue.message}.`,
    );
  }
  const group = parsed.data;
  if (!sameId(group.enrollmentGroupId, enrollmentGroupId)) {
    throw badRequest('The enrollment group ID of the body is not that of the path.');
  }
  assertAllocation(group);
  const hubId = group.iotHubHostName == null ? undefined : hubIdOf(group.iotHubHostName, hubs);
  const hubIds = group.iotHubs == null ? undefined : group.iotHubs.map((name) => hubIdOf(name, hubs));
  return {
    enrollmentGroupId: before?.enrollmentGroupId ?? enrollmentGroupId,
    authorities: readAuthorities(group, before, certificates),
    iotEdge: group.capabilities?.iotEdge ?? false,
    ...(group.allocationPolicy == null ? {} : { allocationPolicy: group.allocationPolicy }),
    ...(hubIds === undefined ? {} : { hubIds }),
    ...(hubId === undefined ? {} : { hubId }),
    provisioningStatus: group.provisioningStatus ?? 'enabled',
    reprovisionPolicy: group.reprovisionPolicy ?? { updateHubAssignment: true, migrateDeviceData: true },
    ...(group.initialTwin == null ? {} : { initialTwin: group.initialTwin }),
  };
}

function assertAllocation({ allocationPolicy, customAllocationDefinition }: EnrollmentGroup): void {
  if (allocationPolicy !== 'custom') return;
  if (!customAllocationDefinition) {
    // Seen in a report of the real service.
    throw badRequest(
      "A CustomAllocationDefinition is required when the allocation policy is set to 'Custom'",
    );
  }
  throw new DpsError('notImplemented', { message: 'Not implemented in this emulator: custom allocation.' });
}

function hubIdOf(hostName: string, hubs: LinkedHubs): string {
  const hub = hubs.byName(hostName);
  if (!hub)
    throw badRequest(`The IoT hub "${hostName.slice(0, 90)}" is not linked to this provisioning service.`);
  return hub.hubId;
}

function readAuthorities(
  { attestation: { type, x509 } }: EnrollmentGroup,
  before: StoredGroup | undefined,
  certificates: Certificates,
): GroupAuthority[] {
  if (type === 'symmetricKey') {
    throw new DpsError('notImplemented', {
      message: 'Not implemented in this emulator: symmetric key attestation.',
    });
  }
  if (type !== 'x509') throw badRequest(`An enrollment group cannot have the attestation type ${type}.`);
  const { clientCertificates, signingCertificates, caReferences } = x509 ?? {};
  if (clientCertificates) {
    throw badRequest('attestation.x509.clientCertificates belongs to individual enrollments, not to groups.');
  }
  if (!signingCertificates === !caReferences) {
    throw badRequest('attestation.x509 must have one of signingCertificates and caReferences.');
  }
  const authorities = signingCertificates
    ? readSigningCertificates(signingCertificates, before)
    : slots.flatMap((slot): GroupAuthority[] => {
        const reference = caReferences?.[slot];
        if (reference == null || reference === '') return [];
        const certificate = certificates.get(reference);
        if (!certificate) throw badRequest(`There is no CA certificate "${reference.slice(0, 90)}".`);
        if (!certificate.verified) {
          throw badRequest(
            `The CA certificate "${certificate.name}" is not verified: prove its possession first.`,
          );
        }
        return [{ slot, reference: certificate.name }];
      });
  if (authorities.length === 0) throw badRequest('attestation.x509 names no certificate.');
  return authorities;
}

function readSigningCertificates(
  pair: SigningCertificates,
  before: StoredGroup | undefined,
): GroupAuthority[] {
  return slots.flatMap((slot): GroupAuthority[] => {
    const given = pair[slot];
    if (!given) return [];
    const place = `attestation.x509.signingCertificates.${slot}`;
    if (given.certificate != null) return [{ slot, ...readCertificate(given.certificate, place) }];
    const kept = before?.authorities.find(
      (authority) =>
        'certificate' in authority &&
        describes(given.info ?? {}, Buffer.from(authority.certificate, 'base64')),
    );
    if (!kept)
      throw badRequest(`${place} has neither a certificate nor the thumbprint of the one that is stored.`);
    return [{ ...kept, slot }];
  });
}

/** Whether what GET gave out is put back: GET gives no certificate, so that its thumbprint stands for it. */
function describes(info: { sha1Thumbprint?: string; sha256Thumbprint?: string }, der: Buffer): boolean {
  const { sha1Thumbprint, sha256Thumbprint } = inspectCertificate(der);
  return (
    info.sha256Thumbprint?.toUpperCase() === sha256Thumbprint ||
    (info.sha256Thumbprint === undefined && info.sha1Thumbprint?.toUpperCase() === sha1Thumbprint)
  );
}

function readCertificate(text: string, place: string): { certificate: string; sha256: string } {
  try {
    const { der, basicConstraints } = certificateFromText(text);
    if (!basicConstraints?.certificateAuthority) throw new Error('It is not the certificate of a CA.');
    return { certificate: der.toString('base64'), sha256: inspectCertificate(der).sha256Thumbprint };
  } catch (error) {
    throw badRequest(`${place}.certificate cannot be used: ${(error as Error).message}`);
  }
}

function badRequest(message: string): DpsError {
  return new DpsError('badRequest', { message });
}
