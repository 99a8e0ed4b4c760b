/** Operations that Azure has and the emulator does not: answered with 501, which names them. */
import type { Route } from '../../dps/contract/routes.js';
import { DpsError } from '../dps-error.js';
import type { HttpPlane, Operation } from './operation.js';

const resourceGroup = '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup';
const service = `${resourceGroup}/providers/Microsoft.Devices/provisioningServices/:dpsName`;

const routes: Record<HttpPlane['name'], { name: string; what: string; route: Route }[]> = {
  arm: [
    {
      name: 'deleteResourceGroup',
      what: 'Deleting a resource group',
      route: { method: 'DELETE', path: resourceGroup },
    },
    {
      name: 'listPrivateLinkResources',
      what: 'Private links',
      route: { method: 'GET', path: `${service}/privateLinkResources` },
    },
    {
      name: 'listPrivateEndpointConnections',
      what: 'Private endpoints',
      route: { method: 'GET', path: `${service}/privateEndpointConnections` },
    },
    {
      name: 'getPrivateLinkResource',
      what: 'Private links',
      route: { method: 'GET', path: `${service}/privateLinkResources/:groupId` },
    },
    ...(['GET', 'PUT', 'DELETE'] as const).map((method) => ({
      name: `${method.toLowerCase()}PrivateEndpointConnection`,
      what: 'Private endpoints',
      route: { method, path: `${service}/privateEndpointConnections/:connectionName` },
    })),
    {
      name: 'listOperations',
      what: 'Listing the operations of the resource provider',
      route: { method: 'GET', path: '/providers/Microsoft.Devices/operations' },
    },
  ],
  service: [],
  device: [],
};

export function notImplementedOperations(plane: HttpPlane['name']): Operation[] {
  return routes[plane].map(({ name, what, route }) => ({
    name,
    route,
    handle() {
      throw new DpsError('notImplemented', {
        message: `Not implemented in this emulator: ${what.toLowerCase()}.`,
      });
    },
  }));
}
