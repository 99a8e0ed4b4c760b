/**
 * Azure Device Registry: namespaces, the CAs and policies in them that issue certificates to devices, and the provisioning
 * services and hubs that are linked to them.
 *
 * There are two generations of it. In both, a policy has a CA and says how long certificates are valid; in the first, it is
 * `credentials/default/policies/NAME` and brings its CA, in the second, `certificateAuthorities/CA/certificatePolicies/NAME`.
 */
import type { ServiceIdentity } from '../../state/identity.js';
import { serviceResourceId } from '../service-resource-id.js';
import type { RegistryPath, RegistryResources } from '../state/registry-resources.js';
import {
  AuthorityProblem,
  createRegistryAuthority,
  issuerOf,
  type RegistryAuthority,
} from './registry-authority.js';

/** The identity by which a linked resource calls the namespace. */
export interface CallerIdentity {
  type: 'SystemAssigned' | 'UserAssigned';
  userAssignedIdentity?: string | undefined;
}

/** A provisioning service or hub that is linked to a namespace. */
export interface RegistryEndpoint {
  endpointType: string;
  resourceId?: string | undefined;
  address?: string | undefined;
  inboundCallerIdentity?: CallerIdentity | undefined;
  provisioning?: { availability?: string | undefined; allocationWeight?: number | undefined } | undefined;
}

export type RegistryEndpoints = Record<string, RegistryEndpoint>;

export interface RegistryNamespace {
  resourceGroup: string;
  name: string;
  uuid: string;
  location: string;
  tags: Record<string, string>;
  identity?: { type: string; userAssignedIdentities?: Record<string, unknown> | undefined } | undefined;
  outboundIdentity?: CallerIdentity | undefined;
  /** By the names that clients gave them. */
  provisioning: RegistryEndpoints;
  messaging: RegistryEndpoints;
}

/** What an enrollment says about the certificates of its devices. */
export interface PolicyReference {
  credentialPolicyName?: string | undefined;
  namespaceName?: string | undefined;
  certificateAuthorityName?: string | undefined;
  certificatePolicyName?: string | undefined;
}

export interface CertificatePolicy {
  name: string;
  uuid: string;
  location: string;
  tags: Record<string, string>;
  validityDays: number;
}

/** A policy of the first generation is its own CA. */
export type CredentialPolicy = RegistryAuthority & CertificatePolicy;

/** The only name that credentials have. */
export const credentialName = 'default';

/** A policy as it issues certificates. */
interface Policy {
  /** Of its CA. */
  path: RegistryPath;
  authority: RegistryAuthority;
  validityDays: number;
}

export class DeviceRegistry {
  readonly resources: RegistryResources;

  constructor(resources: RegistryResources) {
    this.resources = resources;
  }

  /** The namespace that a provisioning service is linked to. */
  namespaceOf(service: { identity: ServiceIdentity }): RegistryNamespace | undefined {
    return this.namespaceWith('provisioning', serviceResourceId(service));
  }

  /** The namespace that has a link to a provisioning service, or to a hub. */
  namespaceWith(kind: 'provisioning' | 'messaging', resourceId: string): RegistryNamespace | undefined {
    return this.resources
      .namespaces<RegistryNamespace>()
      .find((namespace) => Object.values(namespace[kind]).some(linksTo(resourceId)));
  }

  /** Removes all links to a resource. */
  unlink(kind: 'provisioning' | 'messaging', resourceId: string): void {
    for (
      let found = this.namespaceWith(kind, resourceId);
      found;
      found = this.namespaceWith(kind, resourceId)
    ) {
      const kept = Object.entries(found[kind]).filter(([, endpoint]) => !linksTo(resourceId)(endpoint));
      this.saveNamespace({ ...found, [kind]: Object.fromEntries(kept) });
    }
  }

  saveNamespace(namespace: RegistryNamespace): void {
    this.resources.save(pathOf(namespace), namespace);
  }

