/** What ARM paths name: the subscription, its resource groups, and the provisioning services in them. */
import { routes } from '../../../dps/contract/routes.js';
import type { HubDirectory, IotHub } from '../../hub/hub-directory.js';
import { etagMatches } from '../../state/etag.js';
import { type Operation, type OperationHandler, operationsOf } from '../../wire/http/operation.js';
import type { HttpRequest } from '../../wire/http/request.js';
import type { ProvisioningService } from '../provisioning-service.js';
import type { DeviceRegistry } from '../registry/device-registry.js';
import type { ServiceDirectory } from '../service-directory.js';
import type { ResourceGroup, ResourceGroups } from '../state/resource-groups.js';
import { ArmError } from './arm-error.js';
import type { PendingChanges } from './pending-changes.js';

/** The emulator's one subscription. */
export interface Subscription {
  subscriptionId: string;
  resourceGroups: ResourceGroups;
  services: ServiceDirectory;
  hubs: HubDirectory;
  registry: DeviceRegistry;
  pending: PendingChanges;
  /** Seconds that a client is told to wait between two polls of an operation. */
  retryAfter: number;
  now: () => Date;
}

/** The provisioning service of a path, in its subscription. */
export interface ServiceScope {
  service: ProvisioningService;
  subscription: Subscription;
}

/** @param apiVersions of another resource provider than Microsoft.Devices/provisioningServices */
export function armOperations<Target extends Subscription | ServiceScope>(
  handlers: { readonly [Name in keyof typeof routes.arm]?: OperationHandler<Target> },
  apiVersions?: readonly string[],
): Operation<Target>[] {
  const operations = operationsOf(routes.arm, handlers);
  return apiVersions === undefined
    ? operations
    : operations.map((operation) => ({ ...operation, apiVersions }));
}

type Parameters = Record<string, string>;

/** @throws ArmError subscriptionNotFound */
export function assertSubscription(parameters: Parameters, { subscriptionId }: Subscription): void {
  const given = parameters.subscriptionId ?? '';
  if (!sameName(given, subscriptionId)) {
    throw new ArmError('subscriptionNotFound', `The subscription '${abridge(given)}' could not be found.`);
  }
}

/** @throws ArmError subscriptionNotFound, resourceGroupNotFound */
export function findResourceGroup(parameters: Parameters, subscription: Subscription): ResourceGroup {
  assertSubscription(parameters, subscription);
  const given = parameters.resourceGroup ?? '';
  const group = subscription.resourceGroups.get(given);
  if (!group) {
    throw new ArmError('resourceGroupNotFound', `Resource group '${abridge(given)}' could not be found.`);
  }
  return group;
}

/** @throws ArmError subscriptionNotFound, resourceGroupNotFound */
export function findService(
  parameters: Parameters,
  subscription: Subscription,
): ProvisioningService | undefined {
  const group = findResourceGroup(parameters, subscription);
  const service = subscription.services.get(parameters.dpsName ?? '');
  return service && sameName(service.identity.resourceGroup, group.name) ? service : undefined;
}

/** @throws ArmError subscriptionNotFound, resourceGroupNotFound, serviceNotFound */
export function requireService(parameters: Parameters, subscription: Subscription): ProvisioningService {
  const service = findService(parameters, subscription);
  if (service) return service;
  throw notFound(parameters, parameters.dpsName);
}

/** @throws ArmError subscriptionNotFound, resourceGroupNotFound */
export function findHub(parameters: Parameters, subscription: Subscription): IotHub | undefined {
  const group = findResourceGroup(parameters, subscription);
  const hub = subscription.hubs.get((parameters.hubName ?? '').toLowerCase());
  return hub && sameName(hub.settings.resourceGroup, group.name) ? hub : undefined;
}

/** @throws ArmError subscriptionNotFound, resourceGroupNotFound, serviceNotFound */
export function requireHub(parameters: Parameters, subscription: Subscription): IotHub {
  const hub = findHub(parameters, subscription);
  if (hub) return hub;
  throw notFound(parameters, parameters.hubName);
}

/** The provider calls its provisioning services IoT hubs here, too (recorded by Azure/azure-sdk-for-net). */
export function notFound({ resourceGroup, subscriptionId }: Parameters, name = ''): ArmError {
  return new ArmError(
    'serviceNotFound',
    `IotHub '${abridge(name)}' not found under ResourceGroup '${resourceGroup}' and Subscription '${subscriptionId}'.`,
  );
}

/**
 * @param etag of the resource as it is stored; undefined when it does not exist
 * @throws ArmError preconditionFailed when the request's If-Match, if any, does not match it
 */
export function assertIfMatch(request: HttpRequest, etag: string | undefined): void {
  const ifMatch = request.header('if-match');
  if (ifMatch === undefined || (etag !== undefined && etagMatches(ifMatch, etag))) return;
  throw etagMismatch();
}

export function etagMismatch(): ArmError {
  return new ArmError('preconditionFailed', 'Invalid ETag supplied.');
}

/** ARM compares names without regard to case. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** `West Europe` is `westeurope`. */
export function sameLocation(a: string, b: string): boolean {
  return sameName(a.replaceAll(' ', ''), b.replaceAll(' ', ''));
}

/** A name that a client sent, cut for a message. */
export function abridge(text: string): string {
  return text.slice(0, 90);
}
