/** An emulator as a target: one that is started for the run, or one that runs. */
import { readFileSync } from 'node:fs';
import type { EmulatorEndpoints } from '../../src/dps/contract/emulator-endpoints.js';
import { splitHost, type Target } from './target.js';

/** What the emulator answers with 501; see docs/emulator-support.md. */
const lacks = ['TPM attestation', 'modules', 'configurations', 'resource providers', 'private endpoints'];

/** Seconds that the emulator of a run lets an operation take: its first poll must find it running, on a busy machine too. */
export const paceSeconds = 2;

export function emulatorTarget(endpoints: EmulatorEndpoints): Target {
  const { armEndpoint, armToken, subscriptionId, resourceGroup, hubs, caFile, ports } = endpoints;
  const { host } = new URL(armEndpoint);
  const address = splitHost(host, 443).host;
  return {
    name: 'emulator',
    armHost: host,
    armToken: async () => armToken,
    subscription: subscriptionId,
    resourceGroup,
    location: 'westus',
    hub: hubs[0]!.name,
    ca: readFileSync(caFile, 'utf8'),
    // The Host header, not the address, tells its services and hubs apart.
    dial: (_, protocol) => ({ host: address, port: ports[protocol] }),
    lacks,
    sessions: 6,
    pollSeconds: 0.2,
  };
}
