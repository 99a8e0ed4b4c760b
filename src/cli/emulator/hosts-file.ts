/** The names that an emulator's services and hubs have in Azure, for a hosts file. */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { withoutPort } from '../../dps/contract/host.js';
import type { EmulatorEndpoints } from '../../emulator/endpoints.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';

export interface HostsLine {
  address: string;
  names: string[];
}

/**
 * One line for each address. Azure Resource Manager's own name is left out: with it, nothing on this machine would reach
 * Azure any more, and its clients take any address.
 *
 * @param resolve the address of a host name, for an emulator that was started with one
 * @throws EnrollkitError ADDRESS_UNUSABLE
 */
export async function hostsOf(
  { services, hubs }: EmulatorEndpoints,
  resolve: (name: string) => Promise<string> = lookUp,
): Promise<HostsLine[]> {
  const named = [
    ...services.map(({ name, hostName }) => ({ hostName, name: `${name}.azure-devices-provisioning.net` })),
    ...hubs.map(({ name, hostName }) => ({ hostName, name: `${name}.azure-devices.net` })),
  ];
  const lines = new Map<string, string[]>();
  for (const { hostName, name } of named) {
    const address = await addressOf(hostName, resolve);
    lines.set(address, [...(lines.get(address) ?? []), name.toLowerCase()]);
  }
  const [first] = services;
  if (first)
    lines.get(await addressOf(first.hostName, resolve))!.unshift('global.azure-devices-provisioning.net');
  return [...lines].map(([address, names]) => ({ address, names }));
}

/** `localhost`, and what lies below it, is 127.0.0.1. */
async function addressOf(hostName: string, resolve: (name: string) => Promise<string>): Promise<string> {
  const host = withoutPort(hostName).replace(/^\[|\]$/g, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return '127.0.0.1';
  return isIP(host) ? host : resolve(host);
}

async function lookUp(name: string): Promise<string> {
  try {
    return (await lookup(name)).address;
  } catch (cause) {
    throw new EnrollkitError('ADDRESS_UNUSABLE', sentences.cliEmulator.unknownAddress(name), {
      cause,
    });
  }
}
