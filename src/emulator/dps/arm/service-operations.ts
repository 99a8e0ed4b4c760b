/** A provisioning service as an ARM resource, and its shared access policies. */
import {
  firstDataResidencyApiVersion,
  firstHubAuthenticationApiVersion,
  permissionsApiVersions,
} from '../../../dps/contract/api-versions.js';
import type { SharedAccessPolicy } from '../../../dps/contract/schemas.js';
import { hubOwnerPolicy, type Policy } from '../../state/identity.js';
import type { ProvisioningService } from '../provisioning-service.js';
import { serviceResourceId } from '../service-resource-id.js';
import type { Hub } from '../state/linked-hubs.js';
import { ArmError } from './arm-error.js';
import { serviceKey } from './pending-changes.js';
import { shownRegistryLink } from './registry/service-link.js';
import { abridge, armOperations, type ServiceScope, type Subscription, sameName } from './scope.js';

export const serviceOperations = armOperations<ServiceScope>({
  getService: {
    idParameter: 'dpsName',
    handle: ({ apiVersion }, { service, subscription }) => ({
      status: 200,
      body: toServiceResource(service, subscription, apiVersion),
    }),
  },
  getPermissions: {
    apiVersions: permissionsApiVersions,
    idParameter: 'dpsName',
    // The token permits everything.
    handle: () => ({
      status: 200,
      body: { value: [{ actions: ['*'], notActions: [], dataActions: ['*'], notDataActions: [] }] },
    }),
  },
  listKeys: {
    idParameter: 'dpsName',
    handle: (_, { service }) => ({ status: 200, body: { value: service.policies.map(toKeyRule) } }),
  },
  getKey: {
    idParameter: 'keyName',
    handle({ parameters }, { service }) {
      const keyName = parameters.keyName!;
      const policy = service.policies.find((one) => sameName(one.keyName, keyName));
      if (policy) return { status: 200, body: toKeyRule(policy) };
      throw new ArmError('policyNotFound', `There is no shared access policy '${abridge(keyName)}'.`);
    },
  },
});

/** A service as ARM describes it: its members are those of the api-version. */
export function toServiceResource(
  service: ProvisioningService,
  { services, pending }: Pick<Subscription, 'services' | 'pending'>,
  apiVersion: string,
) {
  const { identity, hubs, names, settings } = service;
  const state = pending.stateOf(serviceKey(service));
  const isActivating = state === 'Activating';
  return {
    id: serviceResourceId(service),
    name: identity.dpsName,
    type: 'Microsoft.Devices/provisioningServices',
    location: settings.location,
    ...(isActivating ? {} : { etag: service.etag }),
    tags: settings.tags,
    resourcegroup: identity.resourceGroup,
    subscriptionid: identity.subscriptionId,
    sku: { name: settings.sku.name, tier: 'Standard', capacity: settings.sku.capacity },
    ...(settings.managedIdentity === undefined ? {} : { identity: settings.managedIdentity }),
    properties: {
      state: state ?? 'Active',
      provisioningState: state === undefined ? 'Succeeded' : 'Accepted',
      allocationPolicy: settings.allocationPolicy.replace(/^./, (letter) => letter.toUpperCase()),
      idScope: isActivating ? null : identity.idScope,
      ...(isActivating
        ? {}
        : {
            // What devices dial, whichever service they register with.
            deviceProvisioningHostName: services.deviceHostName,
            serviceOperationsHostName: names.https,
            iotHubs: hubs.list().map((hub) => toLink(hub, apiVersion)),
          }),
      ...(apiVersion < firstDataResidencyApiVersion ? {} : { enableDataResidency: false }),
      ...shownRegistryLink(service, apiVersion),
    },
  };
}

function toLink(hub: Hub, apiVersion: string) {
  const { hostName, location, applyAllocationPolicy, allocationWeight, policy } = hub;
  const keyName = policy?.keyName ?? hubOwnerPolicy;
  return {
    ...(applyAllocationPolicy === undefined ? {} : { applyAllocationPolicy }),
    ...(allocationWeight === undefined ? {} : { allocationWeight }),
    name: hostName,
    connectionString: `HostName=${hostName};SharedAccessKeyName=${keyName};SharedAccessKey=****`,
    location,
    ...(apiVersion < firstHubAuthenticationApiVersion ? {} : { authenticationType: 'KeyBased' }),
  };
}

/** A policy as `listkeys` returns it. */
export function toKeyRule({ keyName, primaryKey, secondaryKey, rights }: Policy): SharedAccessPolicy {
  return { keyName, primaryKey, secondaryKey, rights };
}
