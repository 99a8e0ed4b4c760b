/** Commands that work with a whole account: its subscriptions, resource groups, provisioning services and hubs. */

import { DeviceRegistryClient } from '../../dps/client/device-registry.js';
import { type AzureSubscription, ResourceManager, scopeOf } from '../../dps/client/resource-manager.js';
import { azureTarget, type Target } from '../../dps/client/target.js';
import type { AccountService, IotHubResource } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { type PlanTarget, planFields } from '../../quickstart/plan/fields.js';
import { lastPlanGroup } from '../input/plan-input.js';
import type { Context } from '../kernel/command.js';
import type { dirFlag } from '../kernel/common-flags.js';
import type { FlagValues } from '../kernel/flags.js';
import type { accountFlags } from './account-flags.js';
import { hubConnectionString } from './connection-strings.js';
import { folderOf, sameFolder } from './folder.js';
import { requestObserver, withTarget } from './target.js';

type GivenFlags = FlagValues<typeof accountFlags & typeof dirFlag> & {
  readonly dpsName?: string | undefined;
};

const { problem: subscriptionProblem } = planFields['target.subscriptionId'];

export interface Account {
  kind: 'emulator' | 'azure';
  manager: ResourceManager;
  registry: DeviceRegistryClient;
  /** Of `--resource-group`, or else of the last run in Azure; undefined for all. */
  resourceGroup: string | undefined;
  /** The name of the provisioning service: of `--dps-name`, the last run, or the emulator. */
  dpsName: string | undefined;
  /** Clients of a provisioning service, or of a scope without one. */
  targetFor(
    scope: { subscriptionId?: string | undefined; resourceGroup?: string | undefined; dpsName: string },
    service?: AccountService,
  ): Target;
  /** The subscriptions to look in: the given one, or all. */
  subscriptions(): Promise<string[]>;
  /** The one subscription to create something in. @throws EnrollkitError NEEDS_INPUT when there are several */
  subscription(): Promise<string>;
}

/** @param mayCreate whether a new emulator may be created: for commands that create something */
export async function withAccount<Result>(
  flags: GivenFlags,
  context: Context,
  mayCreate: boolean,
  use: (account: Account) => Promise<Result>,
): Promise<Result> {
  const folder = folderOf(flags);
  const problem = flags.subscription === undefined ? undefined : subscriptionProblem(flags.subscription);
  if (problem !== undefined) {
    throw new EnrollkitError('USAGE', `--subscription: ${problem}`, {
      next: sentences.cliTarget.subscriptionId,
    });
  }
  const before = lastPlanGroup(folder, 'target');
  const kind = flags.target ?? before.kind;
  if (kind === 'azure') return useAccount(azureAccount(before, flags, context), use);
  return withTarget({ target: { kind: 'emulator' }, folder, flags: {}, mayCreate }, context, (target) => {
    const { subscriptionId = '', dpsName } = target;
    const manager = new ResourceManager(target);
    const registry = new DeviceRegistryClient(target);
    return useAccount(
      {
        kind,
        manager,
        registry,
        resourceGroup: flags.resourceGroup,
        dpsName: flags.dpsName ?? dpsName,
        targetFor: (scope, service) => ({
          ...target,
          ...scope,
          // The connection string is that of the emulator's first service.
          service: 'from-arm',
          serviceHostName: service?.properties.serviceOperationsHostName ?? target.serviceHostName,
        }),
        subscriptions: async () => [flags.subscription ?? subscriptionId],
        subscription: async () => flags.subscription ?? subscriptionId,
      },
      use,
    );
  });
}

function azureAccount(before: PlanTarget, flags: GivenFlags, context: Context): Account {
  const known: Partial<Extract<PlanTarget, { kind: 'azure' }>> = before.kind === 'azure' ? before : {};
  const target = azureTarget({ dpsName: '', onRequest: requestObserver(context) });
  const manager = new ResourceManager(target);
  const { signal } = context;
  const given = flags.subscription ?? known.subscriptionId;
  const all = async (): Promise<AzureSubscription[]> => {
    const found = await manager.listSubscriptions({ signal });
    if (found.length > 0) return found;
    throw new EnrollkitError('FORBIDDEN', sentences.cliTarget.noSubscription, {
      next: sentences.cliTarget.signInElsewhere,
    });
  };
  return {
    kind: 'azure',
    manager,
    registry: new DeviceRegistryClient(target),
    resourceGroup: flags.resourceGroup,
    dpsName: flags.dpsName ?? known.dpsName,
    targetFor: (scope) =>
      azureTarget({
        ...scope,
        hubConnectionString: hubConnectionString(context),
        onRequest: requestObserver(context),
      }),
    subscriptions: async () =>
      given === undefined ? (await all()).map(({ subscriptionId }) => subscriptionId) : [given],
    async subscription() {
      if (given !== undefined) return given;
      const found = await all();
      if (found.length === 1) return found[0]!.subscriptionId;
      const names = found.map(({ displayName, subscriptionId }) => `${displayName} (${subscriptionId})`);
      throw new EnrollkitError('NEEDS_INPUT', sentences.cliTarget.severalSubscriptions(names), {
        next: sentences.cliTarget.chooseSubscription,
        context: { subscriptions: found },
      });
    },
  };
}

