/**
 * Namespaces of Azure Device Registry as ARM resources. From {@link firstNamespaceLinkApiVersion} on, their endpoints link a
 * provisioning service and its hubs to them. Changes are done when their request is answered.
 *
 * Source: azure-rest-api-specs, deviceregistry, namespaces.tsp; that the service comes first, and how many hubs there are:
 * Azure/azure-iot-cli-extension, azext_iot/adr/providers/link_helpers.py. That what is linked is not deleted is a guess.
 */
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { firstNamespaceLinkApiVersion, namespaceApiVersions } from '../../../../dps/contract/api-versions.js';
import { namespaceNameProblem } from '../../../../dps/contract/ids.js';
import { en } from '../../../../languages/en.js';
import type { HttpRequest } from '../../../wire/http/request.js';
import { pathOf, type RegistryEndpoints, type RegistryNamespace } from '../../registry/device-registry.js';
import { armOperations, assertSubscription, findResourceGroup, type Subscription } from '../scope.js';
import { applyLinks, assertLinks, shownEndpoints } from './registry-links.js';
import {
  findNamespace,
  inUse,
  invalidResource,
  namespaceId,
  readBody,
  resourceNotFound,
  tags,
} from './registry-scope.js';

const callerIdentity = z
  .object({ type: z.enum(['SystemAssigned', 'UserAssigned']), userAssignedIdentity: z.string().nullish() })
  .refine(({ type, userAssignedIdentity }) => type === 'SystemAssigned' || userAssignedIdentity != null, {
    path: ['userAssignedIdentity'],
    message: 'it is required for the type UserAssigned',
  })
  .transform(({ type, userAssignedIdentity }) => ({
    type,
    ...(userAssignedIdentity == null ? {} : { userAssignedIdentity }),
  }));

const endpoint = z.object({
  endpointType: z.string(),
  resourceId: z.string().optional(),
  address: z.string().optional(),
  inboundCallerIdentity: callerIdentity.optional(),
  provisioning: z
    .object({
      availability: z.enum(['Available', 'Disabled']).optional(),
      allocationWeight: z.number().int().min(1).max(1000).optional(),
    })
    .optional(),
});

/** Null removes an endpoint in a PATCH. */
const endpoints = z.object({ endpoints: z.record(z.string(), endpoint.nullable()).nullish() }).nullish();

const identity = z
  .object({ type: z.string(), userAssignedIdentities: z.record(z.string(), z.unknown()).optional() })
  .nullish();

const properties = z
  .object({ messaging: endpoints, provisioning: endpoints, outboundIdentity: callerIdentity.nullish() })
  .nullish();

const namespaceBody = z.object({ location: z.string().min(1), tags, identity, properties });
const patchBody = z.object({ tags: z.record(z.string(), z.string()).nullish(), identity, properties });

