/**
 * The credential of a namespace, a root CA, and the policies in it, each with a CA: what came before certificate authorities
 * and certificate policies, and is in no later api-version. Actions are answered with an operation that is done at once.
 *
 * Source: azure-rest-api-specs, deviceregistry 2025-11-01-preview and 2026-03-01-preview, ns_credential.tsp and ns_policy.tsp.
 */
import * as z from 'zod';
import {
  credentialApiVersions,
  firstBringYourOwnRootApiVersion,
} from '../../../../dps/contract/api-versions.js';
import { registryNameProblem } from '../../../../dps/contract/ids.js';
import { routes } from '../../../../dps/contract/routes.js';
import { en } from '../../../../languages/en.js';
import type { HttpReply, OperationHandler } from '../../../wire/http/operation.js';
import { HttpRefusal } from '../../../wire/http/refusal.js';
import type { HttpRequest } from '../../../wire/http/request.js';
import { defaultValidityDays } from '../../registration/policy-issuer.js';
import {
  type CredentialPolicy,
  credentialName,
  credentialPath,
  credentialPolicyPath,
  type RegistryNamespace,
} from '../../registry/device-registry.js';
import {
  activated,
  activationStatus,
  createExternalAuthority,
  createRegistryAuthority,
  type RegistryAuthority,
} from '../../registry/registry-authority.js';
import { armOperations, type Subscription, sameName } from '../scope.js';
import { acceptedReply, answerOperation } from '../tracked-operation.js';
import { certificateMembers, thumbprintOf } from './authority-operations.js';
import {
  activationBody,
  assertNoEnrollment,
  assertStillThere,
  inUse,
  invalidResource,
  namespaceId,
  parentNotFound,
  readBody,
  requireNamespace,
  resourceNotFound,
  tags,
  withArmError,
} from './registry-scope.js';
import { revokeIssuedBy } from './revocation.js';

const credentialBody = z.object({ location: z.string().nullish(), tags });

