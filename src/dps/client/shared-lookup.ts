/** Looks names up for many connections at once: the devices of a fleet all connect to the same few hosts. */
import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Shorter than the time to live of any record of Azure, whose addresses change as it moves traffic. */
const sharedMs = 1000;

interface Lookup {
  at: number;
  addresses: Promise<LookupAddress[]>;
}

const recent = new Map<string, Lookup>();

/** For `connect` of node:net and node:tls: like `lookup` of node:dns, but once a second for each name. */
export const sharedLookup: LookupFunction = (hostname, options, callback) => {
  const { all, ...how } = options;
  addressesOf(hostname, how).then(
    (addresses) => {
      const [first] = addresses;
      if (all) callback(null, addresses);
      else callback(null, first!.address, first!.family);
    },
    (error: NodeJS.ErrnoException) => callback(error, []),
  );
};

function addressesOf(hostname: string, how: Omit<LookupAllOptions, 'all'>): Promise<LookupAddress[]> {
  const key = JSON.stringify([hostname, how]);
  const now = performance.now();
  const before = recent.get(key);
  if (before && now - before.at < sharedMs) return before.addresses;
  const addresses = new Promise<LookupAddress[]>((resolve, reject) => {
    lookup(hostname, { ...how, all: true }, (error, found) => (error ? reject(error) : resolve(found)));
  });
  recent.set(key, { at: now, addresses });
  // The next connection tries again.
  addresses.catch(() => recent.delete(key));
  return addresses;
}
