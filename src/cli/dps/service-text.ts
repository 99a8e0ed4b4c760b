/** Provisioning services of an account for people. */
import { scopeOf } from '../../dps/client/resource-manager.js';
import type { AccountService } from '../../dps/contract/schemas.js';
import { sentences } from '../../languages/language.js';
import { columns } from '../terminal/text.js';

const { heads, rows: labels } = sentences.cliDps;

export function serviceText(service: AccountService): string {
  const { id, name, location, properties, tags } = service;
  const { subscriptionId, resourceGroup } = scopeOf(id);
  const hubs = properties.iotHubs ?? [];
  const rows: [string, string | null | undefined][] = [
    [labels.name, name],
    [labels.subscription, subscriptionId],
    [labels.resourceGroup, resourceGroup],
    [labels.location, location],
    [labels.state, properties.state],
    [labels.idScope, properties.idScope],
    [labels.serviceEndpoint, properties.serviceOperationsHostName],
    [labels.deviceEndpoint, properties.deviceProvisioningHostName],
    [labels.allocation, properties.allocationPolicy],
    [labels.linkedHubs, hubs.length === 0 ? sentences.cliDps.none : hubs.map((hub) => hub.name).join(', ')],
    [
      labels.tags,
      Object.entries(tags ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(', '),
    ],
  ];
  return columns(rows.filter((row): row is [string, string] => Boolean(row[1]))).join('\n');
}

export function serviceTable(services: readonly AccountService[]): string {
  const rows = services.map(({ id, name, location, properties }) => [
    name,
    scopeOf(id).resourceGroup,
    location,
    properties.state ?? '-',
    properties.idScope ?? '-',
  ]);
  return columns([
    [heads.name, heads.resourceGroup, heads.location, heads.state, heads.idScope],
    ...rows,
  ]).join('\n');
}
