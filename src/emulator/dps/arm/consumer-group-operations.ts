/**
 * The consumer groups of a hub's Event Hub-compatible endpoint, as ARM resources.
 *
 * Source: azure-rest-api-specs, iothub resource-manager 2021-07-02 and its examples.
 */
import { iotHubApiVersions } from '../../../dps/contract/api-versions.js';
import {
  type ConsumerGroup,
  defaultConsumerGroup,
  maxConsumerGroups,
} from '../../hub/event-hub/consumer-groups.js';
import type { IotHub } from '../../hub/hub-directory.js';
import { AmqpError } from '../../wire/amqp/amqp-error.js';
import type { HttpRequest } from '../../wire/http/request.js';
import { ArmError, badRequest } from './arm-error.js';
import { hubResourceId } from './hub-resource-id.js';
import { abridge, armOperations, requireHub, type Subscription } from './scope.js';

/** Of the endpoint for telemetry; older hubs had a second one, for operations monitoring. */
const endpointName = 'events';

/** Microsoft Learn, "Naming rules": of an event hub's consumer groups. */
const groupName = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,48}[A-Za-z0-9])?$/;

export const consumerGroupOperations = armOperations<Subscription>(
  {
    listConsumerGroups: {
      idParameter: 'hubName',
      handle(request, subscription) {
        const hub = requireEndpoint(request, subscription);
        const value = hub.hub.eventHub.consumerGroups
          .list()
          .map((group) => toResource(hub, group, subscription));
        return { status: 200, body: { value } };
      },
    },
    getConsumerGroup: {
      idParameter: 'groupName',
      handle(request, subscription) {
        const hub = requireEndpoint(request, subscription);
        const name = request.parameters.groupName!;
        const group = hub.hub.eventHub.consumerGroups.get(name);
        if (group) return { status: 200, body: toResource(hub, group, subscription) };
        throw new ArmError('consumerGroupNotFound', `There is no consumer group '${abridge(name)}'.`);
      },
    },
    putConsumerGroup: {
      idParameter: 'groupName',
      handle(request, subscription) {
        const hub = requireEndpoint(request, subscription);
        const name = request.parameters.groupName!;
        const { consumerGroups } = hub.hub.eventHub;
        if (consumerGroups.get(name) === undefined) {
          if (!groupName.test(name)) {
            throw new ArmError(
              'illegalName',
              `The name '${abridge(name)}' is not one for a consumer group: it has 1 to 50 letters, digits, periods, hyphens and underscores, and begins and ends with a letter or digit.`,
            );
          }
          if (consumerGroups.list().length >= maxConsumerGroups) {
            throw badRequest(`A hub has at most ${maxConsumerGroups} consumer groups.`);
          }
        }
        return { status: 200, body: toResource(hub, consumerGroups.ensure(name), subscription) };
      },
    },
    deleteConsumerGroup: {
      idParameter: 'groupName',
      handle(request, subscription) {
        const hub = requireEndpoint(request, subscription);
        const name = request.parameters.groupName!;
        const { consumerGroups, readers } = hub.hub.eventHub;
        if (name.toLowerCase() === defaultConsumerGroup.toLowerCase()) {
          throw badRequest(`The consumer group ${defaultConsumerGroup} cannot be deleted.`);
        }
        if (consumerGroups.delete(name)) {
          readers.end(
            name,
            () => new AmqpError('notFound', `The messaging entity '${name}' could not be found.`),
          );
        }
        return { status: 200 };
      },
    },
  },
  iotHubApiVersions,
);

/** @throws ArmError */
function requireEndpoint(request: HttpRequest, subscription: Subscription): IotHub {
  const hub = requireHub(request.parameters, subscription);
  const name = request.parameters.endpointName!;
  if (name.toLowerCase() === endpointName) return hub;
  throw new ArmError('consumerGroupNotFound', `The hub has no endpoint '${abridge(name)}'.`);
}

function toResource(
  hub: IotHub,
  { name, created }: ConsumerGroup,
  subscription: Subscription,
): Record<string, unknown> {
  return {
    id: `${hubResourceId(hub, subscription)}/eventHubEndpoints/${endpointName}/ConsumerGroups/${name}`,
    name,
    type: 'Microsoft.Devices/IotHubs/EventHubEndpoints/ConsumerGroups',
    etag: null,
    properties: { created: new Date(created).toUTCString(), name },
  };
}
