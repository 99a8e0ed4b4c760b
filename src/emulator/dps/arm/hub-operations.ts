/**
 * The emulator's hubs as ARM resources, to be read only: they are made when it starts. This is what
 * `az iot hub connection-string show` and `az iot dps linked-hub create --hub-name` ask for.
 *
 * Source: azure-rest-api-specs, iothub resource-manager 2021-07-02.
 */
import * as z from 'zod';
import { iotHubApiVersions } from '../../../dps/contract/api-versions.js';
import type { IotHub } from '../../hub/hub-directory.js';
import type { HttpRequest } from '../../wire/http/request.js';
import { ArmError, badRequest } from './arm-error.js';
import { toHubResource } from './hub-resource.js';
import {
  abridge,
  armOperations,
  assertSubscription,
  findResourceGroup,
  notFound,
  type Subscription,
  sameName,
} from './scope.js';
import { toKeyRule } from './service-operations.js';

export const hubOperations = armOperations<Subscription>(
  {
    listIotHubs: {
      handle({ parameters, apiVersion }, subscription) {
        const group = findResourceGroup(parameters, subscription);
        const hubs = sameName(group.name, subscription.hubResourceGroup) ? subscription.hubs.list() : [];
        return {
          status: 200,
          body: { value: hubs.map((hub) => toHubResource(hub, subscription, apiVersion)) },
        };
      },
    },
    listIotHubsInSubscription: {
      handle({ parameters, apiVersion }, subscription) {
        assertSubscription(parameters, subscription);
        const value = subscription.hubs.list().map((hub) => toHubResource(hub, subscription, apiVersion));
        return { status: 200, body: { value } };
      },
    },
    getIotHub: {
      idParameter: 'hubName',
      handle: (request, subscription) => ({
        status: 200,
        body: toHubResource(requireHub(request, subscription), subscription, request.apiVersion),
      }),
    },
    listIotHubKeys: {
      idParameter: 'hubName',
      handle: (request, subscription) => ({
        status: 200,
        body: { value: requireHub(request, subscription).policies.map(toKeyRule) },
      }),
    },
    getIotHubKey: {
      idParameter: 'hubName',
      handle(request, subscription) {
        const keyName = request.parameters.keyName!;
        const { policies } = requireHub(request, subscription);
        const policy = policies.find((one) => sameName(one.keyName, keyName));
        if (policy) return { status: 200, body: toKeyRule(policy) };
        throw new ArmError('policyNotFound', `There is no shared access policy '${abridge(keyName)}'.`);
      },
    },
    checkIotHubName: {
      async handle(request, subscription) {
        assertSubscription(request.parameters, subscription);
        const parsed = z.object({ name: z.string() }).safeParse(await request.json());
        if (!parsed.success) throw badRequest('The body must have the field name, a string.');
        const { name } = parsed.data;
        const isTaken = subscription.hubs.get(name.toLowerCase()) !== undefined;
        return {
          status: 200,
          body: isTaken
            ? {
                nameAvailable: false,
                reason: 'AlreadyExists',
                message: `IotHub name '${abridge(name)}' is not available`,
              }
            : { nameAvailable: true, reason: 'Invalid', message: null },
        };
      },
    },
  },
  iotHubApiVersions,
);

/** @throws ArmError subscriptionNotFound, resourceGroupNotFound, serviceNotFound */
function requireHub({ parameters }: HttpRequest, subscription: Subscription): IotHub {
  const group = findResourceGroup(parameters, subscription);
  const hub = subscription.hubs.get(parameters.hubName!.toLowerCase());
  if (hub && sameName(group.name, subscription.hubResourceGroup)) return hub;
  throw notFound(parameters, parameters.hubName);
}
