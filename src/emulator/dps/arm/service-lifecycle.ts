/**
 * Provisioning services as ARM resources: created, changed, listed and deleted. Creating, replacing and deleting one takes
 * time: the reply names an asynchronous operation, which clients poll. Changing tags does not.
 *
 * Source: azure-rest-api-specs, deviceprovisioningservices resource-manager 2022-02-05; Azure Resource Manager, "Track
 * asynchronous Azure operations"; recordings of Azure/azure-cli, Azure/azure-powershell and Azure/azure-sdk-for-net.
 */

import * as z from 'zod';
import { serviceNameProblem } from '../../../dps/contract/ids.js';
import { routes } from '../../../dps/contract/routes.js';
import { en } from '../../../languages/en.js';
import type { Policy } from '../../state/identity.js';
import type { ProvisioningService } from '../provisioning-service.js';
import type { ServiceDirectory } from '../service-directory.js';
import { ArmError, badRequest } from './arm-error.js';
import { type PendingState, serviceKey } from './pending-changes.js';
import {
  assertRegistryLink,
  canWriteRegistryLink,
  deleteService,
  linkService,
} from './registry/service-link.js';
import {
  abridge,
  armOperations,
  assertIfMatch,
  assertSubscription,
  findResourceGroup,
  findService,
  requireService,
  type Subscription,
  sameLocation,
  sameName,
} from './scope.js';
import { toKeyRule, toServiceResource } from './service-operations.js';
import { readService } from './service-request.js';
import { acceptedReply, answerOperation, trackingHeaders } from './tracked-operation.js';

export const serviceLifecycle = armOperations<Subscription>({
  listServices: {
    handle({ parameters, apiVersion }, subscription) {
      const group = findResourceGroup(parameters, subscription);
      const services = subscription.services
        .list()
        .filter(({ identity }) => sameName(identity.resourceGroup, group.name));
      return {
        status: 200,
        body: { value: services.map((service) => toServiceResource(service, subscription, apiVersion)) },
      };
    },
  },
  listServicesInSubscription: {
    handle({ parameters, apiVersion }, subscription) {
      assertSubscription(parameters, subscription);
      const value = subscription.services
        .list()
        .map((service) => toServiceResource(service, subscription, apiVersion));
      return { status: 200, body: { value } };
    },
  },
  putService: {
    idParameter: 'dpsName',
    async handle(request, subscription) {
      const { services, hubs } = subscription;
      const { apiVersion } = request;
      const body = await request.json();
      const name = request.parameters.dpsName!;
      const group = findResourceGroup(request.parameters, subscription);
      const before = findService(request.parameters, subscription);
      const writesLink = canWriteRegistryLink(apiVersion);
      const linked = before?.hubs.list() ?? [];
      const { settings, links, policies, registryLink } = readService(body, writesLink, linked, hubs);
      assertIfMatch(request, before?.etag);
      if (!before) assertCreatable(name, subscription);
      else if (!sameLocation(before.settings.location, settings.location)) {
        throw new ArmError(
          'invalidLocation',
          `The provisioning service is in '${before.settings.location}' and cannot move to '${abridge(settings.location)}'.`,
        );
      }
      if (links && links.length > services.most('linkedHubs')) {
        throw new ArmError(
          'quotaExceeded',
          `Max number of linked IoT hubs exceeded, Max Allowed = ${services.most('linkedHubs')}.`,
        );
      }
      if (writesLink) assertRegistryLink(registryLink, before, subscription);
      const service = before ?? (await services.create(name, group.name));
      if (writesLink) linkService(registryLink, service, subscription);
      service.change(settings);
      if (links) service.hubs.replace(links);
      if (policies) service.replacePolicies(policies);
      const operationId = subscription.pending.begin(
        serviceKey(service),
        before ? 'Transitioning' : 'Activating',
      );
      return {
        // Also for a service that was there before.
        status: 201,
        body: toPendingResource(service, subscription, { isNew: !before, body, policies, apiVersion }),
        headers: trackingHeaders(request, subscription, routes.arm.getOperationResult, operationId),
      };
    },
  },
  patchService: {
    idParameter: 'dpsName',
    async handle(request, subscription) {
      const service = requireService(request.parameters, subscription);
      const parsed = z
        .object({ tags: z.record(z.string(), z.string()).nullish() })
        .safeParse((await request.json()) ?? {});
      if (!parsed.success) throw badRequest('The field tags must be an object of strings.');
      const { tags } = parsed.data;
      if (tags) service.change({ ...service.settings, tags });
      return {
        status: 200,
        body: { ...toServiceResource(service, subscription, request.apiVersion), etag: '' },
      };
    },
  },
  deleteService: {
    idParameter: 'dpsName',
    async handle(request, subscription) {
      const service = findService(request.parameters, subscription);
      if (!service) return { status: 204 };
      await deleteService(service, subscription);
      const operationId = subscription.pending.beginDeletion(serviceKey(service));
      return acceptedReply(request, subscription, routes.arm.getOperationResult, operationId);
    },
  },
  getOperationResult: {
    idParameter: 'dpsName',
    handle(request, subscription) {
      return answerOperation(request, subscription);
    },
  },
  listSkus: {
    idParameter: 'dpsName',
    handle({ parameters }, subscription) {
      requireService(parameters, subscription);
      return { status: 200, body: { value: [{ name: 'S1' }] } };
    },
  },
  checkNameAvailability: {
    async handle(request, subscription) {
      assertSubscription(request.parameters, subscription);
      const parsed = z.object({ name: z.string() }).safeParse(await request.json());
      if (!parsed.success) throw badRequest('The body must have the field name, a string.');
      return { status: 200, body: availability(parsed.data.name, subscription.services) };
    },
  },
});