async function useAccount<Result>(
  account: Account,
  use: (account: Account) => Promise<Result>,
): Promise<Result> {
  try {
    return await use(account);
  } finally {
    account.manager.close();
    account.registry.close();
  }
}

/** Resources of all subscriptions of an account, in its resource group if it has one. */
export async function ofAllSubscriptions<Resource>(
  { subscriptions, resourceGroup }: Account,
  list: (scope: { subscriptionId: string; resourceGroup?: string }) => Promise<Resource[]>,
): Promise<Resource[]> {
  const found: Resource[] = [];
  for (const subscriptionId of await subscriptions()) {
    found.push(
      ...(await list({ subscriptionId, ...(resourceGroup === undefined ? {} : { resourceGroup }) })),
    );
  }
  return found;
}

/** The provisioning services of an account. */
export async function servicesOf(account: Account, signal: AbortSignal): Promise<AccountService[]> {
  return ofAllSubscriptions(account, (scope) => account.manager.listServices(scope, { signal }));
}

/** The hubs of an account, in whichever resource group. */
export async function hubsOf(account: Account, signal: AbortSignal): Promise<IotHubResource[]> {
  const { manager } = account;
  return ofAllSubscriptions(account, ({ subscriptionId }) =>
    manager.listHubs({ subscriptionId }, { signal }),
  );
}

/**
 * The provisioning service of a name; names are unique in Azure.
 *
 * @throws EnrollkitError DPS_NOT_FOUND; NEEDS_INPUT without a name
 */
export async function requireService(
  account: Account,
  name: string | undefined,
  flags: GivenFlags,
  signal: AbortSignal,
): Promise<AccountService> {
  const list = `enrollkit dps list${sameFolder(flags)}${account.kind === 'azure' ? ' --target azure' : ''}`;
  if (name === undefined) {
    throw new EnrollkitError('NEEDS_INPUT', sentences.cliTarget.whichService, {
      next: sentences.cliTarget.nameService(list),
    });
  }
  const found = (await servicesOf(account, signal)).find((one) => sameName(one.name, name));
  if (found) return found;
  throw new EnrollkitError('DPS_NOT_FOUND', sentences.cliTarget.noService(name, account.resourceGroup), {
    next: sentences.cliTarget.listServices(list),
  });
}

/**
 * The hub of a name or resource ID.
 *
 * @throws EnrollkitError NOT_FOUND
 */
export async function requireHub(
  account: Account,
  name: string,
  flags: GivenFlags,
  signal: AbortSignal,
): Promise<IotHubResource> {
  const isId = name.startsWith('/subscriptions/');
  const found = isId
    ? await account.manager.getHub(scopeOfId(name), name.split('/').at(-1)!, { signal })
    : (await hubsOf(account, signal)).find((one) => sameName(one.name, name) || isHost(one, name));
  if (found) return found;
  const list = `enrollkit hub list${sameFolder(flags)}${account.kind === 'azure' ? ' --target azure' : ''}`;
  throw new EnrollkitError('NOT_FOUND', sentences.cliTarget.noHub(name), {
    next: sentences.cliTarget.listServices(list),
  });
}

function scopeOfId(id: string): ReturnType<typeof scopeOf> {
  if (
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Devices\/IotHubs\/[^/]+$/i.test(id)
  )
    return scopeOf(id);
  throw new EnrollkitError('USAGE', sentences.cliTarget.notAHubId(id), {
    next: sentences.cliTarget.hubIdRule,
  });
}

function isHost({ properties }: IotHubResource, name: string): boolean {
  return properties.hostName != null && sameName(properties.hostName, name);
}

/** Azure compares names without regard to case. */
export function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
