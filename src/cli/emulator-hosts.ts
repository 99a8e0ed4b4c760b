/** The names that an emulator's services and hubs have in Azure, for a hosts file. */
import { withoutPort } from '../dps/contract/host.js';
import type { EmulatorEndpoints } from '../emulator/endpoints.js';

export interface HostsLine {
  address: string;
  names: string[];
}

/**
 * One line for each address. Azure Resource Manager's own name is left out: with it, nothing on this machine would reach
 * Azure any more, and its clients take any address.
 */
export function hostsOf({ services, hubs }: EmulatorEndpoints): HostsLine[] {
  const named = [
    ...services.map(({ name, hostName }) => ({ hostName, name: `${name}.azure-devices-provisioning.net` })),
    ...hubs.map(({ name, hostName }) => ({ hostName, name: `${name}.azure-devices.net` })),
  ];
  const lines = new Map<string, string[]>();
  for (const { hostName, name } of named) {
    const address = addressOf(hostName);
    lines.set(address, [...(lines.get(address) ?? []), name.toLowerCase()]);
  }
  const [first] = services;
  if (first) lines.get(addressOf(first.hostName))!.unshift('global.azure-devices-provisioning.net');
  return [...lines].map(([address, names]) => ({ address, names }));
}

/** `localhost`, and what lies below it, is 127.0.0.1. */
function addressOf(hostName: string): string {
  const host = withoutPort(hostName).replace(/^\[|\]$/g, '');
  return host === 'localhost' || host.endsWith('.localhost') ? '127.0.0.1' : host;
}
