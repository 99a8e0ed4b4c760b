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
import type { IotHub } from '../../hub/hub-directory.js';
import { wireTimestamp } from '../../wire/timestamp.js';
import type { Subscription } from './scope.js';

/** The members are those of the api-version. */
export function toHubResource(
  hub: IotHub,
  { subscriptionId, hubResourceGroup }: Subscription,
  apiVersion: string,
): Record<string, unknown> {
  const { hubId, created } = hub;
  const hasIdentity = apiVersion >= firstHubIdentityApiVersion;
  return {
    id: `/subscriptions/${subscriptionId}/resourceGroups/${hubResourceGroup}/providers/Microsoft.Devices/IotHubs/${hubId}`,
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

const partitionIds = ['0', '1', '2', '3'];

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
        retentionTimeInDays: 1,
        partitionCount: partitionIds.length,
        partitionIds,
        path: hubId,
        endpoint: `sb://${names.mqtt}/`,
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
