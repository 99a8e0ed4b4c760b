/** Reads an enrollment group or individual enrollment; invalid ones are refused with 400004 and a message. */
import type { ZodType } from 'zod';
import {
  apiVersions,
  firstCustomAllocationApiVersion,
  placeOfApiVersion,
} from '../../../dps/contract/api-versions.js';
import { credentialPolicyPattern, sameId } from '../../../dps/contract/ids.js';
import {
  allocationPolicies,
  attestationTypes,
  type CustomAllocationDefinition,
  type EnrollmentGroup,
  enrollmentGroup,
  type InitialTwin,
  individualEnrollment,
  provisioningStatuses,
} from '../../../dps/contract/schemas.js';
import { isWebhookUrl } from '../../../dps/contract/webhook-url.js';
import { initialTwinProblem } from '../../hub/twin-limits.js';
import { readAttestation } from '../attestation/kinds.js';
import { DpsError } from '../dps-error.js';
import { assertLegalId } from '../registration/legal-id.js';
import type { PolicyReference } from '../registry/device-registry.js';
import type { Certificates } from '../state/ca-certificates.js';
import type { EnrollmentSettings } from '../state/enrollment-settings.js';
import type { Hub } from '../state/linked-hubs.js';
import type { GroupSettings } from '../state/stored-groups.js';
import type { IndividualSettings } from '../state/stored-individuals.js';

export interface EnrollmentContext {
  certificates: Pick<Certificates, 'get'>;
  /** The linked hubs. */
  hubs: { byName(hostName: string): Pick<Hub, 'hubId'> | undefined };
  /** Why an enrollment cannot name a policy, as a sentence. */
  policyProblem: (reference: PolicyReference) => string | undefined;
}

