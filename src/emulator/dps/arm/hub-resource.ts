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
import { hubResourceId } from './hub-resource-id.js';
import { hubKey, type PendingState } from './pending-changes.js';
import { shownHubLink } from './registry/hub-link.js';
import type { Subscription } from './scope.js';

/**
 * The members are those of the api-version. A hub that is being created has neither a host name nor an etag yet.
 *
 * @param hasFallbackRoute whether the fallback route is shown as enabled; the emulator delivers messages in any case
 */
export function toHubResource(
  hub: IotHub,
  subscription: Subscription,
  apiVersion: string,
  hasFallbackRoute = true,
): Record<string, unknown> {
  const { hubId, created, settings } = hub;
  const { subscriptionId } = subscription;
  const state = subscription.pending.stateOf(hubKey(hub));
  const hasIdentity = apiVersion >= firstHubIdentityApiVersion;
  return {
    id: hubResourceId(hub, subscription),
    name: hubId,
    type: 'Microsoft.Devices/IotHubs',
    location: settings.location,
    tags: settings.tags,
    subscriptionid: subscriptionId,
    resourcegroup: settings.resourceGroup,
    ...(state === 'Activating' ? {} : { etag: 'AAAAAAAAAAE=' }),
    properties: {
      ...propertiesOf(hub, apiVersion, state, hasFallbackRoute),
      ...(hasIdentity ? { allowedFqdnList: [] } : {}),
      ...shownHubLink(hub, apiVersion, subscription),
    },
    sku: { name: settings.sku.name, tier: tierOf(settings.sku.name), capacity: settings.sku.capacity },
    ...(hasIdentity
      ? {
          identity: settings.managedIdentity ?? { type: 'None' },
          systemData: { createdAt: wireTimestamp(created) },
        }
      : {}),
  };
}

/** The tier of a SKU: F1 is free, B1 to B3 are basic, S1 to S3 are standard. */
function tierOf(sku: string): string {
  return { F: 'Free', B: 'Basic' }[sku.charAt(0).toUpperCase()] ?? 'Standard';
}

/** How long back ends may keep what they received, and how often it is delivered. */
const delivery = { lockDurationAsIso8601: 'PT1M', ttlAsIso8601: 'PT1H', maxDeliveryCount: 10 };

function propertiesOf(
  { hubId, names, settings }: IotHub,
  apiVersion: string,
  state: PendingState | undefined,
  hasFallbackRoute: boolean,
): Record<string, unknown> {
  const isNew = state === 'Activating';
  const onceActive = {
    locations: [{ location: settings.location, role: 'primary' }],
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
    storageEndpoints: { $default: { sasTtlAsIso8601: 'PT1H', connectionString: '', containerName: '' } },
    messagingEndpoints: { fileNotifications: delivery },
  };
  return {
    state: state ?? 'Active',
    provisioningState: isNew ? 'Accepted' : (state ?? 'Succeeded'),
    ...(isNew ? {} : onceActive),
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
        isEnabled: hasFallbackRoute,
      },
    },
    enableFileUploadNotifications: false,
    cloudToDevice: { maxDeliveryCount: 10, defaultTtlAsIso8601: 'PT1H', feedback: delivery },
    features: 'None',
  };
}
