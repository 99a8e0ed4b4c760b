/** A provisioning service as an ARM resource, and its shared access policies. */
import { permissionsApiVersions } from '../../../dps/contract/api-versions.js';
import type {
  ProvisioningService as ServiceResource,
  SharedAccessPolicy,
} from '../../../dps/contract/schemas.js';
import type { Policy } from '../../state/identity.js';
import type { ProvisioningService } from '../provisioning-service.js';
import { ArmError } from './arm-error.js';
import { abridge, armOperations, type ServiceScope, sameName } from './scope.js';

export const serviceOperations = armOperations<ServiceScope>({
  getService: {
    idParameter: 'dpsName',
    handle: (_, { service, subscription: { services } }) => ({
      status: 200,
      body: toServiceResource(service, services.deviceHostName),
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
      throw new ArmError('notFound', `There is no shared access policy '${abridge(keyName)}'.`);
    },
  },
});

/** The path of the service's resource. */
export function serviceResourceId({ identity }: ProvisioningService): string {
  return `/subscriptions/${identity.subscriptionId}/resourceGroups/${identity.resourceGroup}/providers/Microsoft.Devices/provisioningServices/${identity.dpsName}`;
}

/** What no setting of the emulator changes. */
const fixedProperties = {
  authorizationPolicies: [],
  ipFilterRules: [],
  privateEndpointConnections: [],
  publicNetworkAccess: 'Enabled',
  enableDataResidency: false,
};

/** @param deviceHostName the host name that devices dial, whichever service they register with */
export function toServiceResource(
  service: ProvisioningService,
  deviceHostName: string,
): ServiceResource & Record<string, unknown> {
  const { identity, hubs, names, settings } = service;
  return {
    id: serviceResourceId(service),
    name: identity.dpsName,
    type: 'Microsoft.Devices/provisioningServices',
    location: settings.location,
    etag: service.etag,
    tags: settings.tags,
    resourcegroup: identity.resourceGroup,
    subscriptionid: identity.subscriptionId,
    sku: { name: settings.sku.name, tier: 'Standard', capacity: settings.sku.capacity },
    properties: {
      state: 'Active',
      provisioningState: 'Succeeded',
      allocationPolicy: settings.allocationPolicy.replace(/^./, (letter) => letter.toUpperCase()),
      idScope: identity.idScope,
      serviceOperationsHostName: names.https,
      deviceProvisioningHostName: deviceHostName,
      iotHubs: hubs.list().map(({ hostName, location, applyAllocationPolicy, allocationWeight }) => ({
        name: hostName,
        connectionString: `HostName=${hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=****`,
        location,
        applyAllocationPolicy,
        allocationWeight,
      })),
      ...fixedProperties,
    },
  };
}

/** A policy as `listkeys` returns it. */
export function toKeyRule({ keyName, primaryKey, secondaryKey, rights }: Policy): SharedAccessPolicy {
  return { keyName, primaryKey, secondaryKey, rights };
}
