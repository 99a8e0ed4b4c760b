/** Tells clients where the services and hubs of an emulator are, and how to connect to them. */
import { join } from 'node:path';
import { formatConnectionString } from '../dps/contract/connection-string.js';
import { eventHubConnectionString } from '../dps/contract/event-hub.js';
import { publicFileMode, readTextIfExists, writeFileAtomically } from '../workspace/files.js';
import type { EmulatorCore } from './core.js';
import type { ProvisioningService } from './dps/provisioning-service.js';
import { issuingRootFileName } from './dps/state/issuing-authorities.js';
import { type EmulatorEndpoints, writeEndpoints } from './endpoints.js';
import type { IotHub } from './hub/hub-directory.js';
import type { Resources } from './resources.js';
import { hubOwnerPolicy, ownerPolicy, type Policy } from './state/identity.js';
import { rootFileName } from './wire/tls/server-identity.js';

/**
 * Writes the roots that clients need, and the endpoints file.
 *
 * @throws EnrollkitError FILE_UNWRITABLE
 */
export async function publishEndpoints(
  { services, hubs, listening }: EmulatorCore,
  secrets: Pick<EmulatorEndpoints, 'armToken' | 'consoleUrl'>,
  { folder, server, published }: Resources,
): Promise<EmulatorEndpoints> {
  const issuingRoot = (await services.list()[0]!.issuing.root()).certificate;
  const endpoints: EmulatorEndpoints = {
    ...describeEndpoints(secrets, services.list(), hubs.list()),
    caFile: publishFile(published, rootFileName, server.rootPem),
    issuingRootFile: publishFile(published, issuingRootFileName, issuingRoot),
    ports: listening.ports,
    tlsMax: server.tlsMax,
  };
  if (folder !== undefined) writeEndpoints(folder, endpoints);
  return endpoints;
}

/** @returns the path of the file */
function publishFile(folder: string, name: string, pem: string): string {
  const path = join(folder, name);
  if (readTextIfExists(path) !== pem) writeFileAtomically(path, pem, publicFileMode);
  return path;
}

/**
 * @param services at least one; the first one is the default
 * @param hubs at least one; the first one is the default
 */
function describeEndpoints(
  secrets: Pick<EmulatorEndpoints, 'armToken' | 'consoleUrl'>,
  services: readonly ProvisioningService[],
  hubs: readonly IotHub[],
): Omit<EmulatorEndpoints, 'caFile' | 'issuingRootFile' | 'ports' | 'tlsMax'> {
  const [firstService, firstHub] = [services[0]!, hubs[0]!];
  return {
    armEndpoint: `https://${firstService.names.https}`,
    ...secrets,
    ...firstService.identity,
    serviceConnectionString: serviceConnectionString(firstService),
    globalDeviceEndpoint: firstService.names.https,
    hubHostName: firstHub.names.mqtt,
    hubServiceConnectionString: hubConnectionString(firstHub),
    eventHubConnectionString: eventHubConnectionStringOf(firstHub),
    services: services.map((service) => ({
      name: service.identity.dpsName,
      idScope: service.identity.idScope,
      hostName: service.names.https,
      connectionString: serviceConnectionString(service),
    })),
    hubs: hubs.map((hub) => ({
      name: hub.hubId,
      hostName: hub.names.mqtt,
      serviceConnectionString: hubConnectionString(hub),
      eventHubConnectionString: eventHubConnectionStringOf(hub),
      connectionStrings: Object.fromEntries(
        hub.policies.map((policy) => [policy.keyName, format(hub.names.https, policy)]),
      ),
    })),
  };
}

function serviceConnectionString({ names, policies }: ProvisioningService): string {
  return connectionString(names.https, policies, ownerPolicy);
}

function hubConnectionString({ names, policies }: IotHub): string {
  return connectionString(names.https, policies, hubOwnerPolicy);
}

function eventHubConnectionStringOf({ hubId, names, policies }: IotHub): string {
  const { keyName, primaryKey } = policyNamed(policies, hubOwnerPolicy);
  const host = `${names.host}:${names.ports.amqp}`;
  return eventHubConnectionString({ host, keyName, key: primaryKey, entity: hubId });
}

function connectionString(hostName: string, policies: readonly Policy[], keyName: string): string {
  return format(hostName, policyNamed(policies, keyName));
}

function policyNamed(policies: readonly Policy[], keyName: string): Policy {
  // A client may have deleted the usual policy.
  const policy = policies.find((one) => one.keyName === keyName) ?? policies[0];
  if (!policy) throw new TypeError('there is no policy');
  return policy;
}

function format(hostName: string, { keyName, primaryKey }: Policy): string {
  return formatConnectionString({
    hostName,
    sharedAccessKeyName: keyName,
    sharedAccessKey: primaryKey,
  });
}
