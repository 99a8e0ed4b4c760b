/** Where services and hubs are bound: the first at the emulator's host, each other at a loopback address of its own. */
import { lookup } from 'node:dns/promises';
import { EnrollkitError } from '../../../errors.js';
import { bindAddresses, isEveryAddress } from './host-names.js';
import { isLoopbackAddress, loopbackAddress, maxLoopbackNumber } from './loopback.js';

export interface Places {
  /** All that listeners are bound to. */
  addresses: string[];
  /** What the service or hub of a number and a name is bound to; a name where it shares the first's address. */
  addressOf(number: number, name: string): string;
}

/**
 * @param numbered the services and hubs that there are; a service and a hub of one number share an address
 * @throws EnrollkitError ADDRESS_UNUSABLE when the machine has neither an address nor a name for one
 */
export async function findPlaces(
  host: string,
  numbered: readonly { number: number; name: string }[],
): Promise<Places> {
  const others = numbered.filter(({ number }) => number > 1);
  const own = await isLoopbackAddress(loopbackAddress(2));
  const hasAddress = (number: number) => own && number <= maxLoopbackNumber;
  for (const { number, name } of others) {
    if (!hasAddress(number)) await assertResolves(`${name}.localhost`, loopbackAddress(number));
  }
  const additional = isEveryAddress(host)
    ? []
    : [...new Set(others.map(({ number }) => number))].filter(hasAddress).map(loopbackAddress);
  return {
    addresses: [...bindAddresses(host), ...additional.filter((address) => address !== host)],
    addressOf(number, name) {
      if (number === 1) return host;
      return hasAddress(number) ? loopbackAddress(number) : `${name.toLowerCase()}.localhost`;
    },
  };
}

async function assertResolves(name: string, address: string): Promise<void> {
  try {
    const found = await lookup(name);
    if (found.address === '::1' || found.address.startsWith('127.')) return;
  } catch {
    // Said below.
  }
  throw new EnrollkitError(
    'ADDRESS_UNUSABLE',
    `This machine has neither the address ${address} nor the name ${name}, by which a further service or hub is dialled.`,
    { next: `Give it the address; on macOS: sudo ifconfig lo0 alias ${address} up.` },
  );
}
