/** Operations of Azure Resource Manager that the emulator does not have: answered with 501. */
import type { Route } from '../../../dps/contract/routes.js';
import { type MissingOperation, notImplemented } from '../../wire/http/operation.js';

const subscription = '/subscriptions/:subscriptionId';
const resourceGroup = `${subscription}/resourceGroups/:resourceGroup`;
const devices = 'providers/Microsoft.Devices';
const service = `${resourceGroup}/${devices}/provisioningServices/:dpsName`;

type Row = [name: string, method: Route['method'], path: string, what: string];

/** Operations of other resource providers, which clients of Azure Resource Manager ask for too. */
const ofOtherProviders: Row[] = [
  ['listOperations', 'GET', `/${devices}/operations`, 'listing the operations of the resource provider'],
  ['listTenants', 'GET', '/tenants', 'listing tenants'],
  ['listAllProviders', 'GET', '/providers', 'listing resource providers'],
  ['listLocations', 'GET', `${subscription}/locations`, 'listing locations'],
  ['listProviders', 'GET', `${subscription}/providers`, 'listing resource providers'],
  ['getProvider', 'GET', `${subscription}/providers/:provider`, 'resource providers'],
  [
    'registerProvider',
    'POST',
    `${subscription}/providers/:provider/register`,
    'registering resource providers',
  ],
  ['listResources', 'GET', `${subscription}/resources`, 'listing resources of every kind'],
  [
    'putDeployment',
    'PUT',
    `${resourceGroup}/providers/Microsoft.Resources/deployments/:deploymentName`,
    'deployments of templates',
  ],
];

const ofServices: Row[] = [
  ['listPrivateLinkResources', 'GET', `${service}/privateLinkResources`, 'private links'],
  ['listPrivateEndpointConnections', 'GET', `${service}/privateEndpointConnections`, 'private endpoints'],
  ['getPrivateLinkResource', 'GET', `${service}/privateLinkResources/:groupId`, 'private links'],
  ...(['GET', 'PUT', 'DELETE'] as const).map(
    (method): Row => [
      `${method.toLowerCase()}PrivateEndpointConnection`,
      method,
      `${service}/privateEndpointConnections/:connectionName`,
      'private endpoints',
    ],
  ),
];

function toMissing([name, method, path, what]: Row): MissingOperation {
  return { name, route: { method, path }, what };
}

export const missingOperations = notImplemented([
  // The emulator does not check the api-versions of other providers.
  ...ofOtherProviders.map((row) => ({ ...toMissing(row), apiVersions: 'any' as const })),
  ...ofServices.map(toMissing),
]);
