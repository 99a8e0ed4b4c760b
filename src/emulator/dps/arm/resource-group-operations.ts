/**
 * The subscription and its resource groups: `az login` lists subscriptions, and `az iot dps create` asks for the location of
 * a group. Deleting a group deletes what is in it.
 */
import * as z from 'zod';
import { apiVersions, iotHubApiVersions, resourcesApiVersions } from '../../../dps/contract/api-versions.js';
import { routes } from '../../../dps/contract/routes.js';
import type { RegistryNamespace } from '../registry/device-registry.js';
import type { ResourceGroup } from '../state/resource-groups.js';
import { badRequest } from './arm-error.js';
import { toHubResource } from './hub-resource.js';
import { deleteHub } from './registry/hub-link.js';
import { namespaceId } from './registry/registry-scope.js';
import { deleteService } from './registry/service-link.js';
import {
  armOperations,
  assertSubscription,
  findResourceGroup,
  type Subscription,
  sameName,
} from './scope.js';
import { toServiceResource } from './service-operations.js';
import { acceptedReply, answerOperation } from './tracked-operation.js';

const groupBody = z.object({ location: z.string().min(1), tags: z.record(z.string(), z.string()).nullish() });

/** Azure Resource Manager's rule: Microsoft Learn, "Naming rules and restrictions for Azure resources". */
const legalGroupName = /^[\p{L}\p{N}_().-]{1,89}[\p{L}\p{N}_()-]$|^[\p{L}\p{N}_()-]$/u;

export const resourceGroupOperations = armOperations<Subscription>(
  {
    listSubscriptions: {
      handle: (_, subscription) => ({
        status: 200,
        body: { value: [toResource(subscription)], count: { type: 'Total', value: 1 } },
      }),
    },
    getSubscription: {
      handle({ parameters }, subscription) {
        assertSubscription(parameters, subscription);
        return { status: 200, body: toResource(subscription) };
      },
    },
    listResourceGroups: {
      handle({ parameters }, subscription) {
        assertSubscription(parameters, subscription);
        const value = subscription.resourceGroups.list().map((group) => toGroupResource(group, subscription));
        return { status: 200, body: { value } };
      },
    },
    getResourceGroup: {
      idParameter: 'resourceGroup',
      handle: ({ parameters }, subscription) => ({
        status: 200,
        body: toGroupResource(findResourceGroup(parameters, subscription), subscription),
      }),
    },
    listResourcesOfGroup: {
      idParameter: 'resourceGroup',
      handle({ parameters }, subscription) {
        const { name } = findResourceGroup(parameters, subscription);
        return { status: 200, body: { value: resourcesOf(name, subscription) } };
      },
    },
    deleteResourceGroup: {
      idParameter: 'resourceGroup',
      async handle(request, subscription) {
        const { name } = findResourceGroup(request.parameters, subscription);
        const { services, hubs, registry, resourceGroups, pending } = subscription;
        for (const service of services.list())
          if (sameName(service.identity.resourceGroup, name)) await deleteService(service, subscription);
        for (const hub of hubs.list())
          if (sameName(hub.settings.resourceGroup, name)) await deleteHub(hub, subscription);
        registry.resources.delete([name]);
        resourceGroups.delete(name);
        const operationId = pending.beginDeletion(`resource group ${name}`);
        const reply = acceptedReply(
          request,
          subscription,
          routes.arm.getSubscriptionOperationResult,
          operationId,
        );
        // Microsoft.Resources gives the header Location alone.
        const { 'azure-asyncoperation': _, ...headers } = reply.headers ?? {};
        return { ...reply, headers };
      },
    },
    getSubscriptionOperationResult: { handle: answerOperation },
    putResourceGroup: {
      idParameter: 'resourceGroup',
      async handle(request, subscription) {
        const { parameters } = request;
        const { resourceGroups } = subscription;
        assertSubscription(parameters, subscription);
        const name = parameters.resourceGroup!;
        if (!legalGroupName.test(name)) {
          throw badRequest(
            'The name of the resource group has 1 to 90 letters, digits, ( ) - . or _, and does not end with a dot.',
          );
        }
        const parsed = groupBody.safeParse(await request.json());
        if (!parsed.success) throw badRequest('The body must have the field location, a string.');
        const before = resourceGroups.get(name);
        const { location, tags } = parsed.data;
        const saved = { name: before?.name ?? name, location, tags: tags ?? {} };
        resourceGroups.save(saved);
        return { status: before ? 200 : 201, body: toGroupResource(saved, subscription) };
      },
    },
  },
  resourcesApiVersions,
);

/** The services, hubs and namespaces of a resource group, as Azure lists resources of every kind. */
function resourcesOf(name: string, subscription: Subscription): Record<string, unknown>[] {
  const services = subscription.services
    .list()
    .filter(({ identity }) => sameName(identity.resourceGroup, name))
    .map((service) => toServiceResource(service, subscription, apiVersions.arm[0]));
  const hubs = subscription.hubs
    .list()
    .filter(({ settings }) => sameName(settings.resourceGroup, name))
    .map((hub) => toHubResource(hub, subscription, iotHubApiVersions[0]) as (typeof services)[number]);
  const namespaces = subscription.registry.resources.below<RegistryNamespace>([name]).map((namespace) => ({
    ...namespace,
    id: namespaceId(namespace, subscription),
    type: 'Microsoft.DeviceRegistry/namespaces',
  }));
  return [...services, ...hubs, ...namespaces].map(({ id, name: resource, type, location, tags }) => ({
    id,
    name: resource,
    type,
    location,
    tags,
  }));
}

function toResource({ subscriptionId }: Subscription): Record<string, unknown> {
  return {
    id: `/subscriptions/${subscriptionId}`,
    subscriptionId,
    displayName: 'enrollkit emulator',
    state: 'Enabled',
    // The tenant of a service principal that signs in as with AD FS.
    tenantId: 'adfs',
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'PayAsYouGo_2014-09-01',
      spendingLimit: 'Off',
    },
    authorizationSource: 'RoleBased',
    managedByTenants: [],
  };
}

function toGroupResource(
  { name, location, tags }: ResourceGroup,
  { subscriptionId }: Subscription,
): Record<string, unknown> {
  return {
    id: `/subscriptions/${subscriptionId}/resourceGroups/${name}`,
    name,
    type: 'Microsoft.Resources/resourceGroups',
    location,
    tags,
    properties: { provisioningState: 'Succeeded' },
  };
}
