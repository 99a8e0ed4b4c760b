/**
 * The subscription and its resource groups, as far as clients look them up: `az login` lists subscriptions, and
 * `az iot dps create` asks for the location of a group.
 */
import { z } from 'zod';
import { resourcesApiVersions } from '../../../dps/contract/api-versions.js';
import { routes } from '../../../dps/contract/routes.js';
import type { Operation } from '../../wire/http/operation.js';
import type { ResourceGroup } from '../state/resource-groups.js';
import { ArmError } from './arm-error.js';
import { assertSubscription, findResourceGroup, type ScopeOptions } from './scope.js';

const groupBody = z.object({ location: z.string().min(1), tags: z.record(z.string(), z.string()).nullish() });

/** Azure Resource Manager's rule: Microsoft Learn, "Naming rules and restrictions for Azure resources". */
const legalGroupName = /^[\p{L}\p{N}_().-]{1,89}[\p{L}\p{N}_()-]$|^[\p{L}\p{N}_()-]$/u;

export function subscriptionOperations(options: ScopeOptions): Operation[] {
  const { subscriptionId, resourceGroups } = options;
  const id = `/subscriptions/${subscriptionId}`;
  const subscription = {
    id,
    subscriptionId,
    displayName: 'enrollkit emulator',
    state: 'Enabled',
    // Of a service principal that signs in as with AD FS.
    tenantId: 'adfs',
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'PayAsYouGo_2014-09-01',
      spendingLimit: 'Off',
    },
    authorizationSource: 'RoleBased',
    managedByTenants: [],
  };
  const describe = ({ name, location, tags }: ResourceGroup) => ({
    id: `${id}/resourceGroups/${name}`,
    name,
    type: 'Microsoft.Resources/resourceGroups',
    location,
    tags,
    properties: { provisioningState: 'Succeeded' },
  });
  const apiVersions = resourcesApiVersions;
  return [
    {
      name: 'listSubscriptions',
      route: routes.arm.listSubscriptions,
      apiVersions,
      handle: () => ({ status: 200, body: { value: [subscription], count: { type: 'Total', value: 1 } } }),
    },
    {
      name: 'getSubscription',
      route: routes.arm.getSubscription,
      apiVersions,
      handle({ parameters }) {
        assertSubscription(parameters, options);
        return { status: 200, body: subscription };
      },
    },
    {
      name: 'listResourceGroups',
      route: routes.arm.listResourceGroups,
      apiVersions,
      handle({ parameters }) {
        assertSubscription(parameters, options);
        return { status: 200, body: { value: resourceGroups.list().map(describe) } };
      },
    },
    {
      name: 'getResourceGroup',
      route: routes.arm.getResourceGroup,
      apiVersions,
      subject: 'resourceGroup',
      handle: ({ parameters }) => ({ status: 200, body: describe(findResourceGroup(parameters, options)) }),
    },
    {
      name: 'putResourceGroup',
      route: routes.arm.putResourceGroup,
      apiVersions,
      subject: 'resourceGroup',
      handle({ parameters, body }) {
        assertSubscription(parameters, options);
        const name = parameters.resourceGroup!;
        if (!legalGroupName.test(name)) {
          throw new ArmError(
            'badRequest',
            'The name of the resource group has 1 to 90 letters, digits, ( ) - . or _, and does not end with a dot.',
          );
        }
        const parsed = groupBody.safeParse(body);
        if (!parsed.success)
          throw new ArmError('badRequest', 'The body must have the field location, a string.');
        const before = resourceGroups.get(name);
        const { location, tags } = parsed.data;
        const saved = { name: before?.name ?? name, location, tags: tags ?? {} };
        resourceGroups.save(saved);
        return { status: before ? 200 : 201, body: describe(saved) };
      },
    },
  ];
}
