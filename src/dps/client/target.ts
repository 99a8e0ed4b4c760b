/**
 * "The emulator" and "Azure" as two values of one type: endpoints, credentials and trust. Nothing else in the clients
 * knows which of the two it speaks to.
 */

import { type ConnectionString, parseConnectionString } from '../contract/connection-string.js';
import type { EmulatorEndpoints } from '../contract/emulator-endpoints.js';
import { withoutPort } from '../contract/host.js';
import { azureCredential, type TokenCredential } from './azure-credential.js';
import type { RequestObserver } from './observer.js';

/**
 * How the service plane is spoken to: with the key of a policy, with Microsoft Entra, or `from-arm`: with the key of a
 * policy that Azure Resource Manager gives out, and with Microsoft Entra where it gives none.
 */
export type ServiceCredentials = { connectionString: ConnectionString } | 'entra' | 'from-arm';

export interface Target {
  readonly kind: 'emulator' | 'azure';
  /** `https://host`, with `:port` where it is not 443. */
  readonly armEndpoint: string;
  /** Without it and the resource group, Azure Resource Manager cannot be asked. */
  readonly subscriptionId?: string | undefined;
  readonly resourceGroup?: string | undefined;
  readonly dpsName: string;
  readonly armCredential: TokenCredential;
  readonly armScope: string;
  readonly service: ServiceCredentials;
  /** Host of the service plane, with `:port` where it is not 443. */
  readonly serviceHostName: string;
  readonly serviceScope: string;
  readonly idScope?: string | undefined;
  /** Host of the device plane over HTTPS, with `:port` where it is not 443. */
  readonly globalDeviceEndpoint: string;
  /** Host of the device plane over MQTT, with `:port` where it is not 8883. */
  readonly deviceMqttEndpoint: string;
  /** Of the hub, for removing devices from it. */
  readonly hubConnectionString?: ConnectionString | undefined;
  /** PEM of the roots to trust instead of the system's. */
  readonly trust?: string | undefined;
  readonly onRequest?: RequestObserver | undefined;
  /** The clock that tokens are made by. */
  readonly now?: (() => Date) | undefined;
}

/** What of a target concerns a device that registers. */
export type DeviceTarget = Pick<
  Target,
  'globalDeviceEndpoint' | 'deviceMqttEndpoint' | 'trust' | 'onRequest' | 'now'
>;

export type TargetOptions = Pick<Target, 'onRequest' | 'now'>;

/**
 * @param trust PEM of the root that signs the emulator's TLS certificate
 * @throws EnrollkitError INVALID_CONNECTION_STRING
 */
export function emulatorTarget(
  endpoints: Omit<EmulatorEndpoints, 'caFile' | 'hubHostName'>,
  trust: string,
  options: TargetOptions = {},
): Target {
  const { armEndpoint, subscriptionId, resourceGroup, dpsName, idScope, globalDeviceEndpoint } = endpoints;
  const connectionString = parseConnectionString(endpoints.serviceConnectionString);
  const token = { token: endpoints.armToken, expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
  return {
    kind: 'emulator',
    armEndpoint,
    subscriptionId,
    resourceGroup,
    dpsName,
    armCredential: { getToken: async () => token },
    armScope: `${armEndpoint}/.default`,
    service: { connectionString },
    serviceHostName: connectionString.hostName,
    serviceScope: `https://${connectionString.hostName}/.default`,
    idScope,
    globalDeviceEndpoint,
    deviceMqttEndpoint: `${withoutPort(globalDeviceEndpoint)}:${endpoints.ports.mqtt}`,
    hubConnectionString: parseConnectionString(endpoints.hubServiceConnectionString),
    trust,
    ...options,
  };
}

export interface AzureTargetOptions extends TargetOptions {
  dpsName: string;
  subscriptionId?: string | undefined;
  resourceGroup?: string | undefined;
  idScope?: string | undefined;
  /** Of a policy of the DPS with EnrollmentWrite and RegistrationStatusWrite; asked of ARM when left out. */
  serviceConnectionString?: ConnectionString | undefined;
  hubConnectionString?: ConnectionString | undefined;
}

/** A provisioning service in Azure's public cloud. Credentials are looked for when the first request needs them. */
export function azureTarget(options: AzureTargetOptions): Target {
  const { serviceConnectionString, ...rest } = options;
  return {
    ...rest,
    kind: 'azure',
    armEndpoint: 'https://management.azure.com',
    armCredential: azureCredential(),
    armScope: 'https://management.azure.com/.default',
    service: serviceConnectionString ? { connectionString: serviceConnectionString } : 'from-arm',
    serviceHostName: serviceConnectionString?.hostName ?? `${options.dpsName}.azure-devices-provisioning.net`,
    serviceScope: 'https://azure-devices-provisioning.net/.default',
    globalDeviceEndpoint: 'global.azure-devices-provisioning.net',
    deviceMqttEndpoint: 'global.azure-devices-provisioning.net',
  };
}
