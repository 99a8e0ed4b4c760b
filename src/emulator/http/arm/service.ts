/** The provisioning service as an ARM resource, and its shared access policies. */
import { permissionsApiVersions } from '../../../dps/contract/api-versions.js';
import { routes } from '../../../dps/contract/routes.js';
import type { ProvisioningService, SharedAccessPolicy } from '../../../dps/contract/schemas.js';
import type { AccessTokens } from '../../access-tokens.js';
import { defaultAllocationPolicy } from '../../allocation.js';
import type { HostNames } from '../../host-names.js';
import type { Certificates } from '../../state/certificates.js';
import type { LinkedHubs } from '../../state/hubs.js';
import type { Identity, Policy } from '../../state/identity.js';
import type { Operation } from '../operation.js';
import { ArmError } from './error.js';

export interface ArmOptions {
  identity: Identity;
  tokens: AccessTokens;
  policies: readonly Policy[];
  certificates: Certificates;
  hubs: LinkedHubs;
  names: HostNames;
  now: () => Date;
}

/** The path of the service's resource. */
export function serviceResourceId({ identity }: ArmOptions): string {
  return `/subscriptions/${identity.subscriptionId}/resourceGroups/${identity.resourceGroup}/providers/Microsoft.Devices/provisioningServices/${identity.dpsName}`;
}

export function serviceOperations(options: ArmOptions): Operation[] {
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
      handle: () => ({ status: 200, body: { value: options.policies.map(toKeyRule) } }),
    },
    {
      name: 'getKey',
      route: routes.arm.getKey,
      subject: 'keyName',
      handle({ parameters }) {
        const keyName = parameters.keyName!;
        const policy = options.policies.find((one) => one.keyName.toLowerCase() === keyName.toLowerCase());
        if (!policy)
          throw new ArmError('notFound', `There is no shared access policy '${keyName.slice(0, 90)}'.`);
        return { status: 200, body: toKeyRule(policy) };
      },
    },
  ];
}

function describeService(options: ArmOptions): ProvisioningService & Record<string, unknown> {
  const { identity, hubs, names } = options;
  return {
    id: serviceResourceId(options),
    name: identity.dpsName,
    type: 'Microsoft.Devices/provisioningServices',
    location: 'local',
    etag: Buffer.from(identity.idScope).toString('base64'),
    tags: {},
    resourcegroup: identity.resourceGroup,
    subscriptionid: identity.subscriptionId,
    sku: { name: 'S1', tier: 'Standard', capacity: 1 },
    properties: {
      state: 'Active',
      provisioningState: 'Succeeded',
      allocationPolicy: defaultAllocationPolicy.replace(/^./, (letter) => letter.toUpperCase()),
      idScope: identity.idScope,
      serviceOperationsHostName: names.service,
      deviceProvisioningHostName: names.service,
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

function toKeyRule({ keyName, primaryKey, secondaryKey, rights }: Policy): SharedAccessPolicy {
  return { keyName, primaryKey, secondaryKey, rights };
}
