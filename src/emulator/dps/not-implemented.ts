/** Operations that Azure has and the emulator does not: answered with 501, which names them. */
import type { Route } from '../../dps/contract/routes.js';
import type { HttpPlane, Operation } from '../wire/http/operation.js';
import { DpsError } from './dps-error.js';

const subscription = '/subscriptions/:subscriptionId';
const resourceGroup = `${subscription}/resourceGroups/:resourceGroup`;
const service = `${resourceGroup}/providers/Microsoft.Devices/provisioningServices/:dpsName`;

/** Of other providers than that of provisioning services: their versions are nobody's concern here. */
const anyVersion = { includes: () => true };

interface Refused {
  name: string;
  what: string;
  route: Route;
  apiVersions?: typeof anyVersion;
}

/** Beside provisioning services: what clients of Azure Resource Manager ask for. */
const elsewhere: Refused[] = [
  {
    name: 'listOperations',
    what: 'listing the operations of the resource provider',
    route: { method: 'GET', path: '/providers/Microsoft.Devices/operations' },
  },
  { name: 'listTenants', what: 'listing tenants', route: { method: 'GET', path: '/tenants' } },
  {
    name: 'listAllProviders',
    what: 'listing resource providers',
    route: { method: 'GET', path: '/providers' },
  },
  {
    name: 'listLocations',
    what: 'listing locations',
    route: { method: 'GET', path: `${subscription}/locations` },
  },
  {
    name: 'listProviders',
    what: 'listing resource providers',
    route: { method: 'GET', path: `${subscription}/providers` },
  },
  {
    name: 'getProvider',
    what: 'resource providers',
    route: { method: 'GET', path: `${subscription}/providers/:provider` },
  },
  {
    name: 'registerProvider',
    what: 'registering resource providers',
    route: { method: 'POST', path: `${subscription}/providers/:provider/register` },
  },
  {
    name: 'listResources',
    what: 'listing resources of every kind',
    route: { method: 'GET', path: `${subscription}/resources` },
  },
  {
    name: 'listResourcesOfGroup',
    what: 'listing resources of every kind',
    route: { method: 'GET', path: `${resourceGroup}/resources` },
  },
  {
    name: 'putDeployment',
    what: 'deployments of templates',
    route: {
      method: 'PUT',
      path: `${resourceGroup}/providers/Microsoft.Resources/deployments/:deploymentName`,
    },
  },
  {
    name: 'deleteResourceGroup',
    what: 'deleting a resource group',
    route: { method: 'DELETE', path: resourceGroup },
  },
  ...(['PUT', 'PATCH', 'DELETE'] as const).map((method) => ({
    name: `${method.toLowerCase()}IotHub`,
    what: 'making, changing or deleting an IoT hub (start it with --hub NAME)',
    route: { method, path: `${resourceGroup}/providers/Microsoft.Devices/IotHubs/:hubName` },
  })),
].map((one) => ({ ...one, apiVersions: anyVersion }) as Refused);

const routes: Record<HttpPlane['name'], Refused[]> = {
  arm: [
    ...elsewhere,
    {
      name: 'listPrivateLinkResources',
      what: 'private links',
      route: { method: 'GET', path: `${service}/privateLinkResources` },
    },
    {
      name: 'listPrivateEndpointConnections',
      what: 'private endpoints',
      route: { method: 'GET', path: `${service}/privateEndpointConnections` },
    },
    {
      name: 'getPrivateLinkResource',
      what: 'private links',
      route: { method: 'GET', path: `${service}/privateLinkResources/:groupId` },
    },
    ...(['GET', 'PUT', 'DELETE'] as const).map((method) => ({
      name: `${method.toLowerCase()}PrivateEndpointConnection`,
      what: 'private endpoints',
      route: { method, path: `${service}/privateEndpointConnections/:connectionName` },
    })),
  ],
  service: [],
  device: [],
};

export function notImplementedOperations(plane: HttpPlane['name']): Operation[] {
  return routes[plane].map(({ what, ...operation }) => ({
    ...operation,
    handle() {
      throw new DpsError('notImplemented', {
        message: `Not implemented in this emulator: ${what}.`,
      });
    },
  }));
}
