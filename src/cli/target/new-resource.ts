/** Where a new resource goes: its subscription, its resource group, and its region. */

import type { ResourceScope } from '../../dps/client/resource-manager.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
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
    throw new EnrollkitError('NEEDS_INPUT', sentences.cliTarget.whichResourceGroup, {
      next: sentences.cliTarget.nameResourceGroup,
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
    throw new EnrollkitError('NEEDS_INPUT', sentences.quickstartSteps.noResourceGroup(scope.resourceGroup), {
      next: sentences.quickstartSteps.giveLocation,
    });
  }
  await manager.putResourceGroup(scope, { location, tags: {} }, { signal });
  output.note(
    'resource-group.created',
    sentences.cliTarget.createdResourceGroup(scope.resourceGroup, location),
  );
  return location;
}
