/** Chooses one of an emulator's provisioning services and hubs. */

import { sameId } from '../../dps/contract/ids.js';
import type { EmulatorEndpoints } from '../../emulator/endpoints.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';

/**
 * The endpoints of a provisioning service and a hub; the first of each by default.
 *
 * @throws EnrollkitError USAGE
 */
export function endpointsOf(
  endpoints: EmulatorEndpoints,
  { service: serviceName, hub: hubName }: { service?: string | undefined; hub?: string | undefined },
): EmulatorEndpoints {
  const service = choose(endpoints.services, serviceName, sentences.cliEmulator.noSuchService);
  const hub = choose(endpoints.hubs, hubName, sentences.cliEmulator.noSuchHub);
  return {
    ...endpoints,
    ...(service && {
      dpsName: service.name,
      idScope: service.idScope,
      serviceConnectionString: service.connectionString,
    }),
    ...(hub && {
      hubHostName: hub.hostName,
      hubServiceConnectionString: hub.serviceConnectionString,
      eventHubConnectionString: hub.eventHubConnectionString,
    }),
  };
}

function choose<Named extends { name: string }>(
  all: readonly Named[],
  name: string | undefined,
  noSuch: (name: string, names: readonly string[]) => string,
): Named | undefined {
  if (name === undefined) return undefined;
  const chosen = all.find((one) => sameId(one.name, name));
  if (chosen) return chosen;
  throw new EnrollkitError(
    'USAGE',
    noSuch(
      name,
      all.map((one) => one.name),
    ),
  );
}
