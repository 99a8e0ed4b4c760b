/** The addresses that a dry run shows, from the same routes that the clients fill in. */
import { apiVersions, type Plane } from '../dps/contract/api-versions.js';
import { type Route, routePath } from '../dps/contract/routes.js';
import type { Plan } from './plan/fields.js';
import type { Preview } from './result.js';

type RequestPreview = Preview['steps'][number]['requests'][number];

/** What is not known before a run stands in braces. */
export function previewRequest(
  plan: Plan,
  plane: Plane,
  route: Route,
  parameters: Record<string, string> = {},
): RequestPreview {
  const { target } = plan;
  const azure = target.kind === 'azure' ? target : undefined;
  const host = {
    arm: azure ? 'management.azure.com' : 'localhost:{port}',
    service: azure ? `${azure.dpsName}.azure-devices-provisioning.net` : 'localhost:{port}',
    device: azure ? 'global.azure-devices-provisioning.net' : 'localhost:{port}',
    hub: '{assigned hub}',
  }[plane];
  const path = routePath(route, {
    subscriptionId: azure?.subscriptionId ?? '{subscriptionId}',
    resourceGroup: azure?.resourceGroup ?? '{resourceGroup}',
    dpsName: azure?.dpsName ?? '{dpsName}',
    idScope: azure?.idScope ?? '{idScope}',
    operationId: '{operationId}',
    ...parameters,
  }).replace(/%7B(\w+)%7D/g, '{$1}');
  return { method: route.method, url: `https://${host}${path}?api-version=${apiVersions[plane][0]}` };
}
