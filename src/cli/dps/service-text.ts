/** Provisioning services of an account for people. */
import { scopeOf } from '../../dps/client/resource-manager.js';
import type { AccountService } from '../../dps/contract/schemas.js';
import { columns } from '../terminal/text.js';

export function serviceText(service: AccountService): string {
  const { id, name, location, properties, tags } = service;
  const { subscriptionId, resourceGroup } = scopeOf(id);
  const hubs = properties.iotHubs ?? [];
  const rows: [string, string | null | undefined][] = [
    ['Name', name],
    ['Subscription', subscriptionId],
    ['Resource group', resourceGroup],
    ['Location', location],
    ['State', properties.state],
    ['ID scope', properties.idScope],
    ['Service endpoint', properties.serviceOperationsHostName],
    ['Device endpoint', properties.deviceProvisioningHostName],
    ['Allocation', properties.allocationPolicy],
    ['Linked hubs', hubs.length === 0 ? 'none' : hubs.map((hub) => hub.name).join(', ')],
    [
      'Tags',
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
  return columns([['NAME', 'RESOURCE GROUP', 'LOCATION', 'STATE', 'ID SCOPE'], ...rows]).join('\n');
}
