/**
 * What a provisioning service in Azure needs, created if it does not exist: the resource group, the service itself, an IoT hub
 * and the link between them. Everything is tagged, so that `clean` and people can tell it.
 */

import { ResourceManager, type ResourceScope } from '../../dps/client/resource-manager.js';
import { iotHubApiVersions, resourcesApiVersions } from '../../dps/contract/api-versions.js';
import { hubNameProblem } from '../../dps/contract/ids.js';
import { routes } from '../../dps/contract/routes.js';
import type { IotHubResource } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { CreatedResource } from '../../workspace/journal.js';
import type { Plan } from '../plan/fields.js';
import { previewRequest } from '../request-preview.js';
import { runTag, tagsOf } from '../resource-tags.js';
import type { Outcome, RunContext, Step } from '../step.js';

type AzureTarget = Extract<Plan['target'], { kind: 'azure' }>;

export const azureResources: Step = {
  id: 'azure-resources',
  title: (plan) => sentences.quickstartSteps.createService(azureOf(plan).dpsName),
  applies: ({ target }) => target.kind === 'azure' && target.create === true,
  preview: (plan) => {
    const { resourceGroup, dpsName } = azureOf(plan);
    const hubName = hubNameOf(azureOf(plan));
    const at = (apiVersion: string, request: ReturnType<typeof previewRequest>) => ({
      ...request,
      url: request.url.replace(/api-version=.*$/, `api-version=${apiVersion}`),
      when: sentences.quickstartSteps.ifMissing,
    });
    return {
      makes: [
        sentences.quickstartSteps.groupIfMissing(resourceGroup ?? ''),
        sentences.quickstartSteps.serviceIfMissing(dpsName),
        sentences.quickstartSteps.hubIfNoneLinked(hubName),
      ],
      requests: [
        at(resourcesApiVersions[1]!, previewRequest(plan, 'arm', routes.arm.putResourceGroup)),
        { ...previewRequest(plan, 'arm', routes.arm.putService), when: sentences.quickstartSteps.ifMissing },
        at(iotHubApiVersions[0], previewRequest(plan, 'arm', routes.arm.putIotHub, { hubName })),
        {
          ...previewRequest(plan, 'arm', routes.arm.putService),
          when: sentences.quickstartSteps.ifNoHubLinked,
        },
      ],
    };
  },
  check: (context) => withManager(context, (manager) => check(context, manager)),
  act: (context) => withManager(context, (manager) => create(context, manager)),
};

async function check(context: RunContext, manager: ResourceManager): Promise<Outcome | undefined> {
  const scope = scopeOf(context);
  const { dpsName } = azureOf(context.plan);
  const service = await manager.getService(scope, dpsName, context);
  const hubs = service?.properties.iotHubs ?? [];
  const isReady = /^active$/i.test(service?.properties.state ?? '') && hubs.length > 0;
  // What an interrupted run has created is noted, and waited for, by another one.
  const isNoted = things(context).every((thing) => context.journal.has(thing));
  if (!isReady || !isNoted) return undefined;
  return (say) =>
    say.linkedTo(
      dpsName,
      hubs.map(({ name }) => name),
    );
}

async function create(context: RunContext, manager: ResourceManager): Promise<void> {
  const { plan, progress } = context;
  const target = azureOf(plan);
  const scope = scopeOf(context);
  const run = context.journal.run();
  const tags = tagsOf(run);
  const waiting = (what: string) => ({
    signal: context.signal,
    onWait: (elapsedMs: number) => progress(`${what}: ${Math.round(elapsedMs / 1000)} s`),
  });

  const groupThing: CreatedResource = {
    kind: 'resource-group',
    target: context.journalTarget,
    name: scope.resourceGroup,
    run,
  };
  let group = await manager.getResourceGroup(scope, context);
  if (!group) {
    const { location } = target;
    if (location === undefined) {
      throw new EnrollkitError(
        'NEEDS_INPUT',
        sentences.quickstartSteps.noResourceGroup(scope.resourceGroup),
        {
          next: sentences.quickstartSteps.giveLocation,
        },
      );
    }
    await assertNamesFree(context, manager);
    progress(sentences.quickstartSteps.resourceGroup(scope.resourceGroup));
    context.journal.intend(groupThing);
    group = await manager.putResourceGroup(scope, { location, tags }, context);
    context.journal.made(groupThing);
  } else settle(context, groupThing, group);
  const location = target.location ?? group.location;

  const { dpsName } = target;
  const serviceThing: CreatedResource = {
    kind: 'provisioning-service',
    target: context.journalTarget,
    name: dpsName,
    run,
  };
  let service = await manager.getService(scope, dpsName, context);
  if (!service) {
    await assertNamesFree(context, manager);
    progress(sentences.quickstartSteps.service(dpsName));
    context.journal.intend(serviceThing);
    service = await manager.createService(
      scope,
      dpsName,
      { location, tags },
      waiting(sentences.quickstartSteps.waitingForService),
    );
    context.journal.made(serviceThing);
  } else {
    settle(context, serviceThing, service);
    service = await manager.waitForService(
      scope,
      dpsName,
      waiting(sentences.quickstartSteps.waitingForService),
    );
  }
  if ((service.properties.iotHubs ?? []).length > 0)
    return settleLinks(context, service.properties.iotHubs ?? []);

  const hub = await ensureHub(
    context,
    manager,
    location,
    run,
    waiting(sentences.quickstartSteps.waitingForHub),
  );
  const link: CreatedResource = {
    kind: 'hub-link',
    target: context.journalTarget,
    name: hub.name,
    hub: hub.properties.hostName ?? '',
  };
  progress(sentences.quickstartSteps.link(hub.name));
  context.journal.intend(link);
  await manager.linkHub(scope, dpsName, hub, waiting(sentences.quickstartSteps.waitingForLink));
  context.journal.made(link);
}

