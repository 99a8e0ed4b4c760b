/** Reads a provisioning service that a client puts: its settings, its linked hubs, its shared access policies. */
import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { parseConnectionString } from '../../../dps/contract/connection-string.js';
import type { HubDirectory, IotHub } from '../../hub/hub-directory.js';
import type { Policy } from '../../state/identity.js';
import { defaultSettings, type ServiceSettings } from '../provisioning-service.js';
import type { HubLink } from '../state/linked-hubs.js';
import { ArmError, badRequest } from './arm-error.js';
import { abridge } from './scope.js';
import { refuseUnsupportedSettings } from './unsupported-settings.js';

const hubBody = z.object({
  name: z.string().nullish(),
  connectionString: z.string().nullish(),
  location: z.string().nullish(),
  applyAllocationPolicy: z.boolean().nullish(),
  /** Microsoft Learn, "How to use allocation policies": from 1 to 1000. */
  allocationWeight: z.number().int().min(1).max(1000).nullish(),
});

const policyBody = z.object({
  keyName: z.string().regex(/^[\w.@#-]{1,64}$/),
  primaryKey: z.string().nullish(),
  secondaryKey: z.string().nullish(),
  rights: z.string(),
});

/** Of services and hubs. */
export const managedIdentity = z
  .object({ type: z.string(), userAssignedIdentities: z.record(z.string(), z.unknown()).nullish() })
  .nullish()
  .transform((given) =>
    given == null || /^none$/i.test(given.type)
      ? undefined
      : { type: given.type, userAssignedIdentities: given.userAssignedIdentities ?? undefined },
  );

/** The namespace that a service is linked to, by its identity; see {@link firstRegistryOfServiceApiVersion}. */
const registryNamespace = z.object({
  resourceId: z.string(),
  authenticationType: z.enum(['SystemAssigned', 'UserAssigned']),
  selectedUserAssignedIdentityResourceId: z.string().nullish(),
});
export type RegistryLink = z.infer<typeof registryNamespace>;

const serviceBody = z.object({
  location: z.string().min(1),
  identity: managedIdentity,
  tags: z.record(z.string(), z.string()).nullish(),
  sku: z.object({ name: z.string(), capacity: z.number().int().min(1).nullish() }),
  properties: z.object({
    allocationPolicy: z
      .string()
      .regex(/^(hashed|geolatency|static)$/i)
      .nullish(),
    iotHubs: z.array(hubBody).nullish(),
    authorizationPolicies: z.array(policyBody).nullish(),
  }),
});

/** By their names in lower case. */
const policyNames: Record<string, ServiceSettings['allocationPolicy']> = {
  hashed: 'hashed',
  geolatency: 'geoLatency',
  static: 'static',
};

/** The rights that a policy can combine; azure-rest-api-specs, AccessRightsDescription. */
const knownRights = [
  'ServiceConfig',
  'EnrollmentRead',
  'EnrollmentWrite',
  'DeviceConnect',
  'RegistrationStatusRead',
  'RegistrationStatusWrite',
];

export interface ServiceRequest {
  settings: ServiceSettings;
  /** Undefined to keep the current ones. */
  links: HubLink[] | undefined;
  policies: Policy[] | undefined;
  /** Undefined without one. */
  registryLink: RegistryLink | undefined;
}

/** Of api-versions in which a service has its link to a namespace. */
const linkedServiceBody = serviceBody.extend({
  properties: serviceBody.shape.properties.extend({ deviceRegistryNamespace: registryNamespace.nullish() }),
});

/**
 * @param hasRegistryLink whether the api-version has the service's link to a namespace
 * @param linked the hubs that the service links now
 * @throws ArmError badRequest, notImplemented
 */
export function readService(
  body: unknown,
  hasRegistryLink: boolean,
  linked: readonly HubLink[],
  hubs: HubDirectory,
): ServiceRequest {
  const schema: z.ZodType<z.infer<typeof linkedServiceBody>> = hasRegistryLink
    ? linkedServiceBody
    : serviceBody;
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw badRequest(
      `The provisioning service is not valid at ${issue.path.join('.') || 'its top'}: ${issue.message}.`,
    );
  }
  refuseUnsupportedSettings(body);
  const { location, tags, identity, sku, properties } = parsed.data;
  if (sku.name.toUpperCase() !== 'S1') {
    throw new ArmError(
      'illegalSku',
      `The sku '${abridge(sku.name)}' is not one of a provisioning service: S1.`,
    );
  }
  const { iotHubs, authorizationPolicies } = properties;
  const links = iotHubs?.map((hub, index) => readLink(hub, `properties.iotHubs.${index}`, linked, hubs));
  if (links && indexOfRepeated(links.map(({ hubId }) => hubId)) >= 0) {
    // Seen in Azure/azure-cli-extensions; there, two links to the same hub are taken and three are not.
    throw new ArmError('duplicateHub', 'Cannot have duplicate iot hubs in description.');
  }
  const repeated = indexOfRepeated(authorizationPolicies?.map(({ keyName }) => keyName) ?? []);
  if (repeated >= 0)
    throw badRequest(`properties.authorizationPolicies.${repeated}: the name is listed twice.`);
  return {
    settings: {
      location,
      tags: tags ?? {},
      allocationPolicy:
        policyNames[properties.allocationPolicy?.toLowerCase() ?? ''] ?? defaultSettings.allocationPolicy,
      sku: { name: 'S1', capacity: sku.capacity ?? 1 },
      ...(identity === undefined ? {} : { managedIdentity: identity }),
    },
    links,
    registryLink: properties.deviceRegistryNamespace ?? undefined,
    // Descriptions of a service come without policies, and clients put them back as they came.
    policies: authorizationPolicies?.length
      ? authorizationPolicies.map((policy, index) =>
          readPolicy(policy, `properties.authorizationPolicies.${index}`),
        )
      : undefined,
  };
}

/** The place in a list of the first name that stands there before, in any case; -1 if there is none. */
function indexOfRepeated(names: readonly string[]): number {
  const keys = names.map((name) => name.toLowerCase());
  return keys.findIndex((key, index) => keys.indexOf(key) < index);
}

function readLink(
  { name, connectionString, location, applyAllocationPolicy, allocationWeight }: z.infer<typeof hubBody>,
  place: string,
  linked: readonly HubLink[],
  hubs: HubDirectory,
): HubLink {
  // Descriptions mask the key; a masked one stands for the hub that is already linked.
  const isMasked = connectionString == null || /SharedAccessKey=\*+/i.test(connectionString);
  const host = name ?? /HostName=([^;]+)/i.exec(connectionString ?? '')?.[1] ?? '';
  const given = isMasked ? undefined : readConnectionString(connectionString, place, hubs);
  const hub = given?.hub ?? (isMasked ? hubs.byName(host) : undefined);
  const before = linked.find(({ hubId }) => hubId === hub?.hubId);
  if (!hub || (isMasked && !before)) {
    throw badRequest(`${place}.connectionString must be that of a hub of this emulator: ${namesOf(hubs)}.`);
  }
  return {
    hubId: hub.hubId,
    location: location ?? before?.location ?? defaultSettings.location,
    applyAllocationPolicy: applyAllocationPolicy ?? undefined,
    allocationWeight: allocationWeight ?? undefined,
    policy: given ? given.policy : before?.policy,
  };
}

/** The hub of a connection string, undefined if there is none, and the policy. */
function readConnectionString(
  connectionString: string,
  place: string,
  hubs: HubDirectory,
): { hub: IotHub | undefined; policy: HubLink['policy'] } {
  let given: ReturnType<typeof parseConnectionString>;
  try {
    given = parseConnectionString(connectionString);
  } catch {
    throw badRequest(`${place}.connectionString is none.`);
  }
  const hub = hubs.byName(given.hostName);
  const { sharedAccessKeyName: keyName, sharedAccessKey: key } = given;
  const policy = hub?.policies.find((one) => one.keyName === keyName);
  if (hub && ![policy?.primaryKey, policy?.secondaryKey].includes(key)) {
    throw badRequest(`${place}.connectionString has a policy or a key that is not the hub's.`);
  }
  return { hub, policy: { keyName, key } };
}

function readPolicy(given: z.infer<typeof policyBody>, place: string): Policy {
  const rights = given.rights.split(',').map((right) => right.trim());
  const unknown = rights.find((right) => !knownRights.includes(right));
  if (unknown !== undefined) throw badRequest(`There is no access right '${abridge(unknown)}'.`);
  const key = (field: 'primaryKey' | 'secondaryKey'): string => {
    const text = given[field];
    if (!text) return randomBytes(32).toString('base64');
    if (Buffer.from(text, 'base64').toString('base64') === text) return text;
    throw badRequest(`${place}.${field} must be base64.`);
  };
  return {
    keyName: given.keyName,
    primaryKey: key('primaryKey'),
    secondaryKey: key('secondaryKey'),
    rights: rights.join(', '),
  };
}

function namesOf(hubs: HubDirectory): string {
  return hubs
    .list()
    .map(({ hubId }) => hubId)
    .join(', ');
}
