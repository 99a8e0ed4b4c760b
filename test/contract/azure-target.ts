/** Azure as a target, with a resource group of the run's own, which is deleted in the end with all that is in it. */
import type { AccessToken } from '@azure/identity';
import { namePrefix, randomSuffix } from './run.js';
import { askResourceManager, changeResource, hubPath } from './service.js';
import { splitHost, type Target } from './target.js';

/** What of @azure/identity is needed. */
export interface Credential {
  getToken(scope: string): Promise<AccessToken | null>;
}

const armHost = 'management.azure.com';
const groupVersion = '2021-04-01';
const hubVersion = '2021-07-02';
const ports = { https: 443, mqtt: 8883, amqp: 5671 };

/** @param location in which the resource group and all in it are made, such as `westus` */
export function azureTarget(credential: Credential, subscription: string, location: string): Target {
  const name = `${namePrefix}-${randomSuffix()}`;
  return {
    ...{ name: 'azure', armHost, subscription, location, resourceGroup: name, hub: name },
    armToken: keptToken(credential),
    dial: (host, protocol) => splitHost(host, ports[protocol]),
    lacks: [],
    // A subscription may have ten provisioning services: there are at most five at a time.
    sessions: 4,
    pollSeconds: 5,
  };
}

/** Asks for a token only when the last one is about to expire: some credentials start a process for each. */
function keptToken(credential: Credential): () => Promise<string> {
  let last: AccessToken | undefined;
  return async () => {
    if (last === undefined || last.expiresOnTimestamp - Date.now() < 300_000) {
      last = (await credential.getToken(`https://${armHost}/.default`)) ?? undefined;
      if (last === undefined) throw new Error('there is no token for Azure Resource Manager');
    }
    return last.token;
  };
}

/** What a run makes, for the person who is to agree. */
export function plannedText({ subscription, location, resourceGroup, hub }: Target): string {
  return `In the subscription ${subscription}, in ${location}, this creates, and deletes in the end:
  the resource group ${resourceGroup}
  in it the IoT hub ${hub} (tier S1, billed by the day), its devices, and for one session another hub
  in it provisioning services called ${namePrefix}-... (tier S1, billed by operation), at most five at a time
It changes nothing else. It takes about half an hour.
`;
}

/**
 * Makes the resource group and the hub, does the work, and deletes the group, also when the work fails.
 *
 * @param report called with what is being done
 * @throws Error when something cannot be made or deleted; it names the group that is left
 */
export async function inResourceGroup<Result>(
  target: Target,
  report: (text: string) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const { subscription, resourceGroup, location } = target;
  const group = {
    path: `/subscriptions/${subscription}/resourceGroups/${resourceGroup}`,
    apiVersion: groupVersion,
  };
  report(`Creating the resource group ${resourceGroup}`);
  await askResourceManager(target, {
    ...group,
    method: 'PUT',
    body: { location, tags: { purpose: namePrefix } },
  });
  try {
    report(`Creating the IoT hub ${target.hub}, which takes some minutes`);
    await changeResource(target, {
      ...{ method: 'PUT', path: hubPath(target), apiVersion: hubVersion },
      body: { location, properties: {}, sku: { name: 'S1', capacity: 1 } },
    });
    return await work();
  } finally {
    report(`Deleting the resource group ${resourceGroup}, which takes some minutes`);
    await changeResource(target, { ...group, method: 'DELETE' }).catch((error: Error) => {
      throw new Error(
        `The resource group ${resourceGroup} may be left (${error.message}). Delete it: az group delete --name ${resourceGroup}`,
      );
    });
  }
}
