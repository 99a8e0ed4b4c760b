/**
 * A client of Azure Device Registry in Azure Resource Manager: namespaces, certificate authorities and certificate policies.
 *
 * Source: azure-rest-api-specs, deviceregistry resource-manager 2026-11-01; what a link contains: Azure/azure-iot-cli-extension,
 * azext_iot/adr/providers/link.py.
 */
import * as z from 'zod';
import { sentences } from '../../languages/language.js';
import { certificateAuthorityApiVersions } from '../contract/api-versions.js';
import { type Route, routes } from '../contract/routes.js';
import {
  type CertificateAuthority,
  type CertificatePolicy,
  certificateAuthority,
  certificatePolicy,
  type RegistryNamespace,
  registryNamespace,
} from '../contract/schemas.js';
import { type ArmTarget, armHttpClient } from './arm-http.js';
import type { HttpClient, HttpRequest, RequestOptions } from './http/client.js';
import { listAll } from './http/list-all.js';
import { undefinedIfMissing } from './http/missing.js';
import { untilDone, untilGone } from './http/poll-azure.js';
import { type NewResource, type ResourceScope, withinScope } from './resource-manager.js';

/** Where a namespace is. */
export interface NamespaceScope extends ResourceScope {
  namespaceName: string;
}

/** How a CA comes about; `external` for one whose request the CA of the customer signs. */
export type NewAuthority =
  | { type: 'Root' }
  | { type: 'ICA'; issuer: 'external' | { certificateAuthorityResourceId: string } };

/** A provisioning service or hub to link to a namespace, or null to unlink it; by the name of the endpoint. */
export type LinkedEndpoints = Record<
  string,
  { resourceId: string; userAssignedIdentity?: string | undefined } | null
>;

const [apiVersion] = certificateAuthorityApiVersions;

/** Azure makes a CA in seconds. */
const paceMs = 2000;

/**
 * Each request can throw the errors of `ResourceManager`. Creating and changing return what was read back when Azure is done;
 * REFUSED when it failed, TIMEOUT.
 */
export class DeviceRegistryClient {
  readonly #http: HttpClient;

  constructor(target: ArmTarget) {
    this.#http = armHttpClient(target);
  }