  /**
   * Why an enrollment of a service cannot name a policy, as a sentence. A service that is linked to no namespace takes any
   * credential policy: see `IssuingAuthorities`.
   */
  problemOf(service: { identity: ServiceIdentity }, reference: PolicyReference): string | undefined {
    const { credentialPolicyName, namespaceName, certificateAuthorityName, certificatePolicyName } =
      reference;
    if (credentialPolicyName === undefined && namespaceName === undefined) return undefined;
    const namespace = this.namespaceOf(service);
    if (namespaceName !== undefined) {
      if (namespace?.name !== namespaceName.toLowerCase()) {
        return `The namespace '${namespaceName}' is not linked to this provisioning service.`;
      }
      if (this.#policy(namespace, reference) !== undefined) return undefined;
      return `There is no certificate policy '${certificatePolicyName}' of a certificate authority '${certificateAuthorityName}' in the namespace '${namespace.name}'.`;
    }
    if (namespace === undefined) return undefined;
    if (this.#policy(namespace, reference) !== undefined) return undefined;
    return `There is no credential policy '${credentialPolicyName}' in the namespace '${namespace.name}'.`;
  }

  /**
   * What issues certificates to devices of an enrollment.
   *
   * @returns undefined when the enrollment names no policy of the namespace
   * @throws AuthorityProblem
   */
  async issuer(namespace: RegistryNamespace, reference: PolicyReference, at: Date) {
    const policy = this.#policy(namespace, reference);
    if (policy === undefined) return undefined;
    const { path, validityDays } = policy;
    try {
      return { ...issuerOf(policy.authority, at), validityDays };
    } catch (error) {
      if (!(error instanceof AuthorityProblem) || typeof policy.authority.issuer !== 'object') throw error;
      // The service renews what it has signed itself.
      return { ...issuerOf(await this.rotate(namespace, path, at), at), validityDays };
    }
  }

  /** Gives a CA that a root of its namespace signs a new key and certificate. @throws AuthorityProblem */
  async rotate(namespace: RegistryNamespace, path: RegistryPath, at: Date): Promise<RegistryAuthority> {
    const authority = this.resources.get<RegistryAuthority>(path)!;
    const { issuer } = authority;
    const root = typeof issuer === 'object' ? this.root(namespace, issuer.root, path) : undefined;
    if (root === undefined)
      throw new AuthorityProblem(`'${authority.name}' is not signed by Azure Device Registry.`);
    issuerOf(root, at);
    const { chain, privateKey } = await createRegistryAuthority(authority, at, root);
    const rotated = { ...authority, chain, privateKey };
    this.resources.save(path, rotated);
    return rotated;
  }

  /** @param below a CA of the same generation */
  root(namespace: RegistryNamespace, name: string, below: RegistryPath): RegistryAuthority | undefined {
    return this.resources.get([...pathOf(namespace), below[2]!, name]);
  }

  #policy(namespace: RegistryNamespace, reference: PolicyReference): Policy | undefined {
    const { credentialPolicyName, certificateAuthorityName, certificatePolicyName } = reference;
    if (certificateAuthorityName !== undefined && certificatePolicyName !== undefined) {
      const path = authorityPath(namespace, certificateAuthorityName);
      const authority = this.resources.get<RegistryAuthority>(path);
      const policy = this.resources.get<CertificatePolicy>([
        ...path,
        'certificatePolicies',
        certificatePolicyName,
      ]);
      return authority && policy && { path, authority, validityDays: policy.validityDays };
    }
    if (credentialPolicyName === undefined) return undefined;
    const path = credentialPolicyPath(namespace, credentialPolicyName);
    const policy = this.resources.get<CredentialPolicy>(path);
    return policy && { path, authority: policy, validityDays: policy.validityDays };
  }
}

export function linksTo(resourceId: string): (endpoint: Pick<RegistryEndpoint, 'resourceId'>) => boolean {
  return (endpoint) => endpoint.resourceId?.toLowerCase() === resourceId.toLowerCase();
}

export function pathOf({
  resourceGroup,
  name,
}: Pick<RegistryNamespace, 'resourceGroup' | 'name'>): RegistryPath {
  return [resourceGroup, name];
}

export function authorityPath(namespace: RegistryNamespace, name: string): RegistryPath {
  return [...pathOf(namespace), 'certificateAuthorities', name];
}

export function credentialPath(namespace: RegistryNamespace): RegistryPath {
  return [...pathOf(namespace), 'credentials', credentialName];
}

export function credentialPolicyPath(namespace: RegistryNamespace, name: string): RegistryPath {
  return [...credentialPath(namespace), 'policies', name];
}