export const namespaceOperations = armOperations<Subscription>(
  {
    listNamespaces: {
      handle(request, subscription) {
        const { name } = findResourceGroup(request.parameters, subscription);
        const value = subscription.registry.resources
          .below<RegistryNamespace>([name])
          .map((namespace) => toResource(namespace, request, subscription));
        return { status: 200, body: { value } };
      },
    },
    listNamespacesInSubscription: {
      handle(request, subscription) {
        assertSubscription(request.parameters, subscription);
        const value = subscription.registry.resources
          .namespaces<RegistryNamespace>()
          .map((namespace) => toResource(namespace, request, subscription));
        return { status: 200, body: { value } };
      },
    },
    getNamespace: {
      idParameter: 'namespaceName',
      handle(request, subscription) {
        return { status: 200, body: toResource(require(request, subscription), request, subscription) };
      },
    },
    putNamespace: {
      idParameter: 'namespaceName',
      async handle(request, subscription) {
        const { name: resourceGroup } = findResourceGroup(request.parameters, subscription);
        const name = request.parameters.namespaceName!;
        const problem = namespaceNameProblem(name, en);
        if (problem) throw invalidResource(problem);
        const body = await readBody(request, namespaceBody);
        const before = findNamespace(request, subscription);
        const given = body.properties;
        const messaging = given?.messaging?.endpoints ?? {};
        const provisioning = given?.provisioning?.endpoints ?? {};
        const saved = save(hasLinks(request) && given != null, subscription, {
          resourceGroup,
          name,
          uuid: before?.uuid ?? randomUUID(),
          location: before?.location ?? body.location,
          tags: body.tags,
          ...(body.identity == null ? {} : { identity: body.identity }),
          ...(given?.outboundIdentity == null ? {} : { outboundIdentity: given.outboundIdentity }),
          messaging: changed({}, messaging),
          provisioning: hasLinks(request) ? changed({}, provisioning) : (before?.provisioning ?? {}),
        });
        return { status: before ? 200 : 201, body: toResource(saved, request, subscription) };
      },
    },
    patchNamespace: {
      idParameter: 'namespaceName',
      async handle(request, subscription) {
        const before = require(request, subscription);
        const { properties: given, ...body } = await readBody(request, patchBody);
        const provisioning = hasLinks(request) ? (given?.provisioning?.endpoints ?? {}) : {};
        const saved = save(hasLinks(request) && given != null, subscription, {
          ...before,
          tags: body.tags ?? before.tags,
          ...(body.identity == null ? {} : { identity: body.identity }),
          ...(given?.outboundIdentity == null ? {} : { outboundIdentity: given.outboundIdentity }),
          messaging: changed(before.messaging, given?.messaging?.endpoints ?? {}),
          provisioning: changed(before.provisioning, provisioning),
        });
        return { status: 200, body: toResource(saved, request, subscription) };
      },
    },
    deleteNamespace: {
      idParameter: 'namespaceName',
      handle(request, subscription) {
        const namespace = findNamespace(request, subscription);
        if (namespace === undefined) return { status: 204 };
        const linked = [...Object.keys(namespace.provisioning), ...Object.keys(namespace.messaging)];
        if (linked.length > 0) {
          throw inUse(`The namespace '${namespace.name}' has linked endpoints: ${linked.join(', ')}.`);
        }
        subscription.registry.resources.delete(pathOf(namespace));
        return { status: 204 };
      },
    },
  },
  namespaceApiVersions,
);

function require(request: HttpRequest, subscription: Subscription): RegistryNamespace {
  const namespace = findNamespace(request, subscription);
  if (namespace) return namespace;
  throw resourceNotFound(`namespaces/${request.parameters.namespaceName}`);
}

/** @throws ArmError invalidResource, resourceInUse */
function save(
  writesLinks: boolean,
  subscription: Subscription,
  namespace: RegistryNamespace,
): RegistryNamespace {
  if (writesLinks) assertLinks(namespace, subscription);
  subscription.registry.saveNamespace(namespace);
  if (writesLinks) applyLinks(namespace, subscription);
  return namespace;
}

function hasLinks({ apiVersion }: HttpRequest): boolean {
  return apiVersion >= firstNamespaceLinkApiVersion;
}

/** Each endpoint is replaced as a whole, and removed by null. */
function changed(
  before: RegistryEndpoints,
  given: Record<string, z.infer<typeof endpoint> | null>,
): RegistryEndpoints {
  const merged = { ...before, ...given };
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, RegistryEndpoints[string]] => entry[1] !== null),
  );
}

function toResource(
  namespace: RegistryNamespace,
  request: HttpRequest,
  subscription: Subscription,
): Record<string, unknown> {
  const { name, uuid, location, identity: own, outboundIdentity } = namespace;
  return {
    id: namespaceId(namespace, subscription),
    name,
    type: 'Microsoft.DeviceRegistry/namespaces',
    location,
    tags: namespace.tags,
    ...(own === undefined ? {} : { identity: own }),
    properties: {
      uuid,
      messaging: { endpoints: shownEndpoints(namespace.messaging, subscription, hasLinks(request)) },
      ...(hasLinks(request)
        ? { provisioning: { endpoints: shownEndpoints(namespace.provisioning, subscription, true) } }
        : {}),
      ...(outboundIdentity === undefined || !hasLinks(request) ? {} : { outboundIdentity }),
      provisioningState: 'Succeeded',
    },
  };
}
