/** Addresses of pages in the Azure portal. */
import type { Target } from '../dps/client/target.js';

/** The page of a provisioning service; the portal's start page where the plan does not say which one. */
export function portalAddress({ subscriptionId, resourceGroup, dpsName }: Target): string {
  if (!subscriptionId || !resourceGroup) return 'https://portal.azure.com';
  return `https://portal.azure.com/#resource/subscriptions/${subscriptionId}/resourceGroups/${encodeURIComponent(resourceGroup)}/providers/Microsoft.Devices/provisioningServices/${encodeURIComponent(dpsName)}`;
}