  /** The namespaces of a subscription, or of one of its resource groups. */
  listNamespaces(
    scope: Partial<ResourceScope> & { subscriptionId: string },
    { signal }: RequestOptions = {},
  ): Promise<RegistryNamespace[]> {
    const request = withinScope(routes.arm.listNamespacesInSubscription, routes.arm.listNamespaces, scope);
    const subject = sentences.cliRegistry.subjects.namespaces;
    return listAll(this.#http, { ...request, subject, apiVersion, signal }, registryNamespace);
  }

  getNamespace(scope: NamespaceScope, options: RequestOptions = {}): Promise<RegistryNamespace | undefined> {
    return this.#get(namespaceRequest(routes.arm.getNamespace, scope), registryNamespace, options);
  }

  createNamespace(
    scope: NamespaceScope,
    { location, tags }: NewResource,
    options: RequestOptions = {},
  ): Promise<RegistryNamespace> {
    const body = { location, tags, identity: { type: 'SystemAssigned' }, properties: {} };
    const request = { ...namespaceRequest(routes.arm.putNamespace, scope), body };
    return this.#put(request, () => this.getNamespace(scope, options), options);
  }

  /** Links provisioning services or hubs to a namespace, or unlinks them. */
  changeLinks(
    scope: NamespaceScope,
    { provisioning = {}, messaging = {} }: { provisioning?: LinkedEndpoints; messaging?: LinkedEndpoints },
    options: RequestOptions = {},
  ): Promise<RegistryNamespace> {
    const body = {
      properties: {
        provisioning: { endpoints: endpointsOf(provisioning, 'Microsoft.Devices/provisioningServices') },
        messaging: { endpoints: endpointsOf(messaging, 'Microsoft.Devices/IotHubs') },
      },
    };
    const request = { ...namespaceRequest(routes.arm.patchNamespace, scope), body };
    return this.#put(request, () => this.getNamespace(scope, options), options);
  }

  /** Succeeds if it is already gone. */
  deleteNamespace(scope: NamespaceScope, options: RequestOptions = {}): Promise<void> {
    const request = namespaceRequest(routes.arm.deleteNamespace, scope);
    return this.#delete(request, () => this.getNamespace(scope, options), options);
  }

  listAuthorities(scope: NamespaceScope, { signal }: RequestOptions = {}): Promise<CertificateAuthority[]> {
    const request = namespaceRequest(routes.arm.listCertificateAuthorities, scope);
    return listAll(this.#http, { ...request, signal }, certificateAuthority);
  }

  getAuthority(
    scope: NamespaceScope,
    name: string,
    options: RequestOptions = {},
  ): Promise<CertificateAuthority | undefined> {
    const request = authorityRequest(routes.arm.getCertificateAuthority, scope, name);
    return this.#get(request, certificateAuthority, options);
  }

  createAuthority(
    scope: NamespaceScope,
    name: string,
    { authority, location, tags }: NewResource & { authority: NewAuthority },
    options: RequestOptions = {},
  ): Promise<CertificateAuthority> {
    const issuer =
      authority.type === 'Root'
        ? {}
        : {
            issuer:
              authority.issuer === 'external'
                ? { issuerType: 'External' }
                : { issuerType: 'Microsoft', ...authority.issuer },
          };
    const properties = { certificateAuthorityType: authority.type, keyType: 'ECC', ...issuer };
    const request = {
      ...authorityRequest(routes.arm.putCertificateAuthority, scope, name),
      body: { location, tags, properties },
    };
    return this.#put(request, () => this.getAuthority(scope, name, options), options);
  }

  /**
   * Brings the certificate that an external CA issued.
   *
   * @param certificateChain PEM: the certificate of the CA, then each one's issuer
   */
  async activateAuthority(
    scope: NamespaceScope,
    name: string,
    certificateChain: string,
    options: RequestOptions = {},
  ): Promise<CertificateAuthority> {
    const request = authorityRequest(routes.arm.activateCertificateAuthority, scope, name);
    const body = { certificateChain };
    await this.#http.sendForHeaders({ ...request, body, repeatable: true, signal: options.signal });
    return untilDone(
      () => this.getAuthority(scope, name, options),
      (authority) => {
        const { status } = authority.properties.issuer ?? {};
        // One that is active and should be renewed soon is done, too.
        return [...statesOf(authority), status === 'PendingActivation' ? status : undefined];
      },
      request.subject,
      paceMs,
      options,
    );
  }

  deleteAuthority(scope: NamespaceScope, name: string, options: RequestOptions = {}): Promise<void> {
    const request = authorityRequest(routes.arm.deleteCertificateAuthority, scope, name);
    return this.#delete(request, () => this.getAuthority(scope, name, options), options);
  }

  listPolicies(
    scope: NamespaceScope,
    authority: string,
    { signal }: RequestOptions = {},
  ): Promise<CertificatePolicy[]> {
    const request = authorityRequest(routes.arm.listCertificatePolicies, scope, authority);
    return listAll(this.#http, { ...request, signal }, certificatePolicy);
  }

  getPolicy(
    scope: NamespaceScope,
    authority: string,
    name: string,
    options: RequestOptions = {},
  ): Promise<CertificatePolicy | undefined> {
    const request = policyRequest(routes.arm.getCertificatePolicy, scope, authority, name);
    return this.#get(request, certificatePolicy, options);
  }

  /** Creates a policy, or changes its validity. @param validityDays 1 to 90 */
  putPolicy(
    scope: NamespaceScope,
    authority: string,
    name: string,
    { validityDays, location, tags }: NewResource & { validityDays: number },
    options: RequestOptions = {},
  ): Promise<CertificatePolicy> {
    const properties = { certificate: { validityPeriodInDays: validityDays } };
    const request = {
      ...policyRequest(routes.arm.putCertificatePolicy, scope, authority, name),
      body: { location, tags, properties },
    };
    return this.#put(request, () => this.getPolicy(scope, authority, name, options), options);
  }

  deletePolicy(
    scope: NamespaceScope,
    authority: string,
    name: string,
    options: RequestOptions = {},
  ): Promise<void> {
    const request = policyRequest(routes.arm.deleteCertificatePolicy, scope, authority, name);
    return this.#delete(request, () => this.getPolicy(scope, authority, name, options), options);
  }

  close(): void {
    this.#http.close();
  }

  async #get<Schema extends z.ZodType>(
    request: HttpRequest,
    schema: Schema,
    { signal }: RequestOptions,
  ): Promise<z.infer<Schema> | undefined> {
    return (await undefinedIfMissing(this.#http.send({ ...request, signal }, schema)))?.body;
  }

  async #put<Resource extends Settling>(
    request: HttpRequest,
    read: () => Promise<Resource | undefined>,
    options: RequestOptions,
  ): Promise<Resource> {
    await this.#http.send({ ...request, repeatable: true, signal: options.signal }, z.unknown());
    return this.#whenDone(request.subject, read, options);
  }

  async #delete(request: HttpRequest, read: () => Promise<unknown>, options: RequestOptions): Promise<void> {
    await undefinedIfMissing(this.#http.sendForHeaders({ ...request, signal: options.signal }));
    await untilGone(read, request.subject, paceMs, options);
  }

  #whenDone<Resource extends Settling>(
    subject: string,
    read: () => Promise<Resource | undefined>,
    options: RequestOptions,
  ): Promise<Resource> {
    return untilDone(read, statesOf, subject, paceMs, options);
  }
}

interface Settling {
  properties: {
    provisioningState?: string | null | undefined;
    provisioning?: RegistryNamespace['properties']['provisioning'];
    messaging?: RegistryNamespace['properties']['messaging'];
  };
}

/** The states that a resource and its links show. */
function statesOf({ properties }: Settling): readonly (string | null | undefined)[] {
  const { provisioningState, provisioning, messaging } = properties;
  const links = [provisioning, messaging].flatMap((kind) => Object.values(kind?.endpoints ?? {}));
  return [provisioningState, ...links.map(({ linkingState }) => linkingState)];
}

function endpointsOf(given: LinkedEndpoints, endpointType: string): Record<string, object | null> {
  const endpoints = Object.entries(given).map(([name, endpoint]) => {
    if (endpoint === null) return [name, null] as const;
    const { resourceId, userAssignedIdentity } = endpoint;
    const inboundCallerIdentity =
      userAssignedIdentity === undefined
        ? { type: 'SystemAssigned' }
        : { type: 'UserAssigned', userAssignedIdentity };
    return [name, { endpointType, resourceId, inboundCallerIdentity }] as const;
  });
  return Object.fromEntries(endpoints);
}

function namespaceRequest(route: Route, scope: NamespaceScope) {
  const { subscriptionId, resourceGroup, namespaceName } = scope;
  const subject = sentences.cliRegistry.subjects.namespace(namespaceName);
  return { route, parameters: { subscriptionId, resourceGroup, namespaceName }, subject, apiVersion };
}

function authorityRequest(route: Route, scope: NamespaceScope, certificateAuthorityName: string) {
  const { parameters } = namespaceRequest(route, scope);
  const subject = sentences.cliRegistry.subjects.authority(certificateAuthorityName);
  return { route, parameters: { ...parameters, certificateAuthorityName }, subject, apiVersion };
}

function policyRequest(
  route: Route,
  scope: NamespaceScope,
  authority: string,
  certificatePolicyName: string,
) {
  const { parameters } = authorityRequest(route, scope, authority);
  const subject = sentences.cliRegistry.subjects.policy(certificatePolicyName);
  return { route, parameters: { ...parameters, certificatePolicyName }, subject, apiVersion };
}
