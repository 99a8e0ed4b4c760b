/** What the wizard lists from an Azure account. */
import { ControlPlane } from '../../dps/client/arm.js';
import { ResourceManager, scopeOf } from '../../dps/client/resource-manager.js';
import { ServicePlane } from '../../dps/client/service.js';
import { azureTarget, type Target } from '../../dps/client/target.js';
import { lacksRights } from '../../errors.js';
import type { AzureAccount, FoundService } from './ask-azure.js';

/**
 * @param targetFor clients of one provisioning service, or of the account with an empty name
 */
export function azureAccount(
  signal: AbortSignal,
  targetFor: (service: Pick<FoundService, 'name'> & Partial<FoundService>) => Target = inAzure,
): AzureAccount {
  const withManager = async <Result>(use: (manager: ResourceManager) => Promise<Result>) => {
    const manager = new ResourceManager(targetFor({ name: '' }));
    try {
      return await use(manager);
    } finally {
      manager.close();
    }
  };
  return {
    subscriptions: () =>
      withManager(async (manager) => {
        const all = await manager.listSubscriptions({ signal });
        return all
          .map(({ subscriptionId, displayName }) => ({ id: subscriptionId, name: displayName }))
          .sort((a, b) => a.name.localeCompare(b.name));
      }),
    services: (subscriptionId) =>
      withManager(async (manager) => {
        const all = await manager.listServices({ subscriptionId }, { signal });
        return all
          .map(({ id, name, location, properties }) => ({
            name,
            subscriptionId,
            resourceGroup: scopeOf(id).resourceGroup,
            location,
            idScope: properties.idScope ?? undefined,
            hubs: (properties.iotHubs ?? []).flatMap((hub) => (hub.name ? [hub.name] : [])),
          }))
          .sort((a, b) => a.name.localeCompare(b.name));
      }),
    async contents(service) {
      const target = targetFor(service);
      const control = new ControlPlane(target);
      const plane = new ServicePlane(target);
      try {
        return {
          certificates: await ifAllowed(async () =>
            (await control.listCertificates({ signal })).map(({ name }) => name),
          ),
          groups: await ifAllowed(async () =>
            (await plane.listEnrollmentGroups({ signal })).map(({ enrollmentGroupId }) => enrollmentGroupId),
          ),
        };
      } finally {
        control.close();
        plane.close();
      }
    },
  };
}

async function ifAllowed<Value>(look: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await look();
  } catch (error) {
    if (lacksRights(error)) return undefined;
    throw error;
  }
}

function inAzure({
  name,
  subscriptionId,
  resourceGroup,
}: Pick<FoundService, 'name'> & Partial<FoundService>) {
  return azureTarget({ dpsName: name, subscriptionId, resourceGroup });
}
