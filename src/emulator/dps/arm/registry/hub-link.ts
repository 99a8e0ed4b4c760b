/** The link to a namespace that a hub has itself, in api-versions before namespaces had it. */
import * as z from 'zod';
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
import { namespaceById, namespaceId } from './registry-scope.js';

/** `deviceRegistry` of a hub. */
const hubLink = z
  .object({ namespaceResourceId: z.string(), identityResourceId: z.string().nullish() })
  .nullish();

/** A hub's link, and the namespace that it names. */
export interface HubLink {
  namespace: RegistryNamespace;
  userAssignedIdentity: string | undefined;
}

export function canWriteHubLink(apiVersion: string): boolean {
  return apiVersion >= firstRegistryOfHubApiVersion && apiVersion < firstReadOnlyRegistryOfHubApiVersion;
}

/**
 * @param given `deviceRegistry` of the body
 * @returns undefined without a link
 * @throws ArmError badRequest
 */
export function readHubLink(
  given: unknown,
  apiVersion: string,
  subscription: Subscription,
): HubLink | undefined {
  if (!canWriteHubLink(apiVersion)) return undefined;
  const parsed = hubLink.safeParse(given);
  if (!parsed.success)
    throw badRequest('properties.deviceRegistry must have the field namespaceResourceId, a string.');
  if (parsed.data == null) return undefined;
  const { namespaceResourceId: id, identityResourceId } = parsed.data;
  const namespace = namespaceById(id, subscription);
  if (namespace) return { namespace, userAssignedIdentity: identityResourceId ?? undefined };
  throw badRequest(
    `properties.deviceRegistry.namespaceResourceId '${abridge(id)}' is not that of a namespace here.`,
  );
}

/** @param link undefined to unlink the hub */
export function linkHub(hub: IotHub, link: HubLink | undefined, subscription: Subscription): void {
  const { registry } = subscription;
  const resourceId = hubResourceId(hub, subscription);
  registry.unlink('messaging', resourceId);
  if (link === undefined) return;
  const { namespace, userAssignedIdentity } = link;
  // As it is without the link.
  const current = registry.resources
    .namespaces<RegistryNamespace>()
    .find(({ uuid }) => uuid === namespace.uuid)!;
  const inboundCallerIdentity =
    userAssignedIdentity === undefined
      ? ({ type: 'SystemAssigned' } as const)
      : ({ type: 'UserAssigned', userAssignedIdentity } as const);
  const endpoint = { endpointType: hubEndpointType, resourceId, inboundCallerIdentity };
  registry.saveNamespace({ ...current, messaging: { ...current.messaging, [hub.hubId]: endpoint } });
}

/** Deletes a hub, and its link to a namespace. */
export async function deleteHub(hub: IotHub, subscription: Subscription): Promise<void> {
  await subscription.hubs.delete(hub);
  subscription.registry.unlink('messaging', hubResourceId(hub, subscription));
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