/** The rule of IoT Hub: Microsoft Learn, "Understand the identity registry in your IoT hub", case-sensitive. */
const legalDeviceId = /^[A-Za-z0-9\-.%_*?!(),:=@$']{1,128}$/;

/**
 * @param enrollmentGroupId the ID in the path
 * @param before the stored group: keys and certificates that the body omits are kept from it
 * @throws DpsError badRequest, notImplemented
 */
export function readEnrollmentGroup(
  enrollmentGroupId: string,
  body: unknown,
  before: GroupSettings | undefined,
  context: EnrollmentContext,
): GroupSettings {
  assertLegalId('enrollment group ID', enrollmentGroupId);
  const group = parse(enrollmentGroup, body, 'enrollment group');
  assertSameId('enrollment group ID', group.enrollmentGroupId, enrollmentGroupId);
  return {
    enrollmentGroupId: before?.enrollmentGroupId ?? enrollmentGroupId,
    ...readSettings(group, context),
    attestation: readAttestation(group.attestation, 'group', before?.attestation, context.certificates),
  };
}

/**
 * @param registrationId the ID in the path
 * @param before see {@link readEnrollmentGroup}
 * @throws DpsError badRequest, notImplemented
 */
export function readIndividualEnrollment(
  registrationId: string,
  body: unknown,
  before: IndividualSettings | undefined,
  context: EnrollmentContext,
): IndividualSettings {
  assertLegalId('registration ID', registrationId);
  const individual = parse(individualEnrollment, body, 'individual enrollment');
  assertSameId('registration ID', individual.registrationId, registrationId);
  const { deviceId, optionalDeviceInformation } = individual;
  if (deviceId != null && deviceId !== '' && !legalDeviceId.test(deviceId)) {
    throw badRequest(
      "The deviceId must have 1 to 128 letters, digits or characters of - . % _ * ? ! ( ) , : = @ $ '.",
    );
  }
  return {
    registrationId: before?.registrationId ?? registrationId,
    ...(deviceId == null || deviceId === '' ? {} : { deviceId }),
    ...(optionalDeviceInformation == null ? {} : { optionalDeviceInformation }),
    ...readSettings(individual, context),
    attestation: readAttestation(
      individual.attestation,
      'individual',
      before?.attestation,
      context.certificates,
    ),
  };
}

type CommonFields = Omit<EnrollmentGroup, 'enrollmentGroupId'>;

function readSettings(
  enrollment: CommonFields,
  { hubs, policyProblem }: EnrollmentContext,
): Omit<EnrollmentSettings, 'attestation'> {
  const { iotHubHostName, iotHubs, allocationPolicy, initialTwin } = enrollment;
  const { capabilities, provisioningStatus, reprovisionPolicy } = enrollment;
  const customAllocationDefinition = readCustomAllocation(enrollment);
  assertHubsFitPolicy(enrollment);
  const twinProblem = initialTwin == null ? undefined : initialTwinProblem(initialTwin);
  if (twinProblem !== undefined) throw badRequest(`initialTwin.${twinProblem}`);
  const policy = readPolicy(enrollment);
  const problem = policyProblem(policy);
  if (problem !== undefined) throw badRequest(problem);
  return {
    ...(capabilities == null ? {} : { capabilities: withoutNulls(capabilities) }),
    ...(allocationPolicy == null ? {} : { allocationPolicy }),
    ...(customAllocationDefinition === undefined ? {} : { customAllocationDefinition }),
    ...(iotHubs == null ? {} : { hubIds: iotHubs.map((name) => hubIdOf(name, hubs)) }),
    ...(iotHubHostName == null ? {} : { hubId: hubIdOf(iotHubHostName, hubs) }),
    ...(provisioningStatus === undefined ? {} : { provisioningStatus }),
    ...(reprovisionPolicy == null ? {} : { reprovisionPolicy: withoutNulls(reprovisionPolicy) }),
    ...(initialTwin == null ? {} : { initialTwin: readInitialTwin(initialTwin) }),
    ...policy,
  };
}

/** The policy that an enrollment names: in one of two ways, and completely. */
function readPolicy(enrollment: CommonFields): PolicyReference {
  const { credentialPolicyName, namespaceName, certificateAuthorityName, certificatePolicyName } = enrollment;
  if (credentialPolicyName != null && !credentialPolicyPattern.test(credentialPolicyName)) {
    throw badRequest('The credentialPolicyName must have 1 to 63 letters, digits, - . or _.');
  }
  const given = { namespaceName, certificateAuthorityName, certificatePolicyName };
  const missing = Object.entries(given).find(([, name]) => name == null)?.[0];
  if (missing === undefined) {
    if (credentialPolicyName == null) return withoutNulls(given);
    throw badRequest('An enrollment has either a credentialPolicyName or a certificatePolicyName.');
  }
  const some = Object.entries(given).find(([, name]) => name != null)?.[0];
  if (some !== undefined) throw badRequest(`An enrollment with ${some} must have ${missing}.`);
  return credentialPolicyName == null ? {} : { credentialPolicyName };
}

function assertSameId(what: string, ofBody: string, ofPath: string): void {
  if (!sameId(ofBody, ofPath)) throw badRequest(`The ${what} of the body is not that of the path.`);
}

function parse<Value>(schema: ZodType<Value>, body: unknown, what: string): Value {
  const parsed = schema.safeParse(withSchemaSpelling(body));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw badRequest(`The ${what} is not valid at ${issue.path.join('.') || 'its top'}: ${issue.message}.`);
}

/**
 * The body with its enumerations spelled as in the schema: documentation and tools use more than one case, such as
 * `geolatency` (Microsoft Learn, "How to use allocation policies").
 */
function withSchemaSpelling(body: unknown): unknown {
  if (!isObject(body)) return body;
  const { attestation } = body;
  return {
    ...body,
    ...withSpelling(body, 'allocationPolicy', allocationPolicies),
    ...withSpelling(body, 'provisioningStatus', provisioningStatuses),
    ...(isObject(attestation)
      ? { attestation: { ...attestation, ...withSpelling(attestation, 'type', attestationTypes) } }
      : {}),
  };
}

function withSpelling(object: Record<string, unknown>, field: string, values: readonly string[]) {
  const given = object[field];
  const value =
    typeof given === 'string' ? values.find((one) => one.toLowerCase() === given.toLowerCase()) : undefined;
  return value === undefined ? {} : { [field]: value };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readCustomAllocation({
  allocationPolicy,
  customAllocationDefinition,
}: CommonFields): CustomAllocationDefinition | undefined {
  if (allocationPolicy !== 'custom') return customAllocationDefinition ?? undefined;
  if (!customAllocationDefinition) {
    // Seen in a report of the real service.
    throw badRequest(
      "A CustomAllocationDefinition is required when the allocation policy is set to 'Custom'",
    );
  }
  const { webhookUrl, apiVersion } = customAllocationDefinition;
  if (!isWebhookUrl(webhookUrl)) {
    throw badRequest(
      'customAllocationDefinition.webhookUrl must be a URL of https; http is taken for this machine only (localhost, 127.0.0.1, [::1]).',
    );
  }
  const isServed = placeOfApiVersion(apiVersion, apiVersions.service) !== 'unknown';
  if (!isServed || apiVersion < firstCustomAllocationApiVersion) {
    throw badRequest(
      `customAllocationDefinition.apiVersion must be one of the service's, from ${firstCustomAllocationApiVersion} on.`,
    );
  }
  return { webhookUrl, apiVersion };
}

/**
 * Microsoft Learn, "How to use allocation policies": with static configuration, an enrollment names a single hub. One that
 * names none is taken all the same (recorded by Azure/azure-sdk-for-python).
 */
function assertHubsFitPolicy({ allocationPolicy, iotHubs }: CommonFields): void {
  const count = iotHubs?.length ?? 0;
  // Seen in reports of the real service.
  if (count > 0 && allocationPolicy == null)
    throw badRequest('Enrollment allocationPolicy must be specified when iotHubs are specified.');
  if (allocationPolicy === 'static' && count > 1) {
    throw badRequest(
      `With the allocation policy static, one IoT hub must be named in iotHubs, not ${count}.`,
    );
  }
}

function readInitialTwin({ tags, properties }: InitialTwin): InitialTwin {
  return withoutNulls({ tags, properties: properties && withoutNulls(properties) });
}

type WithoutNulls<Value> = { [Name in keyof Value]?: NonNullable<Value[Name]> };

/** Members that are sent as null are as if they were not sent. */
function withoutNulls<Value extends object>(value: Value): WithoutNulls<Value> {
  const given = Object.entries(value).filter(([, member]) => member != null);
  return Object.fromEntries(given) as WithoutNulls<Value>;
}

function hubIdOf(hostName: string, hubs: EnrollmentContext['hubs']): string {
  const hub = hubs.byName(hostName);
  if (!hub)
    throw badRequest(`The IoT hub "${hostName.slice(0, 90)}" is not linked to this provisioning service.`);
  return hub.hubId;
}

function badRequest(message: string): DpsError {
  return new DpsError('badRequest', { message });
}
