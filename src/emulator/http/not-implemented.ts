/** Operations that Azure has and the emulator does not: answered with 501, which names them. */
import type { Route } from '../../dps/contract/routes.js';
import { DpsError } from '../dps-error.js';
import type { HttpPlane, Operation } from './operation.js';

const armService =
  '/subscriptions/:subscriptionId/resourceGroups/:resourceGroup/providers/Microsoft.Devices/provisioningServices';

const routes: Record<HttpPlane['name'], { name: string; what: string; route: Route }[]> = {
  arm: [
    {
      name: 'listServices',
      what: 'Listing provisioning services',
      route: { method: 'GET', path: armService },
    },
    {
      name: 'putService',
      what: 'Creating or changing a provisioning service',
      route: { method: 'PUT', path: `${armService}/:dpsName` },
    },
    {
      name: 'patchService',
      what: 'Changing the tags of a provisioning service',
      route: { method: 'PATCH', path: `${armService}/:dpsName` },
    },
    {
      name: 'deleteService',
      what: 'Deleting a provisioning service',
      route: { method: 'DELETE', path: `${armService}/:dpsName` },
    },
    {
      name: 'checkNameAvailability',
      what: 'Checking whether a name is free',
      route: {
        method: 'POST',
        path: '/subscriptions/:subscriptionId/providers/Microsoft.Devices/checkProvisioningServiceNameAvailability',
      },
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
