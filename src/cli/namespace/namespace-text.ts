/** Namespaces of Azure Device Registry for people. */
import { scopeOf } from '../../dps/client/resource-manager.js';
import type { RegistryEndpoint, RegistryNamespace } from '../../dps/contract/schemas.js';
import { sentences } from '../../languages/language.js';
import { columns } from '../terminal/text.js';

/** The names of the resources that are linked: provisioning services, or hubs. */
export function linkedNames(
  kind: { endpoints?: Record<string, RegistryEndpoint> | null | undefined } | null | undefined,
): string[] {
  return Object.values(kind?.endpoints ?? {}).map(
    ({ resourceId, endpointType }) => resourceId?.split('/').at(-1) ?? endpointType,
  );
}

export function namespaceText({ id, name, location, properties, tags }: RegistryNamespace): string {
  const { rows } = sentences.cliDps;
  const { subscriptionId, resourceGroup } = scopeOf(id);
  const listed = (names: string[]) => names.join(', ') || sentences.cliDps.none;
  const tagged = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  return columns([
    [rows.name, name],
    [rows.subscription, subscriptionId],
    [rows.resourceGroup, resourceGroup],
    [rows.location, location],
    [sentences.cliRegistry.linkedServices, listed(linkedNames(properties.provisioning))],
    [rows.linkedHubs, listed(linkedNames(properties.messaging))],
    ...(tagged.length === 0 ? [] : [[rows.tags, tagged.join(', ')] as [string, string]]),
  ]).join('\n');
}