interface PendingReply {
  isNew: boolean;
  /** The body of the request. */
  body: unknown;
  /** The policies that the request has; undefined when it has none. */
  policies: readonly Policy[] | undefined;
  apiVersion: string;
}

/** A service as the reply to `PUT` shows it, while it is being made or changed. */
function toPendingResource(
  service: ProvisioningService,
  subscription: Subscription,
  { isNew, body, policies, apiVersion }: PendingReply,
): Record<string, unknown> {
  const state: PendingState = isNew ? 'Activating' : 'Transitioning';
  const { etag: _, properties, ...resource } = toServiceResource(service, subscription, apiVersion);
  const { iotHubs, serviceOperationsHostName: __, deviceProvisioningHostName: ___, ...rest } = properties;
  const { etag } = z.object({ etag: z.string().nullish().catch(undefined) }).parse(body);
  return {
    // Of the version before, as the client sent it.
    ...(isNew || etag == null ? {} : { etag }),
    ...resource,
    properties: {
      ...rest,
      state,
      provisioningState: 'Accepted',
      ...(isNew ? {} : { iotHubs }),
      idScope: null,
      ...(policies === undefined ? {} : { authorizationPolicies: policies.map(toKeyRule) }),
    },
  };
}

/** As recorded by Azure/azure-powershell. */
const nameRule =
  "Provisioning Service name can contain only alphanumeric and hyphen and must start/end with alphanumeric. Should be 3 to 50 chars long. Name 'global' not allowed.";

/** @throws ArmError illegalName, nameTaken, quotaExceeded when no service of this name can be created */
function assertCreatable(name: string, { services, subscriptionId }: Subscription): void {
  const problem = serviceNameProblem(name, en);
  if (problem) throw new ArmError('illegalName', nameRule);
  if (services.get(name)) {
    throw new ArmError('nameTaken', `Provisioning Service name '${name}' not available.`);
  }
  const { length: count } = services.list();
  if (count < services.most('services')) return;
  throw new ArmError(
    'quotaExceeded',
    `Max number of provisioning services exceeded, Max Allowed = ${services.most('services')}, Current = ${count} in the subscription Id: ${subscriptionId}.`,
  );
}

function availability(name: string, services: ServiceDirectory): Record<string, unknown> {
  const problem = serviceNameProblem(name, en);
  if (problem) return { nameAvailable: false, reason: 'Invalid', message: problem };
  if (services.get(name)) {
    return { nameAvailable: false, reason: 'AlreadyExists', message: `The name '${name}' is taken.` };
  }
  // The reason of a free name is "Invalid", too (recorded by Azure/azure-cli).
  return { nameAvailable: true, reason: 'Invalid', message: null };
}
