/**
 * The emulator's hubs as ARM resources, and their keys: what `az iot hub connection-string show` and
 * `az iot dps linked-hub create --hub-name` ask for.
 *
 * Source: azure-rest-api-specs, iothub resource-manager 2021-07-02.
 */
import * as z from 'zod';
import { iotHubApiVersions } from '../../../dps/contract/api-versions.js';
import { ArmError, badRequest } from './arm-error.js';
import { toHubResource } from './hub-resource.js';
import {
  abridge,
  armOperations,
  assertSubscription,
  findResourceGroup,
  requireHub,
  type Subscription,
  sameName,
} from './scope.js';
import { toKeyRule } from './service-operations.js';

export const hubOperations = armOperations<Subscription>(
  {
    listIotHubs: {
      handle({ parameters, apiVersion }, subscription) {
        const group = findResourceGroup(parameters, subscription);
        const hubs = subscription.hubs
          .list()
          .filter(({ settings }) => sameName(settings.resourceGroup, group.name));
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
        body: toHubResource(requireHub(request.parameters, subscription), subscription, request.apiVersion),
      }),
    },
    listIotHubKeys: {
      idParameter: 'hubName',
      handle: (request, subscription) => ({
        status: 200,
        body: { value: requireHub(request.parameters, subscription).policies.map(toKeyRule) },
      }),
    },
    getIotHubKey: {
      idParameter: 'hubName',
      handle(request, subscription) {
        const keyName = request.parameters.keyName!;
        const { policies } = requireHub(request.parameters, subscription);
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
