/** The provisioning service as an ARM resource, and its shared access policies. */
import { permissionsApiVersions } from '../../../dps/contract/api-versions.js';
import { routes } from '../../../dps/contract/routes.js';
import type {
  ProvisioningService as ServiceDescription,
  SharedAccessPolicy,
} from '../../../dps/contract/schemas.js';
import type { Policy } from '../../state/identity.js';
import type { Operation } from '../../wire/http/operation.js';
import type { ProvisioningService } from '../provisioning-service.js';
import { ArmError } from './arm-error.js';

export interface ArmServiceOptions {
  service: ProvisioningService;
  /** The name that devices dial, whichever service they mean. */
  deviceHostName: () => string;
  now: () => Date;
}

/** The path of the service's resource. */
export function serviceResourceId({ identity }: ProvisioningService): string {
  return `/subscriptions/${identity.subscriptionId}/resourceGroups/${identity.resourceGroup}/providers/Microsoft.Devices/provisioningServices/${identity.dpsName}`;
}

export function serviceOperations(options: ArmServiceOptions): Operation[] {
  const { service } = options;
  return [
    {
      name: 'getService',
      route: routes.arm.getService,
      subject: 'dpsName',
      handle: () => ({ status: 200, body: describeService(options) }),
    },
    {
      name: 'getPermissions',
      route: routes.arm.getPermissions,
      apiVersions: permissionsApiVersions,
      subject: 'dpsName',
      // Whoever has the token may do everything here.
      handle: () => ({
        status: 200,
        body: { value: [{ actions: ['*'], notActions: [], dataActions: ['*'], notDataActions: [] }] },
      }),
    },
    {
      name: 'listKeys',
      route: routes.arm.listKeys,
      subject: 'dpsName',
      handle: () => ({ status: 200, body: { value: service.policies.map(toKeyRule) } }),
    },
    {
      name: 'getKey',
      route: routes.arm.getKey,
      subject: 'keyName',
      handle({ parameters }) {
        const keyName = parameters.keyName!;
        const policy = service.policies.find((one) => one.keyName.toLowerCase() === keyName.toLowerCase());
        if (!policy)
          throw new ArmError('notFound', `There is no shared access policy '${keyName.slice(0, 90)}'.`);
        return { status: 200, body: toKeyRule(policy) };
      },
    },
  ];
}

export function describeService({
  service,
  deviceHostName,
}: Omit<ArmServiceOptions, 'now'>): ServiceDescription & Record<string, unknown> {
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
      deviceProvisioningHostName: deviceHostName(),
      iotHubs: hubs.list().map(({ hostName, location, applyAllocationPolicy, allocationWeight }) => ({
        name: hostName,
        connectionString: `HostName=${hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=****`,
        location,
        applyAllocationPolicy,
        allocationWeight,
      })),
      ...{ authorizationPolicies: [], ipFilterRules: [], privateEndpointConnections: [] },
      ...{ publicNetworkAccess: 'Enabled', enableDataResidency: false },
    },
  };
}

/** A policy as `listkeys` shows it. */
export function toKeyRule({ keyName, primaryKey, secondaryKey, rights }: Policy): SharedAccessPolicy {
  return { keyName, primaryKey, secondaryKey, rights };
}
