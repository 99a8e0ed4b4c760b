/** Where a new resource goes: its subscription, its resource group, and its region. */
import type { ResourceScope } from '../../dps/client/resource-manager.js';
import { EnrollkitError } from '../../errors.js';
import type { Context } from '../kernel/command.js';
import type { FlagValues } from '../kernel/flags.js';
import type { Account } from './account.js';
import type { newResourceFlags } from './account-flags.js';

type GivenFlags = FlagValues<typeof newResourceFlags>;

/** @throws EnrollkitError NEEDS_INPUT */
export async function newScope(
  account: Account,
  { resourceGroup = account.resourceGroup }: { resourceGroup?: string | undefined },
): Promise<ResourceScope> {
  if (resourceGroup === undefined) {
    throw new EnrollkitError('NEEDS_INPUT', 'In which resource group?', {
      next: 'Name it with --resource-group NAME. It is created if it does not exist.',
    });
  }
  return { subscriptionId: await account.subscription(), resourceGroup };
}

/**
 * The region of a new resource: that of `--location`, or else of its resource group, which is created if it does not exist.
 *
 * @throws EnrollkitError NEEDS_INPUT
 */
export async function locationIn(
  { manager }: Account,
  scope: ResourceScope,
  { location }: GivenFlags,
  { output, signal }: Context,
): Promise<string> {
  const group = await manager.getResourceGroup(scope, { signal });
  if (group) return location ?? group.location;
  if (location === undefined) {
    throw new EnrollkitError('NEEDS_INPUT', `The resource group ${scope.resourceGroup} does not exist.`, {
      next: 'To have it created, give its region with --location REGION, for example --location westeurope.',
    });
  }
  await manager.putResourceGroup(scope, { location, tags: {} }, { signal });
  output.note('resource-group.created', `Created the resource group ${scope.resourceGroup} in ${location}.`);
  return location;
}
