/** The link to a namespace that a hub has itself, in api-versions before namespaces had it. */
import {
  firstReadOnlyRegistryOfHubApiVersion,
  firstRegistryOfHubApiVersion,
} from '../../../../dps/contract/api-versions.js';
import type { IotHub } from '../../../hub/hub-directory.js';
import { linksTo, type RegistryNamespace } from '../../registry/device-registry.js';
import { badRequest } from '../arm-error.js';
import { hubResourceId } from '../hub-resource-id.js';
import { abridge, type Subscription } from '../scope.js';
import { hubEndpointType } from './registry-links.js';
import { namespaceId } from './registry-scope.js';

/** `deviceRegistry` of a hub. */
export interface HubLink {
  namespaceResourceId: string;
  identityResourceId?: string | null | undefined;
}

export function canWriteHubLink(apiVersion: string): boolean {
  return apiVersion >= firstRegistryOfHubApiVersion && apiVersion < firstReadOnlyRegistryOfHubApiVersion;
}

/** @throws ArmError badRequest */
export function readHubLink(
  link: HubLink | null | undefined,
  apiVersion: string,
  subscription: Subscription,
): RegistryNamespace | undefined {
  if (link == null || !canWriteHubLink(apiVersion)) return undefined;
  const namespace = subscription.registry.resources
    .namespaces<RegistryNamespace>()
    .find((one) => namespaceId(one, subscription).toLowerCase() === link.namespaceResourceId.toLowerCase());
  if (namespace) return namespace;
  throw badRequest(
    `properties.deviceRegistry.namespaceResourceId '${abridge(link.namespaceResourceId)}' is not that of a namespace here.`,
  );
}

/** @param namespace undefined to unlink the hub */
export function linkHub(
  hub: IotHub,
  namespace: RegistryNamespace | undefined,
  link: HubLink | null | undefined,
  subscription: Subscription,
): void {
  const { registry } = subscription;
  const resourceId = hubResourceId(hub, subscription);
  registry.unlink('messaging', resourceId);
  if (namespace === undefined) return;
  const { resources } = registry;
  // As it is without the link.
  const current = resources.namespaces<RegistryNamespace>().find(({ uuid }) => uuid === namespace.uuid)!;
  const userAssignedIdentity = link?.identityResourceId ?? undefined;
  const inboundCallerIdentity =
    userAssignedIdentity === undefined
      ? ({ type: 'SystemAssigned' } as const)
      : ({ type: 'UserAssigned', userAssignedIdentity } as const);
  const endpoint = { endpointType: hubEndpointType, resourceId, inboundCallerIdentity };
  registry.saveNamespace({ ...current, messaging: { ...current.messaging, [hub.hubId]: endpoint } });
}

/** The link as the hub shows it. */
export function shownHubLink(
  hub: IotHub,
  apiVersion: string,
  subscription: Subscription,
): Record<string, unknown> {
  if (apiVersion < firstRegistryOfHubApiVersion) return {};
  const resourceId = hubResourceId(hub, subscription);
  const namespace = subscription.registry.namespaceWith('messaging', resourceId);
  if (namespace === undefined) return {};
  const endpoint = Object.values(namespace.messaging).find(linksTo(resourceId));
  const { userAssignedIdentity } = endpoint?.inboundCallerIdentity ?? {};
  return {
    deviceRegistry: {
      namespaceResourceId: namespaceId(namespace, subscription),
      ...(userAssignedIdentity === undefined ? {} : { identityResourceId: userAssignedIdentity }),
    },
  };
}
