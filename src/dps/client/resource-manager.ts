/**
 * A client of Azure Resource Manager for a whole account: subscriptions, resource groups, provisioning services, IoT hubs and
 * the links between them. Clients of one provisioning service are in `arm.ts`.
 *
 * Sources: azure-rest-api-specs, resources resource-manager 2022-09-01 and subscriptions 2022-12-01,
 * deviceprovisioningservices resource-manager 2022-02-05, iothub resource-manager 2021-07-02.
 */

import * as z from 'zod';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { iotHubApiVersions, resourcesApiVersions } from '../contract/api-versions.js';
import { type Route, routes } from '../contract/routes.js';
import {
  type AccountService,
  accountService,
  azureSubscription,
  genericResource,
  type IotHubResource,
  iotHubResource,
  nameAvailability,
  type ResourceGroup,
  resourceGroup as resourceGroupSchema,
  type SharedAccessPolicy,
  sharedAccessPolicy,
} from '../contract/schemas.js';
import { type ArmTarget, armHttpClient } from './arm-http.js';
import { asReceived } from './http/as-received.js';
import type { HttpClient, HttpReply, HttpRequest, RequestOptions } from './http/client.js';
import { listAll } from './http/list-all.js';
import { undefinedIfMissing } from './http/missing.js';
import { untilDone, untilGone, type WaitOptions } from './http/poll-azure.js';

/** Where a resource is. */
export interface ResourceScope {
  subscriptionId: string;
  resourceGroup: string;
}

export type AzureSubscription = z.infer<typeof azureSubscription>;
export type GenericResource = z.infer<typeof genericResource>;

/** What creating a resource takes. */
export interface NewResource {
  /** An Azure region: `westeurope`. */
  location: string;
  tags: Record<string, string>;
}

/** The rights of the key with which DPS uses a hub: Microsoft Learn, "How to link and manage IoT hubs". */
export const linkingPolicy = 'iothubowner';

/**
 * Requests to Azure Resource Manager. Creating and deleting return when Azure is done, which takes minutes: the state of the
 * resource itself is read until then, so that a process that was killed can wait again.
 *
 * Each request can throw an EnrollkitError for the response (NO_CREDENTIALS, FORBIDDEN, NOT_FOUND, CONFLICT,
 * PRECONDITION_FAILED, THROTTLED, SERVICE_FAILED, or else REFUSED) or for the connection (NETWORK, SERVER_NOT_TRUSTED).
 */
export class ResourceManager {
  readonly #http: HttpClient;

  constructor(target: ArmTarget) {
    this.#http = armHttpClient(target);
  }

  /** The subscriptions that the caller can read, apart from those that are disabled or deleted. */
  async listSubscriptions({ signal }: RequestOptions = {}): Promise<AzureSubscription[]> {
    const request = {
      route: routes.arm.listSubscriptions,
      parameters: {},
      subject: sentences.dpsClient.subscriptions,
    };
    const all = await listAll(
      this.#http,
      { ...request, apiVersion: resourcesApiVersions[0]!, signal },
      azureSubscription,
    );
    return all.filter(({ state }) => !/^(disabled|deleted)$/i.test(state ?? ''));
  }

  async listResourceGroups(
    subscriptionId: string,
    { signal }: RequestOptions = {},
  ): Promise<ResourceGroup[]> {
    const request = { route: routes.arm.listResourceGroups, parameters: { subscriptionId }, signal };
    return listAll(
      this.#http,
      { ...request, subject: sentences.dpsClient.resourceGroups, apiVersion: resourcesApiVersions[0]! },
      resourceGroupSchema,
    );
  }