const leaf = z.object({ validityPeriodInDays: z.number().int().min(7).max(90) });
const policyBody = z.object({
  location: z.string().nullish(),
  tags: z.record(z.string(), z.string()).nullish(),
  properties: z
    .object({
      certificate: z
        .object({
          certificateAuthorityConfiguration: z
            .object({
              keyType: z.literal('ECC').nullish(),
              bringYourOwnRoot: z.object({ enabled: z.boolean().nullish() }).nullish(),
            })
            .nullish(),
          leafCertificateConfiguration: leaf.nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

const handlers: Record<string, OperationHandler<Subscription>> = {
  listCredentials: {
    idParameter: 'namespaceName',
    handle(request, subscription) {
      const namespace = requireNamespace(request, subscription);
      const stored = subscription.registry.resources.get<RegistryAuthority>(credentialPath(namespace));
      return { status: 200, body: { value: stored ? [toCredential(stored, namespace, subscription)] : [] } };
    },
  },
  getCredential: {
    idParameter: 'credentialName',
    handle(request, subscription) {
      const { namespace, credential } = requireCredential(request, subscription);
      return { status: 200, body: toCredential(credential, namespace, subscription) };
    },
  },
  putCredential: {
    idParameter: 'credentialName',
    async handle(request, subscription) {
      const { resources } = subscription.registry;
      const namespace = requireNamespace(request, subscription);
      assertDefault(request);
      const body = await readBody(request, credentialBody);
      const before = resources.get<RegistryAuthority>(credentialPath(namespace));
      const description = {
        name: credentialName,
        location: body.location ?? namespace.location,
        tags: body.tags,
      };
      const saved = before
        ? { ...before, tags: body.tags }
        : await createRegistryAuthority(description, subscription.now());
      assertStillThere(namespace, subscription);
      resources.save(credentialPath(namespace), saved);
      return { status: before ? 200 : 201, body: toCredential(saved, namespace, subscription) };
    },
  },
  deleteCredential: {
    idParameter: 'credentialName',
    handle(request, subscription) {
      const { resources } = subscription.registry;
      const namespace = requireNamespace(request, subscription);
      assertDefault(request);
      const [policy] = resources.below<CredentialPolicy>([...credentialPath(namespace), 'policies']);
      if (policy) throw inUse(`The credential has the policy '${policy.name}'.`);
      resources.delete(credentialPath(namespace));
      return { status: 204 };
    },
  },
  synchronizeCredential: {
    idParameter: 'credentialName',
    // The hubs know the CAs already.
    handle(request, subscription) {
      const { namespace } = requireCredential(request, subscription);
      return accepted(request, namespace, subscription);
    },
  },
  listCredentialPolicies: {
    idParameter: 'namespaceName',
    handle(request, subscription) {
      const { namespace } = requireCredential(request, subscription);
      const value = subscription.registry.resources
        .below<CredentialPolicy>([...credentialPath(namespace), 'policies'])
        .map((policy) => toPolicy(policy, namespace, request, subscription));
      return { status: 200, body: { value } };
    },
  },
  getCredentialPolicy: {
    idParameter: 'policyName',
    handle(request, subscription) {
      const { namespace, policy } = requirePolicy(request, subscription);
      return { status: 200, body: toPolicy(policy, namespace, request, subscription) };
    },
  },
  putCredentialPolicy: {
    idParameter: 'policyName',
    async handle(request, subscription) {
      const { resources } = subscription.registry;
      const name = request.parameters.policyName!;
      const problem = registryNameProblem(name, en);
      if (problem) throw invalidResource(problem);
      const body = await readBody(request, policyBody);
      const { namespace, credential } = requireCredential(request, subscription, true);
      const path = credentialPolicyPath(namespace, name);
      const before = resources.get<CredentialPolicy>(path);
      const certificate = body.properties?.certificate;
      const { bringYourOwnRoot } = certificate?.certificateAuthorityConfiguration ?? {};
      const isExternal = bringYourOwnRoot?.enabled === true && hasOwnRoot(request);
      if (before && isExternal !== (before.issuer === 'external')) {
        throw inUse(`The issuer of the policy '${before.name}' cannot be changed.`);
      }
      const description = { name, location: body.location ?? namespace.location, tags: body.tags ?? {} };
      const authority =
        before ??
        (isExternal
          ? await createExternalAuthority(description)
          : await withArmError(() => createRegistryAuthority(description, subscription.now(), credential)));
      assertStillThere(namespace, subscription);
      const { validityPeriodInDays } = certificate?.leafCertificateConfiguration ?? {};
      const validityDays = validityPeriodInDays ?? before?.validityDays ?? defaultValidityDays;
      const saved: CredentialPolicy = { ...authority, tags: description.tags, validityDays };
      resources.save(path, saved);
      return { status: before ? 200 : 201, body: toPolicy(saved, namespace, request, subscription) };
    },
  },
  patchCredentialPolicy: {
    idParameter: 'policyName',
    async handle(request, subscription) {
      const body = await readBody(request, policyBody);
      const { namespace, policy } = requirePolicy(request, subscription);
      const { validityPeriodInDays } = body.properties?.certificate?.leafCertificateConfiguration ?? {};
      const validityDays = validityPeriodInDays ?? policy.validityDays;
      const saved: CredentialPolicy = { ...policy, tags: body.tags ?? policy.tags, validityDays };
      subscription.registry.resources.save(credentialPolicyPath(namespace, policy.name), saved);
      return { status: 200, body: toPolicy(saved, namespace, request, subscription) };
    },
  },
  deleteCredentialPolicy: {
    idParameter: 'policyName',
    handle(request, subscription) {
      const { resources } = subscription.registry;
      const { namespace } = requireCredential(request, subscription);
      const path = credentialPolicyPath(namespace, request.parameters.policyName!);
      const policy = resources.get<CredentialPolicy>(path);
      if (policy === undefined) return { status: 204 };
      assertNoEnrollment(namespace, subscription, ({ credentialPolicyName = '' }) =>
        sameName(credentialPolicyName, policy.name),
      );
      resources.delete(path);
      return { status: 204 };
    },
  },
  revokeCredentialPolicyIssuer: {
    idParameter: 'policyName',
    async handle(request, subscription) {
      const { registry, now } = subscription;
      const { namespace, policy } = requirePolicy(request, subscription);
      const path = credentialPolicyPath(namespace, policy.name);
      if (policy.issuer === 'external') {
        // It waits for another certificate, for another key.
        const { privateKey, request: csr } = await createExternalAuthority(policy);
        registry.resources.save(path, { ...policy, chain: [], privateKey, request: csr });
      } else await withArmError(() => registry.rotate(namespace, path, now()));
      revokeIssuedBy(policy, subscription);
      return accepted(request, namespace, subscription);
    },
  },
  activateBringYourOwnRoot: {
    idParameter: 'policyName',
    async handle(request, subscription) {
      const { certificateChain } = await readBody(request, activationBody);
      const { namespace, policy } = requirePolicy(request, subscription);
      if (policy.issuer !== 'external') {
        throw invalidResource('Only a policy with its own root (bringYourOwnRoot) can be activated.');
      }
      const saved = await withArmError(() => activated(policy, certificateChain, subscription.now()));
      subscription.registry.resources.save(credentialPolicyPath(namespace, policy.name), saved);
      return accepted(request, namespace, subscription);
    },
  },
};

export const credentialOperations = armOperations<Subscription>(
  Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [name, { ...handler, handle: inItsVersions(handler) }]),
  ),
  credentialApiVersions,
);

export const registryOperationStatus = armOperations<Subscription>(
  { getRegistryOperationStatus: { handle: answerOperation } },
  credentialApiVersions,
);

/** Later versions than these are known, and are not theirs. */
function inItsVersions({ handle }: OperationHandler<Subscription>): OperationHandler<Subscription>['handle'] {
  return (request, subscription) => {
    if (credentialApiVersions.some((one) => sameName(one, request.apiVersion)))
      return handle(request, subscription);
    throw new HttpRefusal(
      'unknownApiVersion',
      `The api-version ${request.apiVersion.slice(0, 40)} has no credentials.`,
    );
  };
}

function hasOwnRoot({ apiVersion }: HttpRequest): boolean {
  return apiVersion.toLowerCase() >= firstBringYourOwnRootApiVersion;
}

function accepted(request: HttpRequest, namespace: RegistryNamespace, subscription: Subscription): HttpReply {
  const operationId = subscription.pending.beginAction();
  const parameters = { ...request.parameters, location: namespace.location };
  const { apiVersion } = request;
  return acceptedReply(
    { parameters, apiVersion },
    subscription,
    routes.arm.getRegistryOperationStatus,
    operationId,
  );
}

/** @throws ArmError invalidResource */
function assertDefault({ parameters }: HttpRequest): void {
  if (sameName(parameters.credentialName!, credentialName)) return;
  throw invalidResource(`The credential of a namespace is called '${credentialName}'.`);
}

/** @param isParent of a resource that is written */
function requireCredential(request: HttpRequest, subscription: Subscription, isParent = false) {
  const namespace = requireNamespace(request, subscription);
  const credential = sameName(request.parameters.credentialName!, credentialName)
    ? subscription.registry.resources.get<RegistryAuthority>(credentialPath(namespace))
    : undefined;
  if (credential) return { namespace, credential };
  const what = `namespaces/${namespace.name}/credentials/${request.parameters.credentialName}`;
  throw isParent ? parentNotFound(what) : resourceNotFound(what);
}

function requirePolicy(request: HttpRequest, subscription: Subscription) {
  const { namespace } = requireCredential(request, subscription);
  const name = request.parameters.policyName!;
  const policy = subscription.registry.resources.get<CredentialPolicy>(credentialPolicyPath(namespace, name));
  if (policy) return { namespace, policy };
  throw resourceNotFound(`namespaces/${namespace.name}/credentials/${credentialName}/policies/${name}`);
}

function toCredential(
  { location, tags: own }: RegistryAuthority,
  namespace: RegistryNamespace,
  subscription: Subscription,
): Record<string, unknown> {
  return {
    id: `${namespaceId(namespace, subscription)}/credentials/${credentialName}`,
    name: credentialName,
    type: 'Microsoft.DeviceRegistry/namespaces/credentials',
    location,
    tags: own,
    properties: { provisioningState: 'Succeeded' },
  };
}

function toPolicy(
  policy: CredentialPolicy,
  namespace: RegistryNamespace,
  request: HttpRequest,
  subscription: Subscription,
): Record<string, unknown> {
  const thumbprint = thumbprintOf(policy);
  const own =
    policy.issuer === 'external'
      ? {
          enabled: true,
          certificateSigningRequest: policy.request,
          ...(thumbprint === undefined ? {} : { issuingCertificateThumbprint: thumbprint }),
          status: activationStatus(policy, subscription.now()),
        }
      : { enabled: false };
  return {
    id: `${namespaceId(namespace, subscription)}/credentials/${credentialName}/policies/${policy.name}`,
    name: policy.name,
    type: 'Microsoft.DeviceRegistry/namespaces/credentials/policies',
    location: policy.location,
    tags: policy.tags,
    properties: {
      certificate: {
        certificateAuthorityConfiguration: {
          keyType: 'ECC',
          ...certificateMembers(policy),
          ...(hasOwnRoot(request) ? { bringYourOwnRoot: own } : {}),
        },
        leafCertificateConfiguration: { validityPeriodInDays: policy.validityDays },
      },
      provisioningState: 'Succeeded',
    },
  };
}
