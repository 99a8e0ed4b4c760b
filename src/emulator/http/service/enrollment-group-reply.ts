/** An enrollment group as the service plane shows it: of a certificate what it says, never the certificate itself. */
import type { CertificateInfo, EnrollmentGroup } from '../../../dps/contract/schemas.js';
import { parseCertificate } from '../../../pki/certificate.js';
import { inspectCertificate } from '../../../pki/inspect.js';
import type { GroupAuthority, StoredGroup } from '../../state/enrollment-groups.js';
import type { LinkedHubs } from '../../state/hubs.js';
import { wireTimestamp } from '../../wire-time.js';

export function toEnrollmentGroup(group: StoredGroup, hubs: LinkedHubs): EnrollmentGroup {
  const { allocationPolicy, hubIds, hubId, initialTwin } = group;
  const nameOf = (id: string): string => hubs.get(id)?.hostName ?? id;
  return {
    enrollmentGroupId: group.enrollmentGroupId,
    attestation: { type: 'x509', x509: toX509(group.authorities) },
    capabilities: { iotEdge: group.iotEdge },
    ...(hubId === undefined ? {} : { iotHubHostName: nameOf(hubId) }),
    ...(hubIds === undefined ? {} : { iotHubs: hubIds.map(nameOf) }),
    ...(allocationPolicy === undefined ? {} : { allocationPolicy }),
    provisioningStatus: group.provisioningStatus,
    reprovisionPolicy: group.reprovisionPolicy,
    ...(initialTwin === undefined ? {} : { initialTwin }),
    etag: group.etag,
    createdDateTimeUtc: wireTimestamp(group.created),
    lastUpdatedDateTimeUtc: wireTimestamp(group.updated),
  };
}

function toX509(authorities: GroupAuthority[]): EnrollmentGroup['attestation']['x509'] {
  const bySlot = (slot: GroupAuthority['slot']) => authorities.find((authority) => authority.slot === slot);
  const primary = bySlot('primary');
  const secondary = bySlot('secondary');
  if (authorities.some((authority) => 'reference' in authority)) {
    return { caReferences: { primary: referenceOf(primary), secondary: referenceOf(secondary) } };
  }
  return { signingCertificates: { primary: infoOf(primary), secondary: infoOf(secondary) } };
}

function referenceOf(authority: GroupAuthority | undefined): string | null {
  return authority && 'reference' in authority ? authority.reference : null;
}

function infoOf(authority: GroupAuthority | undefined): { info: CertificateInfo } | null {
  if (!authority || !('certificate' in authority)) return null;
  const certificate = parseCertificate(Buffer.from(authority.certificate, 'base64'));
  const described = inspectCertificate(certificate);
  return {
    info: {
      subjectName: described.subject,
      sha1Thumbprint: described.sha1Thumbprint,
      sha256Thumbprint: described.sha256Thumbprint,
      issuerName: described.issuer,
      notBeforeUtc: described.notBefore,
      notAfterUtc: described.notAfter,
      serialNumber: described.serialNumber,
      version: certificate.version,
    },
  };
}