  /** Undefined if it does not exist. */
  async getResourceGroup(
    scope: ResourceScope,
    { signal }: RequestOptions = {},
  ): Promise<ResourceGroup | undefined> {
    const sent = this.#http.send(
      { ...groupRequest(routes.arm.getResourceGroup, scope), signal },
      resourceGroupSchema,
    );
    return (await undefinedIfMissing(sent, isNot('SubscriptionNotFound')))?.body;
  }

  /** Creates a resource group, or sets the tags of an existing one. */
  async putResourceGroup(
    scope: ResourceScope,
    body: NewResource,
    { signal }: RequestOptions = {},
  ): Promise<ResourceGroup> {
    const request = { ...groupRequest(routes.arm.putResourceGroup, scope), body, repeatable: true, signal };
    return (await this.#http.send(request, resourceGroupSchema)).body;
  }

  /** Deletes a resource group with everything in it; succeeds if it is already gone. */
  async deleteResourceGroup(scope: ResourceScope, options: WaitOptions = {}): Promise<void> {
    const request = { ...groupRequest(routes.arm.deleteResourceGroup, scope), signal: options.signal };
    const pace = await this.#delete(request);
    await untilGone(() => this.getResourceGroup(scope, options), request.subject, pace, options);
  }

  /** The resources of a group, of every kind. */
  async listResources(scope: ResourceScope, { signal }: RequestOptions = {}): Promise<GenericResource[]> {
    const request = { ...groupRequest(routes.arm.listResourcesOfGroup, scope), signal };
    return listAll(this.#http, request, genericResource);
  }

  /** The provisioning services of a subscription, or of one of its resource groups. */
  async listServices(
    scope: Partial<ResourceScope> & { subscriptionId: string },
    { signal }: RequestOptions = {},
  ): Promise<AccountService[]> {
    const subject = sentences.dpsClient.services;
    const request = withinScope(routes.arm.listServicesInSubscription, routes.arm.listServices, scope);
    return listAll(this.#http, { ...request, subject, signal }, receivedService);
  }

  /** Undefined if it does not exist, and neither if its resource group does not. */
  async getService(
    scope: ResourceScope,
    dpsName: string,
    { signal }: RequestOptions = {},
  ): Promise<AccountService | undefined> {
    const sent = this.#http.send(
      { ...serviceRequest(routes.arm.getService, scope, dpsName), signal },
      receivedService,
    );
    return (await undefinedIfMissing(sent, isNot('SubscriptionNotFound')))?.body;
  }

  /** Why no provisioning service of this name can be created: names are unique in Azure. Undefined if one can. */
  async serviceNameProblem(
    subscriptionId: string,
    name: string,
    options: RequestOptions = {},
  ): Promise<string | undefined> {
    return this.#nameProblem(routes.arm.checkNameAvailability, undefined, subscriptionId, name, options);
  }

  /**
   * Creates a provisioning service.
   *
   * @returns it, when it is active
   * @throws EnrollkitError REFUSED when Azure cannot create it; TIMEOUT
   */
  async createService(
    scope: ResourceScope,
    dpsName: string,
    { location, tags }: NewResource,
    options: WaitOptions = {},
  ): Promise<AccountService> {
    const body = { location, tags, sku: { name: 'S1', capacity: 1 }, properties: {} };
    return this.#putService(scope, dpsName, body, {}, options);
  }

  /** Deletes a provisioning service with everything in it; succeeds if it is already gone. */
  async deleteService(scope: ResourceScope, dpsName: string, options: WaitOptions = {}): Promise<void> {
    const request = { ...serviceRequest(routes.arm.deleteService, scope, dpsName), signal: options.signal };
    const pace = await this.#delete(request);
    await untilGone(() => this.getService(scope, dpsName, options), request.subject, pace, options);
  }

  /**
   * Links a hub to a provisioning service, by the key of its policy iothubowner; one that is linked already stays as it is.
   *
   * @param hub the name of the hub, or its resource ID if it is in another resource group or subscription
   */
  async linkHub(
    scope: ResourceScope,
    dpsName: string,
    hub: IotHubResource,
    options: WaitOptions = {},
  ): Promise<AccountService> {
    const { hostName } = hub.properties;
    if (!hostName) throw new EnrollkitError('REFUSED', sentences.dpsClient.noHostName(hub.name));
    const key = await this.getHubKey(scopeOf(hub.id), hub.name, linkingPolicy, options);
    if (!key?.primaryKey) {
      throw new EnrollkitError('NOT_FOUND', sentences.dpsClient.noHubPolicy(hub.name, linkingPolicy), {
        next: sentences.dpsClient.createHubPolicy,
      });
    }
    const connectionString = `HostName=${hostName};SharedAccessKeyName=${linkingPolicy};SharedAccessKey=${key.primaryKey}`;
    return this.#changeLinks(scope, dpsName, options, (links) =>
      links.some(({ name }) => sameHost(name, hostName))
        ? undefined
        : [...links, { connectionString, location: hub.location }],
    );
  }

  /** Unlinks a hub from a provisioning service; succeeds if it is not linked. Devices stay in the hub. */
  async unlinkHub(
    scope: ResourceScope,
    dpsName: string,
    hostName: string,
    options: WaitOptions = {},
  ): Promise<AccountService> {
    return this.#changeLinks(scope, dpsName, options, (links) => {
      const kept = links.filter(({ name }) => !sameHost(name, hostName));
      return kept.length === links.length ? undefined : kept;
    });
  }

  /** The IoT hubs of a subscription, or of one of its resource groups. */
  async listHubs(
    scope: Partial<ResourceScope> & { subscriptionId: string },
    { signal }: RequestOptions = {},
  ): Promise<IotHubResource[]> {
    const request = withinScope(routes.arm.listIotHubsInSubscription, routes.arm.listIotHubs, scope);
    return listAll(
      this.#http,
      { ...request, subject: sentences.dpsClient.hubs, apiVersion: iotHubApiVersions[0], signal },
      iotHubResource,
    );
  }

  /** Undefined if it does not exist, and neither if its resource group does not. */
  async getHub(
    scope: ResourceScope,
    hubName: string,
    { signal }: RequestOptions = {},
  ): Promise<IotHubResource | undefined> {
    const sent = this.#http.send(
      { ...hubRequest(routes.arm.getIotHub, scope, hubName), signal },
      iotHubResource,
    );
    return (await undefinedIfMissing(sent, isNot('SubscriptionNotFound')))?.body;
  }

  /** Why no hub of this name can be created: names are unique in Azure. Undefined if one can. */
  async hubNameProblem(
    subscriptionId: string,
    name: string,
    options: RequestOptions = {},
  ): Promise<string | undefined> {
    return this.#nameProblem(routes.arm.checkIotHubName, iotHubApiVersions[0], subscriptionId, name, options);
  }

  /**
   * Creates an IoT hub.
   *
   * @param sku `S1`, or `F1` for the free one, of which a subscription can have one
   * @returns it, when it is active
   * @throws EnrollkitError REFUSED when Azure cannot create it; TIMEOUT
   */
  async createHub(
    scope: ResourceScope,
    hubName: string,
    { location, tags, sku }: NewResource & { sku: string },
    options: WaitOptions = {},
  ): Promise<IotHubResource> {
    const body = { location, tags, sku: { name: sku, capacity: 1 }, properties: {} };
    const request = {
      ...hubRequest(routes.arm.putIotHub, scope, hubName),
      body,
      repeatable: true,
      signal: options.signal,
    };
    const reply = await this.#http.send(request, z.unknown());
    return this.waitForHub(scope, hubName, options, paceOf(reply));
  }

  /** Waits for a hub that is being created. @throws EnrollkitError as {@link createHub} */
  async waitForHub(
    scope: ResourceScope,
    hubName: string,
    options: WaitOptions = {},
    pace?: number,
  ): Promise<IotHubResource> {
    const subject = sentences.dpsClient.hub(hubName);
    return untilDone(() => this.getHub(scope, hubName, options), statesOf, subject, pace, options);
  }

  /** Deletes a hub with its devices; succeeds if it is already gone. */
  async deleteHub(scope: ResourceScope, hubName: string, options: WaitOptions = {}): Promise<void> {
    const request = { ...hubRequest(routes.arm.deleteIotHub, scope, hubName), signal: options.signal };
    const pace = await this.#delete(request);
    await untilGone(() => this.getHub(scope, hubName, options), request.subject, pace, options);
  }

  /** A shared access policy of a hub, with its keys; undefined if it does not exist. */
  async getHubKey(
    scope: ResourceScope,
    hubName: string,
    keyName: string,
    { signal }: RequestOptions = {},
  ): Promise<SharedAccessPolicy | undefined> {
    const { parameters, apiVersion } = hubRequest(routes.arm.getIotHubKey, scope, hubName);
    const request = {
      route: routes.arm.getIotHubKey,
      parameters: { ...parameters, keyName },
      subject: sentences.dpsClient.hubKeys(hubName),
      apiVersion,
      repeatable: true,
      signal,
    };
    return (await undefinedIfMissing(this.#http.send(request, sharedAccessPolicy)))?.body;
  }

  close(): void {
    this.#http.close();
  }

  async #changeLinks(
    scope: ResourceScope,
    dpsName: string,
    options: WaitOptions,
    change: (links: NonNullable<AccountService['properties']['iotHubs']>) => object[] | undefined,
  ): Promise<AccountService> {
    for (let tries = 1; ; tries += 1) {
      const service = await this.waitForService(scope, dpsName, options);
      const iotHubs = change(service.properties.iotHubs ?? []);
      if (iotHubs === undefined) return service;
      const { location, tags, sku, etag, properties } = service;
      const { allocationPolicy } = properties;
      const body = {
        location,
        tags,
        sku,
        ...(etag == null ? {} : { etag }),
        properties: { ...writable(properties), ...(allocationPolicy ? { allocationPolicy } : {}), iotHubs },
      };
      try {
        const headers: Record<string, string> = etag == null ? {} : { 'if-match': etag };
        return await this.#putService(scope, dpsName, body, headers, options);
      } catch (error) {
        const isStale = error instanceof EnrollkitError && error.code === 'PRECONDITION_FAILED';
        if (!isStale || tries === maxTries) throw error;
      }
    }
  }

  async #putService(
    scope: ResourceScope,
    dpsName: string,
    body: object,
    headers: Record<string, string>,
    options: WaitOptions,
  ): Promise<AccountService> {
    const request = {
      ...serviceRequest(routes.arm.putService, scope, dpsName),
      body,
      headers,
      repeatable: true,
      signal: options.signal,
    };
    const reply = await this.#http.send(request, z.unknown());
    return this.waitForService(scope, dpsName, options, paceOf(reply));
  }

  /** Waits for a provisioning service that is being created or changed. @throws EnrollkitError as {@link createService} */
  async waitForService(
    scope: ResourceScope,
    dpsName: string,
    options: WaitOptions = {},
    pace?: number,
  ): Promise<AccountService> {
    const subject = sentences.dpsClient.service(dpsName);
    return untilDone(() => this.getService(scope, dpsName, options), statesOf, subject, pace, options);
  }

  async #delete(request: HttpRequest): Promise<number | undefined> {
    const reply = await undefinedIfMissing(this.#http.sendForHeaders(request));
    return reply === undefined ? undefined : paceOf(reply);
  }

  async #nameProblem(
    route: Route,
    apiVersion: string | undefined,
    subscriptionId: string,
    name: string,
    { signal }: RequestOptions,
  ): Promise<string | undefined> {
    const request = {
      route,
      parameters: { subscriptionId },
      subject: sentences.dpsClient.resourceName(name),
      ...(apiVersion === undefined ? {} : { apiVersion }),
      body: { name },
      repeatable: true,
      signal,
    };
    const { nameAvailable, reason, message } = (await this.#http.send(request, nameAvailability)).body;
    return nameAvailable ? undefined : (message ?? reason ?? sentences.dpsClient.nameTaken);
  }
}

