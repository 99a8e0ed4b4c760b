/** A provisioning service that exchanges are performed against: made for it, with a hub linked, and deleted afterwards. */
import { setTimeout as wait } from 'node:timers/promises';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import type { Target } from './target.js';
import type { Variables } from './variables.js';
import { type Reply, sendHttp } from './wire.js';

export interface Service {
  name: string;
  serviceHost: string;
  deviceHost: string;
  hubHost: string;
  serviceConnectionString: string;
  hubConnectionString: string;
  /** What sessions can name. */
  variables: Variables;
}

export interface HubAccess {
  hostName: string;
  connectionString: string;
}

const provisioningVersion = '2022-02-05';
const hubVersion = '2021-07-02';
/** Creating a service takes Azure about a minute, a hub several. */
const doneWithinSeconds = 900;

/**
 * Sends a request to Azure Resource Manager, and waits until its operation has ended.
 *
 * @throws RefusedByResourceManager; Error when the operation failed
 */
export async function changeResource(
  target: Target,
  request: { method: string; path: string; apiVersion: string; body?: unknown },
): Promise<Reply> {
  const reply = await askResourceManager(target, request);
  const operation =
    reply.headers['azure-asyncoperation'] ?? (reply.status === 202 ? reply.headers.location : undefined);
  if (operation === undefined) return reply;
  const url = new URL(operation);
  if (url.host !== target.armHost.replace(/:443$/, ''))
    throw new Error(`${url.host} is not ${target.armHost}`);
  const until = Date.now() + doneWithinSeconds * 1000;
  for (;;) {
    const polled = await sendToResourceManager(target, 'GET', `${url.pathname}${url.search}`);
    if (polled.status >= 400)
      throw new Error(`${request.method} ${request.path}: its operation answered ${polled.status}`);
    const status = (polled.body as { status?: string } | undefined)?.status;
    if (polled.status !== 202 && !['Running', 'InProgress', 'Accepted'].includes(status ?? '')) {
      if (['Failed', 'Canceled'].includes(status ?? '')) {
        throw new Error(`${request.method} ${request.path}: ${JSON.stringify(polled.body)}`);
      }
      return reply;
    }
    if (Date.now() > until)
      throw new Error(`${request.method} ${request.path} is not done within ${doneWithinSeconds} s`);
    await wait(Math.max(Number(polled.headers['retry-after'] ?? target.pollSeconds) * 1000, 20));
  }
}

export class RefusedByResourceManager extends Error {
  constructor(
    request: string,
    readonly status: number,
    body: unknown,
  ) {
    super(`${request}: ${status} ${JSON.stringify(body)}`);
  }
}

/** @throws RefusedByResourceManager when the reply is no success */
export async function askResourceManager(
  target: Target,
  { method, path, apiVersion, body }: { method: string; path: string; apiVersion: string; body?: unknown },
): Promise<Reply> {
  const reply = await sendToResourceManager(target, method, `${path}?api-version=${apiVersion}`, body);
  if (reply.status >= 300) throw new RefusedByResourceManager(`${method} ${path}`, reply.status, reply.body);
  return reply;
}

async function sendToResourceManager(
  target: Target,
  method: string,
  path: string,
  body?: unknown,
): Promise<Reply> {
  return sendHttp(target, {
    ...{ host: target.armHost, method, path, body },
    headers: { authorization: `Bearer ${await target.armToken()}` },
  });
}

function groupPath({ subscription, resourceGroup }: Target): string {
  return `/subscriptions/${subscription}/resourceGroups/${resourceGroup}`;
}

export function hubPath(target: Target): string {
  return `${groupPath(target)}/providers/Microsoft.Devices/IotHubs/${target.hub}`;
}

function servicePath(target: Target, name: string): string {
  return `${groupPath(target)}/providers/Microsoft.Devices/provisioningServices/${name}`;
}

