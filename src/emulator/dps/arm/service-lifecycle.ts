/**
 * Provisioning services as ARM resources: created, changed, listed and deleted. Each request is done when it is answered;
 * the reply names an asynchronous operation all the same, which clients poll and find finished.
 *
 * Source: azure-rest-api-specs, deviceprovisioningservices resource-manager 2022-02-05; Azure Resource Manager, "Track
 * asynchronous Azure operations".
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { serviceNameProblem } from '../../../dps/contract/ids.js';
import { routePath, routes } from '../../../dps/contract/routes.js';
import type { HttpRequest } from '../../wire/http/request.js';
import type { ProvisioningService } from '../provisioning-service.js';
import type { ServiceDirectory } from '../service-directory.js';
import { ArmError, badRequest } from './arm-error.js';
import {
  abridge,
  armOperations,
  assertIfMatch,
  assertSubscription,
  findResourceGroup,
  findService,
  requireService,
  type Subscription,
  sameName,
} from './scope.js';
import { toServiceResource } from './service-operations.js';
import { readService } from './service-request.js';

export const serviceLifecycle = armOperations<Subscription>({
  listServices: {
    handle({ parameters }, subscription) {
      const group = findResourceGroup(parameters, subscription);
      const services = subscription.services
        .list()
        .filter(({ identity }) => sameName(identity.resourceGroup, group.name));
      return { status: 200, body: { value: services.map((service) => toResource(service, subscription)) } };
    },
  },
  listServicesInSubscription: {
    handle({ parameters }, subscription) {
      assertSubscription(parameters, subscription);
      const value = subscription.services.list().map((service) => toResource(service, subscription));
      return { status: 200, body: { value } };
    },
  },
  putService: {
    idParameter: 'dpsName',
    async handle(request, subscription) {
      const { services, hubs } = subscription;
      const body = await request.json();
      const name = request.parameters.dpsName!;
      const group = findResourceGroup(request.parameters, subscription);
      const before = findService(request.parameters, subscription);
      const { settings, links, policies } = readService(body, before?.hubs.list() ?? [], hubs);
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
      const service = before ?? (await services.create(name, group.name));
      service.change(settings);
      if (links) service.hubs.replace(links);
      if (policies) service.replacePolicies(policies);
      return {
        status: before ? 200 : 201,
        body: toResource(service, subscription),
        headers: trackingHeaders(request, subscription),
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
        body: toResource(service, subscription),
        headers: trackingHeaders(request, subscription),
      };
    },
  },
  deleteService: {
    idParameter: 'dpsName',
    handle(request, subscription) {
      const service = findService(request.parameters, subscription);
      if (!service) return { status: 204 };
      subscription.services.delete(service);
      return { status: 202, headers: trackingHeaders(request, subscription) };
    },
  },
  getOperationResult: {
    idParameter: 'dpsName',
    handle({ parameters }, subscription) {
      assertSubscription(parameters, subscription);
      const operationId = parameters.operationId!;
      if (!subscription.finishedOperations.get(operationId)) {
        throw new ArmError('notFound', `There is no operation '${abridge(operationId)}'.`);
      }
      return { status: 200, body: { name: operationId, status: 'Succeeded' } };
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

function toResource(service: ProvisioningService, { services }: Subscription): Record<string, unknown> {
  return toServiceResource(service, services.deviceHostName);
}

/** @throws ArmError badRequest, conflict, quotaExceeded when no service of this name can be created */
function assertCreatable(name: string, { services, subscriptionId }: Subscription): void {
  const problem = serviceNameProblem(name);
  if (problem) throw badRequest(problem);
  if (services.get(name)) throw new ArmError('conflict', `The name '${name}' is taken.`);
  const { length: count } = services.list();
  if (count < services.most('services')) return;
  throw new ArmError(
    'quotaExceeded',
    `Max number of provisioning services exceeded, Max Allowed = ${services.most('services')}, Current = ${count} in the subscription Id: ${subscriptionId}.`,
  );
}

/** The headers by which clients follow an operation; without a Location, they then read the resource itself. */
function trackingHeaders(
  { parameters, apiVersion }: HttpRequest,
  { services, finishedOperations }: Subscription,
): Record<string, string> {
  const operationId = randomUUID();
  finishedOperations.set(operationId, true);
  const path = routePath(routes.arm.getOperationResult, { ...parameters, operationId });
  const url = `https://${services.deviceHostName}${path}?api-version=${apiVersion}`;
  return { 'azure-asyncoperation': `${url}&asyncinfo=true`, 'retry-after': '0' };
}

/** `West Europe` is `westeurope`. */
function sameLocation(a: string, b: string): boolean {
  return sameName(a.replaceAll(' ', ''), b.replaceAll(' ', ''));
}

function availability(name: string, services: ServiceDirectory): Record<string, unknown> {
  const problem = serviceNameProblem(name);
  if (problem) return { nameAvailable: false, reason: 'Invalid', message: problem };
  if (services.get(name)) {
    return { nameAvailable: false, reason: 'AlreadyExists', message: `The name '${name}' is taken.` };
  }
  return { nameAvailable: true, reason: null, message: null };
}
