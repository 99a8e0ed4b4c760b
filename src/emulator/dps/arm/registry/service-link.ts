/** The link to a namespace that a provisioning service has itself, in api-versions before namespaces had it. */
import {
  firstReadOnlyRegistryOfServiceApiVersion,
  firstRegistryOfServiceApiVersion,
} from '../../../../dps/contract/api-versions.js';
import type { ProvisioningService } from '../../provisioning-service.js';
import { linksTo } from '../../registry/device-registry.js';
import { serviceResourceId } from '../../service-resource-id.js';
import { badRequest } from '../arm-error.js';
import { abridge, type Subscription } from '../scope.js';
import type { RegistryLink } from '../service-request.js';
import { serviceEndpointType } from './registry-links.js';
import { namespaceById, namespaceId } from './registry-scope.js';

export function canWriteRegistryLink(apiVersion: string): boolean {
  const isKnown = apiVersion >= firstRegistryOfServiceApiVersion;
  return isKnown && apiVersion < firstReadOnlyRegistryOfServiceApiVersion;
}

/** @throws ArmError badRequest */
export function assertRegistryLink(
  link: RegistryLink | undefined,
  service: ProvisioningService | undefined,
  subscription: Subscription,
): void {
  if (link === undefined) return;
  const namespace = namespaceById(link.resourceId, subscription);
  if (namespace === undefined) {
    throw badRequest(
      `properties.deviceRegistryNamespace.resourceId '${abridge(link.resourceId)}' is not that of a namespace here.`,
    );
  }
  if (link.authenticationType === 'UserAssigned' && link.selectedUserAssignedIdentityResourceId == null) {
    throw badRequest('properties.deviceRegistryNamespace.selectedUserAssignedIdentityResourceId is missing.');
  }
  const isThis = service === undefined ? () => false : linksTo(serviceResourceId(service));
  if (!Object.values(namespace.provisioning).every(isThis)) {
    throw badRequest(`The namespace '${namespace.name}' is linked to another provisioning service.`);
  }
}

/** @param link undefined to unlink the service */
export function linkService(
  link: RegistryLink | undefined,
  service: ProvisioningService,
  subscription: Subscription,
): void {
  const { registry } = subscription;
  const resourceId = serviceResourceId(service);
  registry.unlink('provisioning', resourceId);
  const namespace = link && namespaceById(link.resourceId, subscription);
  if (namespace === undefined) return;
  const { authenticationType: type, selectedUserAssignedIdentityResourceId: userAssignedIdentity } = link!;
  const inboundCallerIdentity = { type, ...(userAssignedIdentity == null ? {} : { userAssignedIdentity }) };
  const endpoint = { endpointType: serviceEndpointType, resourceId, inboundCallerIdentity };
  registry.saveNamespace({ ...namespace, provisioning: { [service.identity.dpsName]: endpoint } });
}

/** Deletes a service, and its link to a namespace. */
export async function deleteService(
  service: ProvisioningService,
  { services, registry }: Subscription,
): Promise<void> {
  await services.delete(service);
  registry.unlink('provisioning', serviceResourceId(service));
}

/** The link as the service shows it; later api-versions show more of it. */
export function shownRegistryLink(service: ProvisioningService, apiVersion: string): Record<string, unknown> {
  if (apiVersion < firstRegistryOfServiceApiVersion) return {};
  const namespace = service.registry.namespaceOf(service);
  if (namespace === undefined) return {};
  const endpoint = Object.values(namespace.provisioning).find(linksTo(serviceResourceId(service)));
  const { type, userAssignedIdentity } = endpoint?.inboundCallerIdentity ?? {};
  return {
    deviceRegistryNamespace: {
      resourceId: namespaceId(namespace, service.identity),
      authenticationType: type,
      ...(userAssignedIdentity === undefined
        ? {}
        : { selectedUserAssignedIdentityResourceId: userAssignedIdentity }),
      ...(apiVersion < firstReadOnlyRegistryOfServiceApiVersion
        ? {}
        : { namespaceUuid: namespace.uuid, linkingState: 'Succeeded' }),
    },
  };
}
