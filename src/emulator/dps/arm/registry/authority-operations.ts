/**
 * Certificate authorities of a namespace, and the certificate policy of each, as ARM resources.
 *
 * Source: azure-rest-api-specs, deviceregistry 2026-11-01, certificateAuthorities.tsp and certificatePolicies.tsp; the
 * limits: Microsoft Learn, "Managed CA hierarchy", and Azure/azure-iot-cli-extension. That what is in use is not deleted is a
 * guess.
 */
import { randomUUID, X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { certificateAuthorityApiVersions } from '../../../../dps/contract/api-versions.js';
import { registryNameProblem } from '../../../../dps/contract/ids.js';
import { en } from '../../../../languages/en.js';
import { inspectCertificate } from '../../../../pki/x509/inspect.js';
import type { HttpRequest } from '../../../wire/http/request.js';
import { defaultValidityDays } from '../../registration/policy-issuer.js';
import {
  authorityPath,
  type CertificatePolicy,
  type PolicyReference,
  pathOf,
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
import {
  activationBody,
  assertNoEnrollment,
  assertStillThere,
  inUse,
  invalidResource,
  nameIn,
  namespaceId,
  parentNotFound,
  readBody,
  requireNamespace,
  resourceNotFound,
  tags,
  withArmError,
} from './registry-scope.js';
import { revokeIssuedBy } from './revocation.js';

const maxIntermediates = 3;

const issuer = z.discriminatedUnion('issuerType', [
  z.object({ issuerType: z.literal('Microsoft'), certificateAuthorityResourceId: z.string() }),
  z.object({ issuerType: z.literal('External') }),
]);

const authorityBody = z.object({
  location: z.string().nullish(),
  tags,
  properties: z.discriminatedUnion('certificateAuthorityType', [
    z.object({ certificateAuthorityType: z.literal('Root'), keyType: z.literal('ECC') }),
    z.object({ certificateAuthorityType: z.literal('ICA'), keyType: z.literal('ECC'), issuer }),
  ]),
});

const tagsBody = z.object({ tags });

const validity = z.object({ validityPeriodInDays: z.number().int().min(1).max(90) });
const policyBody = z.object({
  location: z.string().nullish(),
  tags,
  properties: z.object({ certificate: validity.nullish() }).nullish(),
});
const policyPatch = z.object({
  tags: z.record(z.string(), z.string()).nullish(),
  properties: z.object({ certificate: validity.partial().nullish() }).nullish(),
});

export const authorityOperations = armOperations<Subscription>(
  {
    listCertificateAuthorities: {
      idParameter: 'namespaceName',
      handle(request, subscription) {
        const namespace = requireNamespace(request, subscription);
        const value = authoritiesOf(namespace, subscription).map((authority) =>
          toAuthority(authority, namespace, subscription),
        );
        return { status: 200, body: { value } };
      },
    },
    getCertificateAuthority: {
      idParameter: 'certificateAuthorityName',
      handle(request, subscription) {
        const { namespace, authority } = requireAuthority(request, subscription);
        return { status: 200, body: toAuthority(authority, namespace, subscription) };
      },
    },
    putCertificateAuthority: {
      idParameter: 'certificateAuthorityName',
      async handle(request, subscription) {
        const { registry, now } = subscription;
        const namespace = requireNamespace(request, subscription);
        const name = request.parameters.certificateAuthorityName!;
        const problem = registryNameProblem(name, en);
        if (problem) throw invalidResource(problem);
        const body = await readBody(request, authorityBody);
        const wanted = readIssuer(body.properties, namespace, subscription);
        const path = authorityPath(namespace, name);
        const before = registry.resources.get<RegistryAuthority>(path);
        if (before && !isSameIssuer(before.issuer, wanted)) {
          throw inUse(
            `The type and the issuer of the certificate authority '${before.name}' cannot be changed.`,
          );
        }
        if (!before) assertRoom(wanted, namespace, subscription);
        const description = { name, location: body.location ?? namespace.location, tags: body.tags };
        const made = before ?? (await create(description, wanted, namespace, subscription, now()));
        assertStillThere(namespace, subscription);
        // Of two requests at once, the first one's CA stays.
        const saved = { ...(registry.resources.get<RegistryAuthority>(path) ?? made), tags: body.tags };
        registry.resources.save(path, saved);
        return { status: before ? 200 : 201, body: toAuthority(saved, namespace, subscription) };
      },
    },
    patchCertificateAuthority: {
      idParameter: 'certificateAuthorityName',
      async handle(request, subscription) {
        const body = await readBody(request, tagsBody);
        const { namespace, authority, path } = requireAuthority(request, subscription);
        const saved = { ...authority, tags: body.tags };
        subscription.registry.resources.save(path, saved);
        return { status: 200, body: toAuthority(saved, namespace, subscription) };
      },
    },
    deleteCertificateAuthority: {
      idParameter: 'certificateAuthorityName',
      handle(request, subscription) {
        const { resources } = subscription.registry;
        const namespace = requireNamespace(request, subscription);
        const path = authorityPath(namespace, request.parameters.certificateAuthorityName!);
        const authority = resources.get<RegistryAuthority>(path);
        if (authority === undefined) return { status: 204 };
        const signed = authoritiesOf(namespace, subscription).find(
          (one) => typeof one.issuer === 'object' && sameName(one.issuer.root, authority.name),
        );
        if (signed) throw inUse(`The certificate authority has issued '${signed.name}'.`);
        const [policy] = resources.below<CertificatePolicy>([...path, 'certificatePolicies']);
        if (policy) throw inUse(`The certificate authority has the certificate policy '${policy.name}'.`);
        resources.delete(path);
        return { status: 204 };
      },
    },
    activateCertificateAuthority: {
      idParameter: 'certificateAuthorityName',
      async handle(request, subscription) {
        const { certificateChain } = await readBody(request, activationBody);
        const { authority, path } = requireAuthority(request, subscription);
        if (authority.issuer !== 'external') {
          throw invalidResource('Only a certificate authority with an external issuer can be activated.');
        }
        const saved = await withArmError(() => activated(authority, certificateChain, subscription.now()));
        subscription.registry.resources.save(path, saved);
        return { status: 204 };
      },
    },
    revokeAndRotateCertificateAuthority: {
      idParameter: 'certificateAuthorityName',
      async handle(request, subscription) {
        const { namespace, authority, path } = requireAuthority(request, subscription);
        if (typeof authority.issuer !== 'object') {
          throw invalidResource(
            'Only an intermediate certificate authority that Microsoft issued can be revoked.',
          );
        }
        await withArmError(() => subscription.registry.rotate(namespace, path, subscription.now()));
        revokeIssuedBy(authority, subscription);
        return { status: 204 };
      },
    },
    listCertificatePolicies: {
      idParameter: 'certificateAuthorityName',
      handle(request, subscription) {
        const { authority, namespace, path } = requireAuthority(request, subscription);
        const value = subscription.registry.resources
          .below<CertificatePolicy>([...path, 'certificatePolicies'])
          .map((policy) => toPolicy(policy, authority, namespace, subscription));
        return { status: 200, body: { value } };
      },
    },
    getCertificatePolicy: {
      idParameter: 'certificatePolicyName',
      handle(request, subscription) {
        const { policy, authority, namespace } = requirePolicy(request, subscription);
        return { status: 200, body: toPolicy(policy, authority, namespace, subscription) };
      },
    },
    putCertificatePolicy: {
      idParameter: 'certificatePolicyName',
      async handle(request, subscription) {
        const { resources } = subscription.registry;
        const name = request.parameters.certificatePolicyName!;
        const problem = registryNameProblem(name, en);
        if (problem) throw invalidResource(problem);
        const body = await readBody(request, policyBody);
        const { authority, namespace, path } = requireAuthority(request, subscription, true);
        if (authority.issuer === undefined) {
          throw invalidResource('Only an intermediate certificate authority has a certificate policy.');
        }
        const policies = resources.below<CertificatePolicy>([...path, 'certificatePolicies']);
        const before = policies.find((one) => sameName(one.name, name));
        const [other] = policies;
        if (!before && other) {
          throw invalidResource(
            `The certificate authority already has the certificate policy '${other.name}'.`,
          );
        }
        const saved: CertificatePolicy = {
          name: before?.name ?? name,
          uuid: before?.uuid ?? randomUUID(),
          location: before?.location ?? body.location ?? namespace.location,
          tags: body.tags,
          validityDays:
            body.properties?.certificate?.validityPeriodInDays ?? before?.validityDays ?? defaultValidityDays,
        };
        resources.save([...path, 'certificatePolicies', name], saved);
        return { status: before ? 200 : 201, body: toPolicy(saved, authority, namespace, subscription) };
      },
    },
    patchCertificatePolicy: {
      idParameter: 'certificatePolicyName',
      async handle(request, subscription) {
        const body = await readBody(request, policyPatch);
        const { policy, authority, namespace, path } = requirePolicy(request, subscription);
        const saved: CertificatePolicy = {
          ...policy,
          tags: body.tags ?? policy.tags,
          validityDays: body.properties?.certificate?.validityPeriodInDays ?? policy.validityDays,
        };
        subscription.registry.resources.save(path, saved);
        return { status: 200, body: toPolicy(saved, authority, namespace, subscription) };
      },
    },
    deleteCertificatePolicy: {
      idParameter: 'certificatePolicyName',
      handle(request, subscription) {
        const { authority, namespace, path } = requireAuthority(request, subscription);
        const policyPath = [...path, 'certificatePolicies', request.parameters.certificatePolicyName!];
        const policy = subscription.registry.resources.get<CertificatePolicy>(policyPath);
        if (policy === undefined) return { status: 204 };
        assertNoEnrollment(namespace, subscription, names(authority, policy));
        subscription.registry.resources.delete(policyPath);
        return { status: 204 };
      },
    },
  },
  certificateAuthorityApiVersions,
);

function names(authority: RegistryAuthority, policy: CertificatePolicy) {
  return ({ certificateAuthorityName = '', certificatePolicyName = '' }: PolicyReference) =>
    sameName(certificateAuthorityName, authority.name) && sameName(certificatePolicyName, policy.name);
}

function authoritiesOf(namespace: RegistryNamespace, { registry }: Subscription): RegistryAuthority[] {
  return registry.resources.below<RegistryAuthority>([...pathOf(namespace), 'certificateAuthorities']);
}

/** @param isParent of a resource that is written */
function requireAuthority(request: HttpRequest, subscription: Subscription, isParent = false) {
  const namespace = requireNamespace(request, subscription);
  const name = request.parameters.certificateAuthorityName!;
  const path = authorityPath(namespace, name);
  const authority = subscription.registry.resources.get<RegistryAuthority>(path);
  if (authority) return { namespace, authority, path };
  const what = `namespaces/${namespace.name}/certificateAuthorities/${name}`;
  throw isParent ? parentNotFound(what) : resourceNotFound(what);
}

function requirePolicy(request: HttpRequest, subscription: Subscription) {
  const { authority, namespace, path } = requireAuthority(request, subscription);
  const name = request.parameters.certificatePolicyName!;
  const policyPath = [...path, 'certificatePolicies', name];
  const policy = subscription.registry.resources.get<CertificatePolicy>(policyPath);
  if (policy) return { policy, authority, namespace, path: policyPath };
  throw resourceNotFound(
    `namespaces/${namespace.name}/certificateAuthorities/${authority.name}/certificatePolicies/${name}`,
  );
}

/** @throws ArmError invalidResource */
function readIssuer(
  properties: z.infer<typeof authorityBody>['properties'],
  namespace: RegistryNamespace,
  subscription: Subscription,
): RegistryAuthority['issuer'] {
  if (properties.certificateAuthorityType === 'Root') return undefined;
  if (properties.issuer.issuerType === 'External') return 'external';
  const { certificateAuthorityResourceId: id } = properties.issuer;
  const name = nameIn(id, namespaceId(namespace, subscription), 'certificateAuthorities');
  const root = authoritiesOf(namespace, subscription).find(
    (one) => name !== undefined && sameName(one.name, name),
  );
  if (root && root.issuer === undefined) return { root: root.name };
  throw invalidResource(
    'properties.issuer.certificateAuthorityResourceId must be that of a root certificate authority of the same namespace.',
  );
}

function isSameIssuer(a: RegistryAuthority['issuer'], b: RegistryAuthority['issuer']): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** @throws ArmError invalidResource */
function assertRoom(
  wanted: RegistryAuthority['issuer'],
  namespace: RegistryNamespace,
  subscription: Subscription,
): void {
  const intermediates = authoritiesOf(namespace, subscription).filter((one) => one.issuer !== undefined);
  if (wanted === undefined || intermediates.length < maxIntermediates) return;
  throw invalidResource(`A namespace has at most ${maxIntermediates} intermediate certificate authorities.`);
}

function create(
  description: Pick<RegistryAuthority, 'name' | 'location' | 'tags'>,
  wanted: RegistryAuthority['issuer'],
  namespace: RegistryNamespace,
  { registry }: Subscription,
  at: Date,
): Promise<RegistryAuthority> {
  if (wanted === 'external') return createExternalAuthority(description);
  const root = wanted && registry.resources.get<RegistryAuthority>(authorityPath(namespace, wanted.root));
  return withArmError(() => createRegistryAuthority(description, at, root));
}

/** What both generations show of the certificate of a CA. */
export function certificateMembers({ chain: [pem] }: RegistryAuthority): Record<string, unknown> {
  if (pem === undefined) return {};
  const { subject, notBefore, notAfter } = inspectCertificate(pem);
  return { subject, validityNotBefore: notBefore, validityNotAfter: notAfter };
}

export function thumbprintOf({ chain: [pem] }: RegistryAuthority): string | undefined {
  return pem === undefined ? undefined : new X509Certificate(pem).fingerprint.replaceAll(':', '');
}

function toAuthority(
  authority: RegistryAuthority,
  namespace: RegistryNamespace,
  subscription: Subscription,
): Record<string, unknown> {
  return {
    id: authorityId(authority, namespace, subscription),
    name: authority.name,
    type: 'Microsoft.DeviceRegistry/namespaces/certificateAuthorities',
    location: authority.location,
    tags: authority.tags,
    properties: {
      certificateAuthorityType: authority.issuer === undefined ? 'Root' : 'ICA',
      keyType: 'ECC',
      uuid: authority.uuid,
      ...certificateMembers(authority),
      ...(authority.issuer === undefined ? {} : { issuer: toIssuer(authority, namespace, subscription) }),
      provisioningState: 'Succeeded',
    },
  };
}

function authorityId(
  { name }: { name: string },
  namespace: RegistryNamespace,
  subscription: Subscription,
): string {
  return `${namespaceId(namespace, subscription)}/certificateAuthorities/${name}`;
}

function toIssuer(authority: RegistryAuthority, namespace: RegistryNamespace, subscription: Subscription) {
  const { issuer: signedBy, request } = authority;
  if (typeof signedBy === 'object') {
    const certificateAuthorityResourceId = authorityId({ name: signedBy.root }, namespace, subscription);
    return { issuerType: 'Microsoft', certificateAuthorityResourceId };
  }
  const thumbprint = thumbprintOf(authority);
  return {
    issuerType: 'External',
    certificateSigningRequest: request,
    ...(thumbprint === undefined ? {} : { thumbprint }),
    status: activationStatus(authority, subscription.now()),
  };
}

function toPolicy(
  { name, uuid, location, tags: own, validityDays }: CertificatePolicy,
  authority: RegistryAuthority,
  namespace: RegistryNamespace,
  subscription: Subscription,
): Record<string, unknown> {
  return {
    id: `${authorityId(authority, namespace, subscription)}/certificatePolicies/${name}`,
    name,
    type: 'Microsoft.DeviceRegistry/namespaces/certificateAuthorities/certificatePolicies',
    location,
    tags: own,
    properties: {
      uuid,
      certificate: { validityPeriodInDays: validityDays },
      provisioningState: 'Succeeded',
    },
  };
}
