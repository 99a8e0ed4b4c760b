/** Deletes an Azure resource that a run created, and never another of the same name. */

import type { ResourceManager, ResourceScope } from '../dps/client/resource-manager.js';
import type { Target } from '../dps/client/target.js';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import type { CreatedResource } from '../workspace/journal.js';
import { runTag } from './resource-tags.js';

export type AzureResource = Extract<
  CreatedResource,
  { kind: 'resource-group' | 'provisioning-service' | 'iot-hub' | 'hub-link' }
>;

/** @throws EnrollkitError NEEDS_INPUT */
export function scopeOf({ subscriptionId, resourceGroup }: Target): ResourceScope {
  if (subscriptionId && resourceGroup) return { subscriptionId, resourceGroup };
  throw new EnrollkitError('NEEDS_INPUT', sentences.quickstart.scopeUnknown, {
    next: sentences.quickstart.giveScope,
  });
}

/**
 * Succeeds if it is already gone.
 *
 * @throws EnrollkitError CONFLICT when the resource is not the one that was created, or a resource group has other resources
 */
export async function removeAzureResource(
  thing: AzureResource,
  manager: ResourceManager,
  target: Target,
  signal: AbortSignal,
): Promise<void> {
  const scope = scopeOf(target);
  const options = { signal };
  switch (thing.kind) {
    case 'hub-link': {
      const service = await manager.getService(scope, target.dpsName, options);
      if (service) await manager.unlinkHub(scope, target.dpsName, thing.hub, options);
      return;
    }
    case 'iot-hub': {
      const hub = await manager.getHub(scope, thing.name, options);
      if (!hub) return;
      assertOwn(thing, hub, sentences.quickstart.hub(thing.name));
      return manager.deleteHub(scope, thing.name, options);
    }
    case 'provisioning-service': {
      const service = await manager.getService(scope, thing.name, options);
      if (!service) return;
      assertOwn(thing, service, sentences.quickstart.service(thing.name));
      return manager.deleteService(scope, thing.name, options);
    }
    case 'resource-group': {
      const group = await manager.getResourceGroup(scope, options);
      if (!group) return;
      assertOwn(thing, group, sentences.quickstart.resourceGroup(thing.name));
      const others = await manager.listResources(scope, options);
      if (others.length > 0) {
        const names = others.slice(0, 3).map(({ name, type }) => `${name} (${type})`);
        throw new EnrollkitError('CONFLICT', sentences.quickstart.hasOtherResources(others.length, names));
      }
      return manager.deleteResourceGroup(scope, options);
    }
  }
}

/** @throws EnrollkitError CONFLICT */
function assertOwn(
  { run }: { run: string },
  { tags }: { tags?: Record<string, string> | null | undefined },
  what: string,
): void {
  if (tags?.[runTag] === run) return;
  throw new EnrollkitError('CONFLICT', sentences.quickstart.notTagged(what, runTag, run));
}