/** The host name of the target's hub, and the connection string of its owner. */
export async function readHub(target: Target): Promise<HubAccess> {
  const path = hubPath(target);
  const { body } = await askResourceManager(target, { method: 'GET', path, apiVersion: hubVersion });
  const { hostName } = (body as { properties: { hostName: string } }).properties;
  const { keyName, primaryKey } = await keyOf(target, path, 'iothubowner', hubVersion);
  return {
    hostName,
    connectionString: `HostName=${hostName};SharedAccessKeyName=${keyName};SharedAccessKey=${primaryKey}`,
  };
}

async function keyOf(target: Target, path: string, policy: string, apiVersion: string) {
  const listKeys = { method: 'POST', path: `${path}/listkeys`, apiVersion };
  const { value } = (await askResourceManager(target, listKeys)).body as {
    value: { keyName: string; primaryKey: string }[];
  };
  const found = value.find(({ keyName }) => keyName === policy);
  if (!found) throw new Error(`${path} has no policy ${policy}`);
  return found;
}

export async function createService(
  target: Target,
  hub: HubAccess,
  name: string,
  { withoutHub = false } = {},
): Promise<Service> {
  const path = servicePath(target, name);
  const link = { connectionString: hub.connectionString, location: target.location };
  await changeResource(target, {
    ...{ method: 'PUT', path, apiVersion: provisioningVersion },
    body: {
      ...{ location: target.location, sku: { name: 'S1', capacity: 1 }, tags: {} },
      properties: { iotHubs: withoutHub ? [] : [link] },
    },
  });
  const read = { method: 'GET', path, apiVersion: provisioningVersion };
  const { properties } = (await askResourceManager(target, read)).body as {
    properties: { serviceOperationsHostName: string; deviceProvisioningHostName: string; idScope: string };
  };
  const { keyName, primaryKey } = await keyOf(target, path, 'provisioningserviceowner', provisioningVersion);
  const {
    serviceOperationsHostName: serviceHost,
    deviceProvisioningHostName: deviceHost,
    idScope,
  } = properties;
  const provider = `/subscriptions/${target.subscription}/providers/Microsoft.Devices`;
  const group = groupPath(target);
  return {
    ...{ name, serviceHost, deviceHost, hubHost: hub.hostName },
    serviceConnectionString: `HostName=${serviceHost};SharedAccessKeyName=${keyName};SharedAccessKey=${primaryKey}`,
    hubConnectionString: hub.connectionString,
    variables: new Map(
      Object.entries({
        subscription: target.subscription,
        resourceGroup: target.resourceGroup,
        location: target.location,
        group,
        provider,
        dps: name,
        service: path,
        services: servicePath(target, '').slice(0, -1),
        hub: target.hub,
        hubPath: hubPath(target),
        hubHost: hub.hostName,
        hubConnectionString: hub.connectionString,
        serviceHost,
        deviceHost,
        idScope,
        armHost: target.armHost,
      }),
    ),
  };
}

/** Deletes a service; none of that name is no error. */
export async function deleteService(target: Target, name: string): Promise<void> {
  const path = servicePath(target, name);
  try {
    await changeResource(target, { method: 'DELETE', path, apiVersion: provisioningVersion });
  } catch (error) {
    if (!(error instanceof RefusedByResourceManager && error.status === 404)) throw error;
  }
}

/** Deletes a device of the hub; none of that name is no error. */
export async function deleteHubDevice(target: Target, hub: HubAccess, deviceId: string): Promise<void> {
  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(hub.connectionString);
  const expiry = Math.floor(Date.now() / 1000) + 600;
  const authorization = createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, expiry);
  const { status, body } = await sendHttp(target, {
    ...{ host: hub.hostName, method: 'DELETE', path: `/devices/${deviceId}?api-version=2021-04-12` },
    headers: { authorization, 'if-match': '*' },
  });
  if (status >= 300 && status !== 404)
    throw new Error(`DELETE of device ${deviceId}: ${status} ${JSON.stringify(body)}`);
}
