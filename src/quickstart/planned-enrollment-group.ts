/**
 * The enrollments that a plan asks for, a group or one for each device, as the service takes them, and whether one that
 * was read back is it.
 */
import { isDeepStrictEqual } from 'node:util';
import { differingMembers, settableTwin, withMembers } from '../dps/client/enrollment-members.js';
import type { Target } from '../dps/client/target.js';
import { apiVersions } from '../dps/contract/api-versions.js';
import { withoutPort } from '../dps/contract/host.js';
import type { EnrollmentGroup, IndividualEnrollment, LinkedHub } from '../dps/contract/schemas.js';
import { withFunctionKey, withoutFunctionKey } from '../dps/contract/webhook-url.js';
import type { StoredCertificate } from '../workspace/stored-certificates.js';
import { detailsOf } from './plan/device-details.js';
import type { Plan } from './plan/fields.js';
import { withoutTwinMark } from './resource-tags.js';

const reprovisionPolicies = {
  migrate: { updateHubAssignment: true, migrateDeviceData: true },
  reset: { updateHubAssignment: true, migrateDeviceData: false },
  never: { updateHubAssignment: false, migrateDeviceData: false },
} as const;

/** What a plan does not say. */
export type EnrollmentSecrets = Pick<Target, 'webhookKey'>;

/**
 * @param signer the CA that signs the devices; its certificate goes into a group that attests by certificate
 * @param linkedHubs those of the DPS, where they are known
 */
export function enrollmentGroupOf(
  plan: Plan,
  signer: Pick<StoredCertificate, 'pem'>,
  linkedHubs: readonly LinkedHub[],
  secrets: EnrollmentSecrets = {},
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
    ...settingsOf(plan, linkedHubs, secrets),
  };
}

/** @param certificate that of the device, PEM */
export function individualEnrollmentOf(
  plan: Plan,
  registrationId: string,
  certificate: string,
  linkedHubs: readonly LinkedHub[],
  secrets: EnrollmentSecrets = {},
): IndividualEnrollment {
  const { deviceId, tags } = detailsOf(plan, registrationId);
  const { initialTwin, ...settings } = settingsOf(plan, linkedHubs, secrets);
  const twin = tags ? { ...initialTwin, tags: { ...initialTwin?.tags, ...tags } } : initialTwin;
  return {
    registrationId,
    attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate } } } },
    ...settings,
    ...(twin ? { initialTwin: twin } : {}),
    ...(deviceId === undefined ? {} : { deviceId }),
  };
}

/** What a group and an individual enrollment have in common. */
function settingsOf(plan: Plan, linkedHubs: readonly LinkedHub[], { webhookKey }: EnrollmentSecrets) {
  const { enrollmentGroup: group, devices } = plan;
  const policy = devices.requestCertificates ? devices.credentialPolicy : null;
  return {
    capabilities: { iotEdge: group.iotEdge },
    provisioningStatus: group.provisioningStatus,
    reprovisionPolicy: { ...reprovisionPolicies[group.reprovisionPolicy] },
    allocationPolicy: group.allocationPolicy,
    ...(group.webhookUrl === undefined
      ? {}
      : {
          customAllocationDefinition: {
            webhookUrl: webhookKey ? withFunctionKey(group.webhookUrl, webhookKey) : group.webhookUrl,
            apiVersion: group.webhookApiVersion ?? apiVersions.service[0],
          },
        }),
    ...(group.iotHubs
      ? { iotHubs: group.iotHubs.map((hub) => linkedHubName(plan.target.kind, linkedHubs, hub) ?? hub) }
      : {}),
    ...(group.initialTwin ? { initialTwin: group.initialTwin } : {}),
    ...(policy === null ? {} : { credentialPolicyName: policy }),
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

/** The plan with the settings of an existing group in place of the planned ones. */
export function planOfGroup(plan: Plan, group: EnrollmentGroup): Plan {
  const { initialTwin, allocationPolicy, reprovisionPolicy, provisioningStatus, iotHubs } = group;
  const webhook = allocationPolicy === 'custom' ? group.customAllocationDefinition : undefined;
  const policy = Object.entries(reprovisionPolicies).find(([, members]) =>
    isDeepStrictEqual(members, reprovisionPolicy),
  )?.[0] as keyof typeof reprovisionPolicies | undefined;
  const { webhookUrl: _url, webhookApiVersion: _version, ...planned } = plan.enrollmentGroup;
  return {
    ...plan,
    enrollmentGroup: {
      ...planned,
      attestation: group.attestation.x509?.caReferences ? 'caReference' : 'certificate',
      allocationPolicy: allocationPolicy ?? planned.allocationPolicy,
      ...(webhook
        ? { webhookUrl: withoutFunctionKey(webhook.webhookUrl), webhookApiVersion: webhook.apiVersion }
        : {}),
      iotHubs: iotHubs ? [...iotHubs] : null,
      initialTwin: plannedTwinOf(initialTwin),
      reprovisionPolicy: policy ?? planned.reprovisionPolicy,
      iotEdge: group.capabilities?.iotEdge ?? false,
      provisioningStatus: provisioningStatus ?? 'enabled',
    },
  };
}

/** The twin that a plan has for one of an enrollment. */
function plannedTwinOf(initialTwin: EnrollmentGroup['initialTwin']): Plan['enrollmentGroup']['initialTwin'] {
  const twin = withoutTwinMark(settableTwin(initialTwin));
  return Object.keys(twin).length === 0 ? null : (twin as Plan['enrollmentGroup']['initialTwin']);
}

type Enrollment = Omit<EnrollmentGroup, 'enrollmentGroupId'> & Pick<IndividualEnrollment, 'deviceId'>;

/** What of an enrollment differs from the one wanted, in the service's words; empty when nothing does. */
export function differences(wanted: Enrollment, found: Enrollment): string[] {
  const { initialTwin: _twin, deviceId, credentialPolicyName, ...members } = wanted;
  // Which run created a group makes no difference between groups.
  const [twin, foundTwin] = [
    withoutTwinMark(wanted.initialTwin),
    withoutTwinMark(settableTwin(found.initialTwin)),
  ];
  const differs = (one: unknown, other: unknown) => !isDeepStrictEqual(one ?? {}, other ?? {});
  return [
    ...differingMembers(members, found),
    ...(deviceId != null && deviceId !== found.deviceId ? ['deviceId'] : []),
    ...(credentialPolicyName != null && credentialPolicyName !== found.credentialPolicyName
      ? ['credentialPolicyName']
      : []),
    // A plan says all of the twin: what it does not name is not to be there.
    ...(differs(twin?.tags, foundTwin.tags) ? ['initialTwin.tags'] : []),
    ...(differs(twin?.properties?.desired, foundTwin.properties?.desired)
      ? ['initialTwin.properties.desired']
      : []),
  ];
}

/** The enrollment to send in the place of an existing one: as wanted, with what the plan has no word on as it was. */
export function changedEnrollment<Wanted extends Enrollment>(wanted: Wanted, found: Wanted): Wanted {
  const { initialTwin, deviceId, credentialPolicyName, ...members } = wanted;
  const { initialTwin: _before, ...changed } = withMembers(found, members as Enrollment);
  return {
    ...changed,
    ...(initialTwin ? { initialTwin } : {}),
    ...(deviceId == null ? {} : { deviceId }),
    ...(credentialPolicyName == null ? {} : { credentialPolicyName }),
  } as Wanted;
}
