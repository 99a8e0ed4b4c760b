/** Where the services and hubs of an emulator are, and how to connect to them: what clients are told. */
import { formatConnectionString } from '../dps/contract/connection-string.js';
import type { ProvisioningService } from './dps/provisioning-service.js';
import type { EmulatorEndpoints } from './endpoints.js';
import type { IotHub } from './hub/hub-directory.js';
import { hubOwnerPolicy, ownerPolicy, type Policy } from './state/identity.js';

/**
 * @param services at least one; the first is the one that is meant where none is named, and so with hubs
 */
export function describeEndpoints(
  armToken: string,
  services: readonly ProvisioningService[],
  hubs: readonly IotHub[],
): Omit<EmulatorEndpoints, 'caFile' | 'issuingRootFile' | 'ports'> {
  const [firstService, firstHub] = [services[0]!, hubs[0]!];
  return {
    armEndpoint: `https://${firstService.names.https}`,
    armToken,
    ...firstService.identity,
    serviceConnectionString: serviceConnectionString(firstService),
    globalDeviceEndpoint: firstService.names.https,
    hubHostName: firstHub.names.mqtt,
    hubServiceConnectionString: hubConnectionString(firstHub),
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

function connectionString(hostName: string, policies: readonly Policy[], keyName: string): string {
  // Its owner may have deleted the usual one.
  const policy = policies.find((one) => one.keyName === keyName) ?? policies[0];
  if (!policy) throw new TypeError('there is no policy');
  return format(hostName, policy);
}

function format(hostName: string, { keyName, primaryKey }: Policy): string {
  return formatConnectionString({
    hostName,
    sharedAccessKeyName: keyName,
    sharedAccessKey: primaryKey,
  });
}
