/**
 * The emulator's hubs as ARM resources, to be looked at: they are made when it starts. This is what
 * `az iot hub connection-string show` and `az iot dps linked-hub create --hub-name` ask for.
 *
 * Source: azure-rest-api-specs, iothub resource-manager 2021-07-02.
 */
import { z } from 'zod';
import { iotHubApiVersions } from '../../../dps/contract/api-versions.js';
import { routes } from '../../../dps/contract/routes.js';
import type { HubDirectory, IotHub } from '../../hub/hub-directory.js';
import type { Operation, OperationRequest } from '../../wire/http/operation.js';
import { ArmError } from './arm-error.js';
import { abridge, assertSubscription, findResourceGroup, type ScopeOptions, same } from './scope.js';
import { toKeyRule } from './service.js';

export interface IotHubsOptions extends ScopeOptions {
  hubs: HubDirectory;
  /** The resource group of all hubs. */
  hubResourceGroup: string;
}

export function iotHubOperations(options: IotHubsOptions): Operation[] {
  const { hubs, hubResourceGroup, subscriptionId } = options;
  const apiVersions = iotHubApiVersions;
  const subject = 'hubName';

  /** @throws ArmError notFound */
  function find({ parameters }: OperationRequest): IotHub {
    const group = findResourceGroup(parameters, options);
    const hub = hubs.get(parameters.hubName!.toLowerCase());
    if (hub && same(group.name, hubResourceGroup)) return hub;
    throw new ArmError('notFound', `The IoT hub '${abridge(parameters.hubName!)}' could not be found.`);
  }

  function describe({ hubId, names, policies }: IotHub) {
    return {
      id: `/subscriptions/${subscriptionId}/resourceGroups/${hubResourceGroup}/providers/Microsoft.Devices/IotHubs/${hubId}`,
      name: hubId,
      type: 'Microsoft.Devices/IotHubs',
      location: 'local',
      tags: {},
      etag: 'AAAAAAAAAAE=',
      resourcegroup: hubResourceGroup,
      subscriptionid: subscriptionId,
      sku: { name: 'S1', tier: 'Standard', capacity: 1 },
      properties: {
        state: 'Active',
        provisioningState: 'Succeeded',
        hostName: names.mqtt,
        authorizationPolicies: policies.map(({ keyName, rights }) => ({ keyName, rights })),
        ipFilterRules: [],
        features: 'None',
        locations: [{ location: 'local', role: 'primary' }],
      },
    };
  }

  return [
    {
      name: 'listIotHubs',
      route: routes.arm.listIotHubs,
      apiVersions,
      handle({ parameters }) {
        const group = findResourceGroup(parameters, options);
        const own = same(group.name, hubResourceGroup) ? hubs.list() : [];
        return { status: 200, body: { value: own.map(describe) } };
      },
    },
    {
      name: 'listIotHubsInSubscription',
      route: routes.arm.listIotHubsInSubscription,
      apiVersions,
      handle({ parameters }) {
        assertSubscription(parameters, options);
        return { status: 200, body: { value: hubs.list().map(describe) } };
      },
    },
    {
      name: 'getIotHub',
      route: routes.arm.getIotHub,
      apiVersions,
      subject,
      handle: (request) => ({ status: 200, body: describe(find(request)) }),
    },
    {
      name: 'listIotHubKeys',
      route: routes.arm.listIotHubKeys,
      apiVersions,
      subject,
      handle: (request) => ({ status: 200, body: { value: find(request).policies.map(toKeyRule) } }),
    },
    {
      name: 'getIotHubKey',
      route: routes.arm.getIotHubKey,
      apiVersions,
      subject,
      handle(request) {
        const keyName = request.parameters.keyName!;
        const policy = find(request).policies.find((one) => same(one.keyName, keyName));
        if (policy) return { status: 200, body: toKeyRule(policy) };
        throw new ArmError('notFound', `There is no shared access policy '${abridge(keyName)}'.`);
      },
    },
    {
      name: 'checkIotHubName',
      route: routes.arm.checkIotHubName,
      apiVersions,
      handle({ parameters, body }) {
        assertSubscription(parameters, options);
        const parsed = z.object({ name: z.string() }).safeParse(body);
        if (!parsed.success) throw new ArmError('badRequest', 'The body must have the field name, a string.');
        const { name } = parsed.data;
        const taken = hubs.get(name.toLowerCase()) !== undefined;
        return {
          status: 200,
          body: taken
            ? {
                nameAvailable: false,
                reason: 'AlreadyExists',
                message: `The name '${abridge(name)}' is taken.`,
              }
            : { nameAvailable: true, reason: null, message: null },
        };
      },
    },
  ];
}
