/**
 * Provisioning services as ARM resources: made, changed, listed and deleted. Each of these is done when it is answered;
 * the answer names an operation all the same, which clients poll and find done.
 *
 * Source: azure-rest-api-specs, deviceprovisioningservices resource-manager 2022-02-05; Azure Resource Manager, "Track
 * asynchronous Azure operations".
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { serviceNameProblem } from '../../../dps/contract/ids.js';
import { routePath, routes } from '../../../dps/contract/routes.js';
import type { HubDirectory } from '../../hub/hub-directory.js';
import { etagMatches } from '../../state/etag.js';
import type { Operation, OperationRequest } from '../../wire/http/operation.js';
import type { ProvisioningService } from '../provisioning-service.js';
import type { ServiceDirectory } from '../service-directory.js';
import { ArmError } from './arm-error.js';
import { abridge, assertSubscription, findResourceGroup, type ScopeOptions, same } from './scope.js';
import { describeService } from './service.js';
import { readService } from './service-request.js';

export interface ServicesOptions extends ScopeOptions {
  services: ServiceDirectory;
  hubs: HubDirectory;
  deviceHostName: () => string;
}

/** Operations that can still be polled; they are over when they are answered. */
const keptOperations = 1000;

export function servicesOperations(options: ServicesOptions): Operation[] {
  const { services, hubs, deviceHostName } = options;
  const done = new Set<string>();
  const subject = 'dpsName';
  const describe = (service: ProvisioningService) => describeService({ service, deviceHostName });

  /** The headers by which clients follow what they asked for; without a Location, they then read the resource itself. */
  function tracked({ parameters, apiVersion }: OperationRequest): Record<string, string> {
    const operationId = randomUUID();
    done.add(operationId);
    if (done.size > keptOperations) done.delete(done.values().next().value!);
    const path = routePath(routes.arm.getOperationResult, { ...parameters, operationId });
    const url = `https://${deviceHostName()}${path}?api-version=${apiVersion}`;
    return { 'azure-asyncoperation': `${url}&asyncinfo=true`, 'retry-after': '0' };
  }

  /** The service of the path, when there is one. */
  function find({ parameters }: OperationRequest): ProvisioningService | undefined {
    const group = findResourceGroup(parameters, options);
    const service = services.get(parameters.dpsName!);
    return service && same(service.identity.resourceGroup, group.name) ? service : undefined;
  }

  function assertIfMatch(request: OperationRequest, service: ProvisioningService | undefined): void {
    const ifMatch = request.header('if-match');
    if (ifMatch === undefined || (service && etagMatches(ifMatch, service.etag))) return;
    throw new ArmError('preconditionFailed', 'Invalid ETag supplied');
  }

  return [
    {
      name: 'listServices',
      route: routes.arm.listServices,
      handle({ parameters }) {
        const group = findResourceGroup(parameters, options);
        const own = services.list().filter(({ identity }) => same(identity.resourceGroup, group.name));
        return { status: 200, body: { value: own.map(describe) } };
      },
    },
    {
      name: 'listServicesInSubscription',
      route: routes.arm.listServicesInSubscription,
      handle({ parameters }) {
        assertSubscription(parameters, options);
        return { status: 200, body: { value: services.list().map(describe) } };
      },
    },
    {
      name: 'putService',
      route: routes.arm.putService,
      subject,
      async handle(request) {
        const name = request.parameters.dpsName!;
        const group = findResourceGroup(request.parameters, options);
        const before = find(request);
        const { settings, links, policies } = readService(request.body, before?.hubs.list() ?? [], hubs);
        assertIfMatch(request, before);
        if (!before) {
          const problem = serviceNameProblem(name);
          if (problem) throw new ArmError('badRequest', problem);
          if (services.get(name)) throw new ArmError('conflict', `The name '${name}' is taken.`);
          const { length: count } = services.list();
          if (count >= services.most('services')) {
            throw new ArmError(
              'quotaExceeded',
              `Max number of provisioning services exceeded, Max Allowed = ${services.most('services')}, Current = ${count} in the subscription Id: ${options.subscriptionId}.`,
            );
          }
        } else if (!sameLocation(before.settings.location, settings.location)) {
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
        return { status: before ? 200 : 201, body: describe(service), headers: tracked(request) };
      },
    },
    {
      name: 'patchService',
      route: routes.arm.patchService,
      subject,
      handle(request) {
        const service = find(request);
        if (!service) throw notFound(request);
        const parsed = z
          .object({ tags: z.record(z.string(), z.string()).nullish() })
          .safeParse(request.body ?? {});
        if (!parsed.success) throw new ArmError('badRequest', 'The field tags must be an object of strings.');
        const { tags } = parsed.data;
        if (tags) service.change({ ...service.settings, tags });
        return { status: 200, body: describe(service), headers: tracked(request) };
      },
    },
    {
      name: 'deleteService',
      route: routes.arm.deleteService,
      subject,
      handle(request) {
        const service = find(request);
        if (!service) return { status: 204 };
        services.delete(service);
        return { status: 202, headers: tracked(request) };
      },
    },
    {
      name: 'getOperationResult',
      route: routes.arm.getOperationResult,
      subject,
      handle(request) {
        assertSubscription(request.parameters, options);
        const operationId = request.parameters.operationId!;
        if (!done.has(operationId)) {
          throw new ArmError('notFound', `There is no operation '${abridge(operationId)}'.`);
        }
        return { status: 200, body: { name: operationId, status: 'Succeeded' } };
      },
    },
    {
      name: 'listSkus',
      route: routes.arm.listSkus,
      subject,
      handle(request) {
        if (!find(request)) throw notFound(request);
        return { status: 200, body: { value: [{ name: 'S1' }] } };
      },
    },
    {
      name: 'checkNameAvailability',
      route: routes.arm.checkNameAvailability,
      handle({ parameters, body }) {
        assertSubscription(parameters, options);
        const parsed = z.object({ name: z.string() }).safeParse(body);
        if (!parsed.success) throw new ArmError('badRequest', 'The body must have the field name, a string.');
        return { status: 200, body: availability(parsed.data.name, services) };
      },
    },
  ];

  function notFound({ parameters }: OperationRequest): ArmError {
    return new ArmError(
      'notFound',
      `The provisioning service '${abridge(parameters.dpsName!)}' could not be found.`,
    );
  }
}

/** `West Europe` is `westeurope`. */
function sameLocation(a: string, b: string): boolean {
  return same(a.replaceAll(' ', ''), b.replaceAll(' ', ''));
}

function availability(name: string, services: ServiceDirectory) {
  const problem = serviceNameProblem(name);
  if (problem) return { nameAvailable: false, reason: 'Invalid', message: problem };
  if (services.get(name)) {
    return { nameAvailable: false, reason: 'AlreadyExists', message: `The name '${name}' is taken.` };
  }
  return { nameAvailable: true, reason: null, message: null };
}
