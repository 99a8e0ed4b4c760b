/** What paths of Azure Device Registry name, and what its resources have in common. */
import * as z from 'zod';
import type { HttpRequest } from '../../../wire/http/request.js';
import { type PolicyReference, pathOf, type RegistryNamespace } from '../../registry/device-registry.js';
import { AuthorityProblem } from '../../registry/registry-authority.js';
import { ArmError } from '../arm-error.js';
import { abridge, findResourceGroup, type Subscription } from '../scope.js';

export const tags = z
  .record(z.string(), z.string())
  .nullish()
  .transform((given) => given ?? {});

/** The certificate that an external CA issued, PEM, with those above it. */
export const activationBody = z.object({ certificateChain: z.string().min(1) });

/** @throws ArmError subscriptionNotFound, resourceGroupNotFound */
export function findNamespace(
  { parameters }: HttpRequest,
  subscription: Subscription,
): RegistryNamespace | undefined {
  const { name: resourceGroup } = findResourceGroup(parameters, subscription);
  const path = pathOf({ resourceGroup, name: parameters.namespaceName! });
  return subscription.registry.resources.get<RegistryNamespace>(path);
}

/** @throws ArmError also parentNotFound: for what is in a namespace */
export function requireNamespace(request: HttpRequest, subscription: Subscription): RegistryNamespace {
  const namespace = findNamespace(request, subscription);
  if (namespace) return namespace;
  throw parentNotFound(`namespaces/${request.parameters.namespaceName}`);
}

/**
 * To be called after something that took time.
 *
 * @throws ArmError parentNotFound when the namespace was deleted meanwhile
 */
export function assertStillThere(namespace: RegistryNamespace, { registry }: Subscription): void {
  const found = registry.resources.get<RegistryNamespace>(pathOf(namespace));
  if (found?.uuid !== namespace.uuid) throw parentNotFound(`namespaces/${namespace.name}`);
}

export function resourceNotFound(what: string): ArmError {
  return new ArmError(
    'resourceNotFound',
    `The Resource 'Microsoft.DeviceRegistry/${abridge(what)}' was not found.`,
  );
}

export function parentNotFound(what: string): ArmError {
  return new ArmError(
    'parentNotFound',
    `Failed to perform 'write' on resource, because the parent resource 'Microsoft.DeviceRegistry/${abridge(what)}' could not be found.`,
  );
}

export function invalidResource(message: string): ArmError {
  return new ArmError('invalidResource', message);
}

export function inUse(message: string): ArmError {
  return new ArmError('resourceInUse', message);
}

/** @throws ArmError invalidResource */
export async function readBody<Value>(request: HttpRequest, schema: z.ZodType<Value>): Promise<Value> {
  const parsed = schema.safeParse(await request.json());
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw invalidResource(
    `The resource is not valid at ${issue.path.join('.') || 'its top'}: ${issue.message}.`,
  );
}

/** @throws ArmError invalidResource in place of an AuthorityProblem */
export async function withArmError<Value>(act: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof AuthorityProblem) throw invalidResource(error.message);
    throw error;
  }
}

export function namespaceId(
  { resourceGroup, name }: RegistryNamespace,
  { subscriptionId }: Pick<Subscription, 'subscriptionId'>,
): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.DeviceRegistry/namespaces/${name}`;
}

/** The namespace of a resource ID. */
export function namespaceById(id: string, subscription: Subscription): RegistryNamespace | undefined {
  return subscription.registry.resources
    .namespaces<RegistryNamespace>()
    .find((one) => namespaceId(one, subscription).toLowerCase() === id.toLowerCase());
}

/** The last name of a resource's ID, if the rest of it is this one. */
export function nameIn(resourceId: string, parentId: string, kind: string): string | undefined {
  const prefix = `${parentId}/${kind}/`.toLowerCase();
  return resourceId.toLowerCase().startsWith(prefix) ? resourceId.slice(prefix.length) : undefined;
}

const pageSize = 1000;

/** @throws ArmError resourceInUse when an enrollment of the service that is linked to the namespace needs the policy */
export function assertNoEnrollment(
  namespace: RegistryNamespace,
  { registry, services }: Subscription,
  needs: (reference: PolicyReference) => boolean,
): void {
  for (const service of services.list()) {
    if (registry.namespaceOf(service)?.uuid !== namespace.uuid) continue;
    const { groups, individuals } = service;
    for (const [kind, store, idOf] of [
      ['enrollment group', groups, (one: { enrollmentGroupId?: string }) => one.enrollmentGroupId],
      ['individual enrollment', individuals, (one: { registrationId?: string }) => one.registrationId],
    ] as const) {
      for (let after = -1, rows = store.page(after, pageSize); rows.length > 0; ) {
        for (const { stored } of rows) {
          if (needs(stored)) throw inUse(`The policy is in use by the ${kind} '${idOf(stored)}'.`);
        }
        after = rows.at(-1)!.position;
        rows = store.page(after, pageSize);
      }
    }
  }
}
