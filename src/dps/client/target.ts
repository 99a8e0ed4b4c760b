/**
 * Azure and the emulator as two values of one type: endpoints, credentials and trust. No other part of the clients
 * distinguishes them.
 */

import { type ConnectionString, parseConnectionString } from '../contract/connection-string.js';
import { certificatesPageUrl, type EmulatorEndpoints } from '../contract/emulator-endpoints.js';
import { withoutPort } from '../contract/host.js';
import { azureCredential, type TokenCredential } from './azure-credential.js';
import type { Exchange } from './exchange.js';
import type { RequestObserver } from './observer.js';

/**
 * Credentials for the service plane: the key of a policy, Microsoft Entra, or `from-arm`: the key of a policy that
 * Azure Resource Manager returns, or else Microsoft Entra.
 */
export type ServiceCredentials = { connectionString: ConnectionString } | 'entra' | 'from-arm';

export interface Target {
  readonly kind: 'emulator' | 'azure';
  /** `https://host`, with `:port` where it is not 443. */
  readonly armEndpoint: string;
  /** Requests to Azure Resource Manager need it and the resource group. */
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
  /** Host of the device plane over AMQP, with `:port` where it is not 5671. */
  readonly deviceAmqpEndpoint: string;
  /** The port of DPS and hubs for WebSockets; also for HTTPS to a hub whose name has none. */
  readonly webSocketPort: number;
  /** The key of the function that is the webhook of a custom allocation policy. */
  readonly webhookKey?: string | undefined;
  /** Of the hubs that are known, to look up and delete devices there. */
  readonly hubConnectionStrings: readonly ConnectionString[];
  /** PEM of the roots to trust instead of the system's. */
  readonly trust?: string | undefined;
  readonly onRequest?: RequestObserver | undefined;
  /** Through which all requests pass. */
  readonly exchange?: Exchange | undefined;
  /** Where a person proves possession by hand, at the emulator: the page of its certificates, with its token. */
  readonly certificatesPage?: string | undefined;
  /** The computer's clock. */
  readonly now?: (() => Date) | undefined;
  /** Milliseconds that the service's own clock is ahead of it; an emulator's can be set to any time. */
  readonly clockOffset?: (() => number) | undefined;
  /** Whether a message of a device has arrived in its hub; only an emulator can be asked. */
  readonly messageArrived?: ((deviceId: string, messageId: string) => Promise<boolean>) | undefined;
}

/** The part of a target that a registering device needs. */
export type DeviceTarget = Pick<
  Target,
  | 'globalDeviceEndpoint'
  | 'deviceMqttEndpoint'
  | 'deviceAmqpEndpoint'
  | 'trust'
  | 'onRequest'
  | 'exchange'
  | 'now'
  | 'clockOffset'
>;

export type TargetOptions = Pick<
  Target,
  'webhookKey' | 'onRequest' | 'now' | 'clockOffset' | 'messageArrived'
>;

/** The clock by which a service judges tokens and certificates, and so the one to make them by. */
export function serviceClock({
  now = () => new Date(),
  clockOffset,
}: Pick<Target, 'now' | 'clockOffset'>): () => Date {
  return clockOffset ? () => new Date(now().getTime() + clockOffset()) : now;
}

/** Whether a service's clock was set to another time than the computer's. */
export function hasOwnTime({ clockOffset }: Pick<Target, 'clockOffset'>): boolean {
  return clockOffset !== undefined && Math.abs(clockOffset()) >= 1000;
}

/** The connection string of a hub, if it is known. @param host of the hub, with or without a port */
export function hubConnectionStringFor(
  { hubConnectionStrings }: Pick<Target, 'hubConnectionStrings'>,
  host: string,
): ConnectionString | undefined {
  const comparable = (name: string) => withoutPort(name).toLowerCase();
  return hubConnectionStrings.find(({ hostName }) => comparable(hostName) === comparable(host));
}

/**
 * The target for an emulator.
 *
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
    certificatesPage: certificatesPageUrl(endpoints, dpsName),
    globalDeviceEndpoint,
    deviceMqttEndpoint: `${withoutPort(globalDeviceEndpoint)}:${endpoints.ports.mqtt}`,
    deviceAmqpEndpoint: `${withoutPort(globalDeviceEndpoint)}:${endpoints.ports.amqp}`,
    webSocketPort: endpoints.ports.https,
    hubConnectionStrings: endpoints.hubs.map((hub) => parseConnectionString(hub.serviceConnectionString)),
    trust,
    ...options,
  };
}

export interface AzureTargetOptions extends TargetOptions {
  dpsName: string;
  subscriptionId?: string | undefined;
  resourceGroup?: string | undefined;
  idScope?: string | undefined;
  /** Of a policy of the DPS with EnrollmentWrite and RegistrationStatusWrite; by default requested from ARM. */
  serviceConnectionString?: ConnectionString | undefined;
  hubConnectionString?: ConnectionString | undefined;
}

/** A provisioning service in Azure's public cloud. Looks for credentials when the first request needs them. */
export function azureTarget(options: AzureTargetOptions): Target {
  const { serviceConnectionString, hubConnectionString, ...rest } = options;
  return {
    ...rest,
    kind: 'azure',
    armEndpoint: 'https://management.azure.com',
    armCredential: azureCredential(),
    armScope: 'https://management.azure.com/.default',
    service: serviceConnectionString ? { connectionString: serviceConnectionString } : 'from-arm',
    serviceHostName: serviceConnectionString?.hostName ?? `${options.dpsName}.azure-devices-provisioning.net`,
    serviceScope: 'https://azure-devices-provisioning.net/.default',
    hubConnectionStrings: hubConnectionString ? [hubConnectionString] : [],
    webSocketPort: 443,
    globalDeviceEndpoint: 'global.azure-devices-provisioning.net',
    deviceMqttEndpoint: 'global.azure-devices-provisioning.net',
    deviceAmqpEndpoint: 'global.azure-devices-provisioning.net',
  };
}
