/**
 * A hub as Azure Resource Manager describes it, with the settings of a new hub.
 *
 * Source: recordings of Azure/azure-powershell (2019-07-01-preview, 2021-07-02) and Azure/azure-cli (2023-06-30-preview).
 * Members that Azure shows only once they are set, such as `minTlsVersion` and `disableLocalAuth`, are absent.
 */
import {
  firstCosmosEndpointApiVersion,
  firstHubIdentityApiVersion,
} from '../../../dps/contract/api-versions.js';
import { retentionDays } from '../../hub/event-hub/events.js';
import { partitionIds } from '../../hub/event-hub/partitions.js';
import type { IotHub } from '../../hub/hub-directory.js';
import { wireTimestamp } from '../../wire/timestamp.js';
import type { Subscription } from './scope.js';

/** The members are those of the api-version. */
export function toHubResource(
  hub: IotHub,
  subscription: Subscription,
  apiVersion: string,
): Record<string, unknown> {
  const { hubId, created } = hub;
  const { subscriptionId, hubResourceGroup } = subscription;
  const hasIdentity = apiVersion >= firstHubIdentityApiVersion;
  return {
    id: hubResourceId(hub, subscription),
    name: hubId,
    type: 'Microsoft.Devices/IotHubs',
    location: 'local',
    tags: {},
    subscriptionid: subscriptionId,
    resourcegroup: hubResourceGroup,
    etag: 'AAAAAAAAAAE=',
    properties: { ...propertiesOf(hub, apiVersion), ...(hasIdentity ? { allowedFqdnList: [] } : {}) },
    sku: { name: 'S1', tier: 'Standard', capacity: 1 },
    ...(hasIdentity ? { identity: { type: 'None' }, systemData: { createdAt: wireTimestamp(created) } } : {}),
  };
}

export function hubResourceId(
  { hubId }: IotHub,
  { subscriptionId, hubResourceGroup }: Pick<Subscription, 'subscriptionId' | 'hubResourceGroup'>,
): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${hubResourceGroup}/providers/Microsoft.Devices/IotHubs/${hubId}`;
}

/** How long back ends may keep what they received, and how often it is delivered. */
const delivery = { lockDurationAsIso8601: 'PT1M', ttlAsIso8601: 'PT1H', maxDeliveryCount: 10 };

function propertiesOf({ hubId, names }: IotHub, apiVersion: string): Record<string, unknown> {
  return {
    locations: [{ location: 'local', role: 'primary' }],
    state: 'Active',
    provisioningState: 'Succeeded',
    ipFilterRules: [],
    hostName: names.mqtt,
    // What clients look for before they read messages.
    eventHubEndpoints: {
      events: {
        retentionTimeInDays: retentionDays,
        partitionCount: partitionIds.length,
        partitionIds: [...partitionIds],
        path: hubId,
        endpoint: `sb://${names.amqp}/`,
      },
    },
    routing: {
      endpoints: {
        serviceBusQueues: [],
        serviceBusTopics: [],
        eventHubs: [],
        storageContainers: [],
        ...(apiVersion >= firstCosmosEndpointApiVersion ? { cosmosDBSqlContainers: [] } : {}),
      },
      routes: [],
      fallbackRoute: {
        name: '$fallback',
        source: 'DeviceMessages',
        condition: 'true',
        endpointNames: ['events'],
        isEnabled: true,
      },
    },
    storageEndpoints: { $default: { sasTtlAsIso8601: 'PT1H', connectionString: '', containerName: '' } },
    messagingEndpoints: { fileNotifications: delivery },
    enableFileUploadNotifications: false,
    cloudToDevice: { maxDeliveryCount: 10, defaultTtlAsIso8601: 'PT1H', feedback: delivery },
    features: 'None',
  };
}
