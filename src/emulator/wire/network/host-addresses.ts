/**
 * The addresses of services and hubs: the first of each has the emulator's host, every other one a loopback address. Without
 * a host, the first service is `localhost`, and the first hub 127.0.0.1: the SDK for C wants a dot in the name of a hub, and
 * no name with a dot resolves everywhere without set-up (glibc has no *.localhost).
 */

import { lookup } from 'node:dns/promises';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';
import { bindAddresses, isEveryAddress } from './host-names.js';
import { isLoopbackAddress, loopbackAddress, maxLoopbackNumber } from './loopback.js';

/** What the emulator listens on unless it is told a host. */
export const defaultHost = 'localhost';

/** A service or a hub, which share the numbers: those of one number share an address. */
export interface NumberedHost {
  number: number;
  name: string;
}

export interface HostAddresses {
  /** All addresses that listeners bind. */
  all: string[];
  /** The address of a service; a name where it shares the address of the first. */
  ofService(number: number, name: string): string;
  /** The address of a hub, likewise. */
  ofHub(number: number, name: string): string;
}

/**
 * @param host the emulator's; undefined when nobody asked for one
 * @throws EnrollkitError ADDRESS_UNUSABLE when the machine has neither an address nor a name for a service or hub
 */
export async function findHostAddresses(
  host: string | undefined,
  numbered: readonly NumberedHost[],
): Promise<HostAddresses> {
  const others = numbered.filter(({ number }) => number > 1);
  const hasMore = await isLoopbackAddress(loopbackAddress(2));
  const hasAddress = (number: number) => hasMore && number <= maxLoopbackNumber;
  for (const { number, name } of others) {
    if (!hasAddress(number)) await assertResolves(`${name}.localhost`, loopbackAddress(number));
  }
  const bound = host ?? defaultHost;
  const additional = isEveryAddress(bound)
    ? []
    : [...new Set(others.map(({ number }) => number))].filter(hasAddress).map(loopbackAddress);
  return {
    all: [...bindAddresses(bound), ...additional.filter((address) => address !== bound)],
    ofService: (number, name) => (number === 1 ? bound : furtherAddress(number, name)),
    ofHub: (number, name) => (number === 1 ? (host ?? loopbackAddress(1)) : furtherAddress(number, name)),
  };

  function furtherAddress(number: number, name: string): string {
    return hasAddress(number) ? loopbackAddress(number) : `${name.toLowerCase()}.localhost`;
  }
}

/** @throws EnrollkitError ADDRESS_UNUSABLE when a name does not resolve to this machine */
async function assertResolves(name: string, address: string): Promise<void> {
  try {
    const found = await lookup(name);
    if (found.address === '::1' || found.address.startsWith('127.')) return;
  } catch {
    // Reported below.
  }
  throw new EnrollkitError('ADDRESS_UNUSABLE', sentences.emulator.noLoopbackAddress(address, name), {
    next: sentences.emulator.addAddress(address),
  });
}
