import type { ServiceIdentity } from '../state/identity.js';

/** The path of a provisioning service as a resource of Azure Resource Manager. */
export function serviceResourceId({ identity }: { identity: ServiceIdentity }): string {
  return `/subscriptions/${identity.subscriptionId}/resourceGroups/${identity.resourceGroup}/providers/Microsoft.Devices/provisioningServices/${identity.dpsName}`;
}