const receivedService = asReceived(accountService);

/** The states that a provisioning service or a hub shows. */
function statesOf({ properties }: { properties: AzureStates }): readonly (string | null | undefined)[] {
  return [properties.state, properties.provisioningState];
}

interface AzureStates {
  state?: string | null | undefined;
  provisioningState?: string | null | undefined;
}

/** How often a change of links is tried that someone else's change came before. */
const maxTries = 4;

/** How long to wait between two requests for a state, in milliseconds; undefined if the reply does not say. */
function paceOf({ header }: Pick<HttpReply<unknown>, 'header'>): number | undefined {
  const milliseconds = Number(
    header('x-ms-retry-after-ms') ?? Number(header('retry-after') ?? Number.NaN) * 1000,
  );
  return Number.isFinite(milliseconds) && milliseconds >= 0 ? Math.min(milliseconds, 60_000) : undefined;
}

/** The scope of a resource ID. @throws TypeError for another text */
export function scopeOf(resourceId: string): ResourceScope {
  const parts = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\//i.exec(resourceId);
  if (!parts) throw new TypeError(`not a resource ID: ${resourceId}`);
  return { subscriptionId: parts[1]!, resourceGroup: parts[2]! };
}

/** A list of a subscription, or of one of its resource groups. */
export function withinScope(
  ofSubscription: Route,
  ofGroup: Route,
  { subscriptionId, resourceGroup }: Partial<ResourceScope> & { subscriptionId: string },
): { route: Route; parameters: Record<string, string> } {
  return resourceGroup === undefined
    ? { route: ofSubscription, parameters: { subscriptionId } }
    : { route: ofGroup, parameters: { subscriptionId, resourceGroup } };
}

