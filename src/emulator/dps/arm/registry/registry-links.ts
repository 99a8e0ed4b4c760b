/** Links between a namespace of Azure Device Registry, a provisioning service and its hubs. */
import type { IotHub } from '../../../hub/hub-directory.js';
import type { ProvisioningService } from '../../provisioning-service.js';
import {
  linksTo,
  type RegistryEndpoint,
  type RegistryEndpoints,
  type RegistryNamespace,
} from '../../registry/device-registry.js';
import { serviceResourceId } from '../../service-resource-id.js';
import type { HubLink } from '../../state/linked-hubs.js';
import { hubResourceId } from '../hub-resource-id.js';
import { abridge, type Subscription } from '../scope.js';
import { inUse, invalidResource } from './registry-scope.js';

export const serviceEndpointType = 'Microsoft.Devices/provisioningServices';
export const hubEndpointType = 'Microsoft.Devices/IotHubs';

const maxHubs = 10;

export function serviceOf(
  endpoint: RegistryEndpoint,
  { services }: Subscription,
): ProvisioningService | undefined {
  return services.list().find((service) => linksTo(serviceResourceId(service))(endpoint));
}

export function hubOf(endpoint: RegistryEndpoint, subscription: Subscription): IotHub | undefined {
  if (!isHub(endpoint.endpointType)) return undefined;
  return subscription.hubs.list().find((hub) => linksTo(hubResourceId(hub, subscription))(endpoint));
}

function isHub(endpointType: string): boolean {
  return endpointType.toLowerCase() === hubEndpointType.toLowerCase();
}

/** @throws ArmError invalidResource, resourceInUse */
export function assertLinks(namespace: RegistryNamespace, subscription: Subscription): void {
  const services = Object.entries(namespace.provisioning);
  if (services.length > 1) throw invalidResource('A namespace can be linked to one provisioning service.');
  for (const [name, endpoint] of services) {
    if (endpoint.endpointType.toLowerCase() !== serviceEndpointType.toLowerCase()) {
      throw invalidResource(`provisioning.endpoints.${name}.endpointType must be ${serviceEndpointType}.`);
    }
    assertLinkable(
      `provisioning.endpoints.${name}`,
      endpoint,
      serviceOf(endpoint, subscription) !== undefined,
    );
    const other = subscription.registry.namespaceWith('provisioning', endpoint.resourceId!);
    if (other && other.uuid !== namespace.uuid) {
      throw inUse(`The provisioning service is linked to the namespace '${other.name}'.`);
    }
  }
  const hubs = Object.entries(namespace.messaging).filter(([, { endpointType }]) => isHub(endpointType));
  if (hubs.length > maxHubs) throw invalidResource(`A namespace can be linked to ${maxHubs} IoT hubs.`);
  if (hubs.length > 0 && services.length === 0) {
    throw inUse('IoT hubs are linked to a namespace after its provisioning service, and unlinked before it.');
  }
  for (const [name, endpoint] of hubs) {
    assertLinkable(`messaging.endpoints.${name}`, endpoint, hubOf(endpoint, subscription) !== undefined);
    const other = subscription.registry.namespaceWith('messaging', endpoint.resourceId!);
    if (other && other.uuid !== namespace.uuid) {
      throw inUse(`The IoT hub is linked to the namespace '${other.name}'.`);
    }
  }
}

function assertLinkable(place: string, endpoint: RegistryEndpoint, exists: boolean): void {
  if (endpoint.inboundCallerIdentity === undefined) {
    throw invalidResource(`${place}.inboundCallerIdentity is missing.`);
  }
  if (!exists) {
    throw invalidResource(
      `${place}.resourceId '${abridge(endpoint.resourceId ?? '')}' is not that of a resource here.`,
    );
  }
}

/**
 * Devices of the service are assigned to the hubs of its namespace: the service is linked to them, too. A hub that is unlinked
 * from the namespace stays with the service, which the emulator had linked to it before.
 */
export function applyLinks(namespace: RegistryNamespace, subscription: Subscription): void {
  const [endpoint] = Object.values(namespace.provisioning);
  const service = endpoint && serviceOf(endpoint, subscription);
  if (service === undefined) return;
  const links = new Map<string, HubLink>(service.hubs.list().map((link) => [link.hubId, link]));
  let isChanged = false;
  for (const { provisioning, ...hubEndpoint } of Object.values(namespace.messaging)) {
    const hub = hubOf(hubEndpoint, subscription);
    if (hub === undefined || (links.has(hub.hubId) && provisioning === undefined)) continue;
    const { availability, allocationWeight } = provisioning ?? {};
    const { location } = hub.settings;
    links.set(hub.hubId, {
      ...(links.get(hub.hubId) ?? { hubId: hub.hubId, location }),
      applyAllocationPolicy: availability === undefined ? undefined : availability === 'Available',
      allocationWeight,
    });
    isChanged = true;
  }
  if (isChanged) service.hubs.replace([...links.values()]);
}

/** @param hasState whether the api-version has what the service adds to an endpoint */
export function shownEndpoints(
  endpoints: RegistryEndpoints,
  subscription: Subscription,
  hasState: boolean,
): RegistryEndpoints {
  const shown = Object.entries(endpoints).map(([name, endpoint]) => {
    const hub = hubOf(endpoint, subscription);
    const { inboundCallerIdentity, provisioning, ...older } = endpoint;
    const address = hub ? { address: hub.names.mqtt } : {};
    if (!hasState) return [name, { ...older, ...address }];
    const deviceAddress = hub ? { deviceAddress: hub.names.mqtt } : {};
    return [name, { ...endpoint, ...address, ...deviceAddress, linkingState: 'Succeeded' }];
  });
  return Object.fromEntries(shown) as RegistryEndpoints;
}
