/** The enrollment group that a plan asks for, as the service takes it, and whether one that was read back is it. */
import { isDeepStrictEqual } from 'node:util';
import { withoutPort } from '../dps/contract/host.js';
import type { EnrollmentGroup, LinkedHub } from '../dps/contract/schemas.js';
import { sha256Thumbprint } from '../pki/x509/inspect.js';
import type { StoredCertificate } from '../workspace/stored-certificates.js';
import type { Plan } from './plan/plan.js';

const reprovisionPolicies = {
  migrate: { updateHubAssignment: true, migrateDeviceData: true },
  reset: { updateHubAssignment: true, migrateDeviceData: false },
  never: { updateHubAssignment: false, migrateDeviceData: false },
} as const;

/**
 * @param signer the CA that signs the devices; its certificate goes into a group that attests by certificate
 * @param linkedHubs those of the DPS, where they are known
 */
export function enrollmentGroupOf(
  plan: Plan,
  signer: Pick<StoredCertificate, 'pem'>,
  linkedHubs: readonly LinkedHub[],
): EnrollmentGroup {
  const group = plan.enrollmentGroup;
  return {
    enrollmentGroupId: group.id,
    attestation: {
      type: 'x509',
      x509:
        group.attestation === 'caReference'
          ? { caReferences: { primary: plan.certificateAuthority.name } }
          : { signingCertificates: { primary: { certificate: signer.pem } } },
    },
    capabilities: { iotEdge: group.iotEdge },
    provisioningStatus: group.provisioningStatus,
    reprovisionPolicy: { ...reprovisionPolicies[group.reprovisionPolicy] },
    allocationPolicy: group.allocationPolicy,
    ...(group.iotHubs
      ? { iotHubs: group.iotHubs.map((hub) => linkedHubName(plan.target.kind, linkedHubs, hub) ?? hub) }
      : {}),
    ...(group.initialTwin ? { initialTwin: group.initialTwin } : {}),
  };
}

/**
 * The name of a linked hub as it is today. The emulator's hub has another port in each run, so there the port that a
 * plan names, or leaves out, does not count.
 */
export function linkedHubName(
  kind: 'emulator' | 'azure',
  hubs: readonly LinkedHub[],
  wanted: string,
): string | undefined {
  const comparable = (name: string) => (kind === 'emulator' ? withoutPort(name) : name).toLowerCase();
  return hubs.find(({ name }) => comparable(name) === comparable(wanted))?.name;
}

/** What of a group differs from the one wanted, in the service's words; empty when nothing does. */
export function differences(
  wanted: EnrollmentGroup,
  found: EnrollmentGroup,
  signer: StoredCertificate,
): string[] {
  const different: string[] = [];
  const compare = (name: string, left: unknown, right: unknown) => {
    if (!isDeepStrictEqual(left, right)) different.push(name);
  };
  const { x509 } = found.attestation;
  if (wanted.attestation.x509?.caReferences) {
    compare('attestation', wanted.attestation.x509.caReferences.primary, x509?.caReferences?.primary);
  } else {
    const thumbprint = x509?.signingCertificates?.primary?.info?.sha256Thumbprint?.toUpperCase();
    compare('attestation', sha256Thumbprint(signer.certificate), thumbprint);
  }
  compare('capabilities', wanted.capabilities?.iotEdge ?? false, found.capabilities?.iotEdge ?? false);
  compare('provisioningStatus', wanted.provisioningStatus, found.provisioningStatus ?? 'enabled');
  compare('reprovisionPolicy', wanted.reprovisionPolicy, pick(found.reprovisionPolicy));
  compare('allocationPolicy', wanted.allocationPolicy, found.allocationPolicy);
  if (wanted.iotHubs) compare('iotHubs', lowerSorted(wanted.iotHubs), lowerSorted(found.iotHubs ?? []));
  compare('initialTwin.tags', wanted.initialTwin?.tags ?? {}, withoutMetadata(found.initialTwin?.tags ?? {}));
  compare(
    'initialTwin.properties.desired',
    wanted.initialTwin?.properties?.desired ?? {},
    withoutMetadata(found.initialTwin?.properties?.desired ?? {}),
  );
  return different;
}

function pick(policy: EnrollmentGroup['reprovisionPolicy']) {
  return policy
    ? { updateHubAssignment: policy.updateHubAssignment, migrateDeviceData: policy.migrateDeviceData }
    : policy;
}

function lowerSorted(hubs: string[]): string[] {
  return hubs.map((hub) => hub.toLowerCase()).sort();
}

/** A twin collection without what the service adds and does not take back: version, count, metadata. */
export function withoutMetadata(collection: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(collection).filter(([name]) => !name.startsWith('$')));
}