async function ensureHub(
  context: RunContext,
  manager: ResourceManager,
  location: string,
  run: string,
  waiting: Parameters<ResourceManager['waitForHub']>[2],
): Promise<IotHubResource> {
  const target = azureOf(context.plan);
  const scope = scopeOf(context);
  const name = hubNameOf(target);
  const thing: CreatedResource = { kind: 'iot-hub', target: context.journalTarget, name, run };
  const existing = await manager.getHub(scope, name, context);
  if (existing) {
    settle(context, thing, existing);
    return manager.waitForHub(scope, name, waiting);
  }
  const taken = await manager.hubNameProblem(scope.subscriptionId, name, context);
  if (taken !== undefined) throw hubNameTaken(name, taken);
  context.progress(sentences.quickstartSteps.hub(name));
  context.journal.intend(thing);
  const sku = target.hubSku ?? 'S1';
  const hub = await manager.createHub(scope, name, { location, tags: tagsOf(run), sku }, waiting);
  context.journal.made(thing);
  return hub;
}

/** Before anything is created: names are unique in Azure, and a hub that cannot be created leaves the rest behind. */
async function assertNamesFree(context: RunContext, manager: ResourceManager): Promise<void> {
  const target = azureOf(context.plan);
  const scope = scopeOf(context);
  const { dpsName } = target;
  if (!(await manager.getService(scope, dpsName, context))) {
    const taken = await manager.serviceNameProblem(scope.subscriptionId, dpsName, context);
    if (taken !== undefined) {
      throw new EnrollkitError('CONFLICT', sentences.quickstartSteps.serviceNameTaken(dpsName, taken), {
        next: sentences.quickstartSteps.chooseServiceName,
      });
    }
  }
  const hubName = hubNameOf(target);
  if (await manager.getHub(scope, hubName, context)) return;
  const taken = await manager.hubNameProblem(scope.subscriptionId, hubName, context);
  if (taken !== undefined) throw hubNameTaken(hubName, taken);
}

function hubNameTaken(name: string, why: string): EnrollkitError {
  return new EnrollkitError('CONFLICT', sentences.quickstartSteps.hubNameTaken(name, why), {
    next: sentences.quickstartSteps.chooseHubName,
  });
}

/** What to say of a resource that exists: it is the one that an interrupted run was creating, or someone else's. */
function settle(
  { journal }: RunContext,
  thing: CreatedResource & { run: string },
  { tags }: { tags?: Record<string, string> | null | undefined },
): void {
  if (journal.find(thing) === undefined || journal.has(thing)) return;
  if (tags?.[runTag] === thing.run) journal.made(thing);
  else journal.removed(thing);
}

function settleLinks(context: RunContext, links: readonly { name: string }[]): void {
  for (const thing of things(context)) {
    if (context.journal.has(thing)) continue;
    const isLinked = thing.kind === 'hub-link' && links.some(({ name }) => name === thing.hub);
    if (isLinked) context.journal.made(thing);
    // Another hub was linked before this one was needed; what a run had created stays noted by its tag.
    else if (thing.kind === 'hub-link') context.journal.removed(thing);
    else if (thing.kind === 'iot-hub') context.journal.made(thing);
  }
}

const kinds = new Set<CreatedResource['kind']>([
  'resource-group',
  'provisioning-service',
  'iot-hub',
  'hub-link',
]);

/** The Azure resources of this target that runs in this folder have created, or were about to. */
function things({ journal, journalTarget }: RunContext): CreatedResource[] {
  const here = JSON.stringify(journalTarget);
  return journal
    .things()
    .filter((thing) => kinds.has(thing.kind) && 'target' in thing && JSON.stringify(thing.target) === here);
}

function azureOf({ target }: Plan): AzureTarget {
  if (target.kind !== 'azure') throw new TypeError('only resources of Azure are created');
  return target;
}

function scopeOf({ target }: RunContext): ResourceScope {
  const { subscriptionId, resourceGroup } = target;
  if (subscriptionId && resourceGroup) return { subscriptionId, resourceGroup };
  throw new EnrollkitError('NEEDS_INPUT', sentences.quickstartSteps.scopeNeeded, {
    next: sentences.quickstartSteps.giveScope,
  });
}

/** The hub of a plan that names none: after its provisioning service. */
export function hubNameOf({ hubName, dpsName }: Pick<AzureTarget, 'hubName' | 'dpsName'>): string {
  if (hubName !== undefined) return hubName;
  const base = dpsName.replace(/-?dps$/i, '');
  const name = `${(base || dpsName).slice(0, 46)}-hub`;
  return hubNameProblem(name) === undefined ? name : `${dpsName.slice(0, 46)}-hub`;
}

async function withManager<Result>(
  { target }: RunContext,
  use: (manager: ResourceManager) => Promise<Result>,
): Promise<Result> {
  const manager = new ResourceManager(target);
  try {
    return await use(manager);
  } finally {
    manager.close();
  }
}
