import type { IotHub } from '../../hub/hub-directory.js';
import type { Subscription } from './scope.js';

/** The path of a hub as a resource of Azure Resource Manager. */
export function hubResourceId(
  { hubId, settings }: IotHub,
  { subscriptionId }: Pick<Subscription, 'subscriptionId'>,
): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${settings.resourceGroup}/providers/Microsoft.Devices/IotHubs/${hubId}`;
}