function groupRequest(route: Route, { subscriptionId, resourceGroup }: ResourceScope) {
  const subject = sentences.dpsClient.resourceGroup(resourceGroup);
  return {
    route,
    parameters: { subscriptionId, resourceGroup },
    subject,
    apiVersion: resourcesApiVersions[1]!,
  };
}

function serviceRequest(route: Route, { subscriptionId, resourceGroup }: ResourceScope, dpsName: string) {
  const subject = sentences.dpsClient.service(dpsName);
  return { route, parameters: { subscriptionId, resourceGroup, dpsName }, subject };
}

function hubRequest(route: Route, { subscriptionId, resourceGroup }: ResourceScope, hubName: string) {
  const subject = sentences.dpsClient.hub(hubName);
  return {
    route,
    parameters: { subscriptionId, resourceGroup, hubName },
    subject,
    apiVersion: iotHubApiVersions[0],
  };
}

/** Whether what is missing is the resource, and not the whole subscription. */
function isNot(code: string): (serviceCode: unknown) => boolean {
  return (serviceCode) => serviceCode !== code;
}

function sameHost(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** The properties of a service that a client may write back: not those that the service sets. */
function writable(properties: AccountService['properties']): object {
  const {
    state: _state,
    provisioningState: _provisioningState,
    idScope: _idScope,
    serviceOperationsHostName: _serviceOperationsHostName,
    deviceProvisioningHostName: _deviceProvisioningHostName,
    ...rest
  } = properties;
  return rest;
}
