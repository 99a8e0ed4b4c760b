/**
 * Hubs as ARM resources: created, changed and deleted, which takes time. The emulator has no SKUs, routes or other settings
 * of hubs: it stores SKU, location and tags, and refuses the rest.
 *
 * Source: azure-rest-api-specs, iothub resource-manager 2021-07-02; Azure Resource Manager, "Track asynchronous Azure
 * operations".
 */

import * as z from 'zod';
import { iotHubApiVersions } from '../../../dps/contract/api-versions.js';
import { hubNameProblem } from '../../../dps/contract/ids.js';
import { routes } from '../../../dps/contract/routes.js';
import { en } from '../../../languages/en.js';
import type { HubSettings } from '../../hub/hub-directory.js';
import { maxLoopbackNumber } from '../../wire/network/loopback.js';
import { ArmError, badRequest } from './arm-error.js';
import { toHubResource } from './hub-resource.js';
import { hubKey } from './pending-changes.js';
import { canWriteHubLink, deleteHub, linkHub, readHubLink } from './registry/hub-link.js';
import {
  abridge,
  armOperations,
  findHub,
  findResourceGroup,
  requireHub,
  type Subscription,
  sameLocation,
} from './scope.js';
import { managedIdentity } from './service-request.js';
import { acceptedReply, answerOperation, trackingHeaders } from './tracked-operation.js';

const tags = z.record(z.string(), z.string());

const hubBody = z.object({
  location: z.string().min(1),
  tags: tags.nullish(),
  identity: managedIdentity,
  sku: z.object({
    name: z.string().regex(/^(F1|B[123]|S[123])$/i, 'it must be one of F1, B1, B2, B3, S1, S2 and S3'),
    capacity: z.number().int().min(1).nullish(),
  }),
  properties: z
    .object({
      routing: z
        .object({ fallbackRoute: z.object({ isEnabled: z.boolean().nullish() }).nullish() })
        .nullish(),
      deviceRegistry: z.unknown().optional(),
    })
    .nullish(),
});

export const hubLifecycle = armOperations<Subscription>(
  {
    putIotHub: {
      idParameter: 'hubName',
      async handle(request, subscription) {
        const { hubs, pending } = subscription;
        const { parameters, apiVersion } = request;
        const group = findResourceGroup(parameters, subscription);
        const before = findHub(parameters, subscription);
        const parsed = hubBody.safeParse(await request.json());
        if (!parsed.success) {
          const issue = parsed.error.issues[0]!;
          throw badRequest(
            `The IoT hub is not valid at ${issue.path.join('.') || 'its top'}: ${issue.message}.`,
          );
        }
        const { location, identity, sku, properties } = parsed.data;
        const settings: HubSettings = {
          resourceGroup: group.name,
          location: before?.settings.location ?? location,
          tags: parsed.data.tags ?? {},
          sku: { name: sku.name.toUpperCase(), capacity: sku.capacity ?? 1 },
          ...(identity === undefined ? {} : { managedIdentity: identity }),
        };
        if (!before) assertCreatable(parameters.hubName!, subscription);
        else if (!sameLocation(before.settings.location, location)) {
          throw new ArmError(
            'invalidLocation',
            `The IoT hub is in '${before.settings.location}' and cannot move to '${abridge(location)}'.`,
          );
        }
        const link = readHubLink(properties?.deviceRegistry, apiVersion, subscription);
        const hub = before ? hubs.change(before, settings) : await hubs.create(parameters.hubName!, settings);
        if (canWriteHubLink(apiVersion)) linkHub(hub, link, subscription);
        const operationId = pending.begin(hubKey(hub), before ? 'Transitioning' : 'Activating');
        return {
          status: 201,
          body: toHubResource(hub, subscription, apiVersion, hasFallbackRoute(properties?.routing)),
          headers: trackingHeaders(request, subscription, routes.arm.getIotHubOperationResult, operationId),
        };
      },
    },
    patchIotHub: {
      idParameter: 'hubName',
      async handle(request, subscription) {
        const hub = requireHub(request.parameters, subscription);
        const parsed = z.object({ tags: tags.nullish() }).safeParse((await request.json()) ?? {});
        if (!parsed.success) throw badRequest('The field tags must be an object of strings.');
        const changed = parsed.data.tags
          ? subscription.hubs.change(hub, { ...hub.settings, tags: parsed.data.tags })
          : hub;
        return { status: 200, body: toHubResource(changed, subscription, request.apiVersion) };
      },
    },
    deleteIotHub: {
      idParameter: 'hubName',
      async handle(request, subscription) {
        const hub = findHub(request.parameters, subscription);
        if (!hub) return { status: 204 };
        await deleteHub(hub, subscription);
        const operationId = subscription.pending.beginDeletion(hubKey(hub));
        return acceptedReply(request, subscription, routes.arm.getIotHubOperationResult, operationId);
      },
    },
    getIotHubOperationResult: { idParameter: 'hubName', handle: answerOperation },
  },
  iotHubApiVersions,
);

/** A routing that was sent without a fallback route has a disabled one, as in Azure. */
function hasFallbackRoute(
  routing:
    | { fallbackRoute?: { isEnabled?: boolean | null | undefined } | null | undefined }
    | null
    | undefined,
): boolean {
  return routing == null || routing.fallbackRoute?.isEnabled === true;
}

/** @throws ArmError illegalName, nameTaken, quotaExceeded */
function assertCreatable(name: string, { hubs, subscriptionId }: Subscription): void {
  const problem = hubNameProblem(name, en);
  if (problem) throw new ArmError('illegalName', problem);
  if (hubs.get(name.toLowerCase()))
    throw new ArmError('nameTaken', `IotHub name '${name}' is not available.`);
  const { length } = hubs.list();
  if (length < maxLoopbackNumber) return;
  throw new ArmError(
    'quotaExceeded',
    `Max number of IotHubs exceeded, Max Allowed = ${maxLoopbackNumber}, Current = ${length} in the subscription Id: ${subscriptionId}.`,
  );
}
