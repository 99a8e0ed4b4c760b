/** Random chains from a seed, mostly good, with one or more faults in some: for comparing validators. */

import { pemEncode } from '../../src/pki/containers/pem.js';
import { objectIdentifier, octetString, sequence, tlv } from '../../src/pki/der/write.js';
import type { ValidateChainRequest } from '../../src/pki/path/validate.js';
import {
  alternativeNames,
  basicConstraints,
  dns,
  extendedKeyUsage,
  extension,
  ip,
  type Keys,
  keyUsage,
  nameConstraints,
  newKeys,
  now,
  type Raw,
  type RawRequest,
  raw,
} from './raw-certificates.js';
import { revocationList } from './revocation-lists.js';

const clientAuth = '1.3.6.1.5.5.7.3.2';
const serverAuth = '1.3.6.1.5.5.7.3.1';
const hosts = ['a.example', 'b.a.example', 'b.example', '*.a.example', '*.example.com', 'www.example.com'];
const anyPolicy = '2.5.29.32.0';
const policies = (which: 'one' | 'two' | 'any') => {
  const type = which === 'any' ? anyPolicy : `1.3.6.1.4.1.99999.${which === 'one' ? 1 : 2}`;
  return extension('2.5.29.32', false, sequence(sequence(objectIdentifier(type))));
};
const requiresPolicy = extension('2.5.29.36', true, sequence(tlv(0x80, Buffer.from([0]))));
const early = new Date('2026-02-01');

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** What openssl can be asked, too. */
export interface PemRequest extends ValidateChainRequest {
  leaf: string;
  intermediates: readonly string[];
  trustAnchors: readonly string[];
}

export interface RandomChain {
  request: PemRequest;
  /** What was done to it, for who looks into a disagreement. */
  description: string;
}

/** Keys are few: making one takes longer than all else. */
const keys: Keys[] = Array.from({ length: 8 }, newKeys);

export function randomChain(random: () => number): RandomChain {
  const done: string[] = [];
  const chance = (probability: number, what = '') => {
    const is = random() < probability;
    if (is && what) done.push(what);
    return is;
  };
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const identifier = (type: string, name: string, index: number) => {
    const value = octetString(Buffer.from(`${name}${index}`));
    return extension(type, false, type === '2.5.29.14' ? value : sequence(tlv(0x80, value.subarray(2))));
  };

  const depth = Math.floor(random() * 4);
  const chain: Raw[] = [];
  for (let index = 0; index <= depth; index += 1) {
    const issuer = chain.at(-1);
    const isSelfIssued = index > 0 && chance(0.08, `self-issued ${index}`);
    const certificateAuthority = !chance(0.03, `no CA ${index}`);
    const pathLength = chance(0.2) ? Math.floor(random() * 3) : undefined;
    const signs = !chance(0.03, `no keyCertSign ${index}`);
    const extensions = [
      certificateAuthority ? basicConstraints(true, signs ? pathLength : undefined) : basicConstraints(false),
      // A certificate that is no CA and signs is refused by openssl with another error.
      signs && certificateAuthority ? keyUsage(5, 6) : keyUsage(6),
      identifier('2.5.29.14', 'key', index),
    ];
    if (issuer && !chance(0.01, `no authority key identifier ${index}`)) {
      const named = chance(0.01, `wrong authority key identifier ${index}`) ? 9 : index - 1;
      extensions.push(identifier('2.5.29.35', 'key', named));
    }
    if (chance(0.1, `policy ${index}`)) extensions.push(policies(pick(['one', 'two', 'any'])));
    if (chance(0.04, `requires a policy ${index}`)) extensions.push(requiresPolicy);
    if (pathLength !== undefined) done.push(`path length ${pathLength} at ${index}`);
    if (chance(0.05, `for clients ${index}`)) extensions.push(extendedKeyUsage(clientAuth));
    if (chance(0.2, `constraints ${index}`)) {
      const allowed = chance(0.5) ? [dns(pick(hosts.slice(0, 3)))] : [];
      const forbidden =
        allowed.length === 0 || chance(0.3)
          ? [chance(0.5) ? dns(pick(hosts.slice(0, 3))) : ip(10, 0, 0, 0, 255, 0, 0, 0)]
          : [];
      extensions.push(nameConstraints(allowed, forbidden));
    }
    if (chance(0.02, `unknown ${index}`)) {
      extensions.push(extension('1.3.6.1.4.1.311.999', true, Buffer.from([5, 0])));
    }
    const dates = chance(0.03, `expired ${index}`) ? { notAfter: early } : {};
    chain.push(
      raw({
        name: isSelfIssued ? issuer!.name : `Authority ${index}`,
        keys: keys[index]!,
        ...(issuer ? { issuer } : {}),
        serialNumber: index + 1,
        extensions,
        ...dates,
      }),
    );
  }
  const issuer = chain.at(-1)!;
  const host = pick(hosts);
  const usage = pick([clientAuth, serverAuth]);
  const leafRequest: RawRequest = {
    name: 'leaf',
    issuer: chance(0.03, 'forged') ? { name: issuer.name, keys: keys[7]! } : issuer,
    keys: keys[6]!,
    serialNumber: 100,
    extensions: [
      basicConstraints(false),
      keyUsage(0),
      extendedKeyUsage(usage),
      identifier('2.5.29.14', 'leaf', 0),
      identifier('2.5.29.35', 'key', depth),
      alternativeNames(dns(host), ...(chance(0.3) ? [ip(10, 1, 1, 1)] : [])),
      ...(chance(0.2, 'policy of the leaf') ? [policies('one')] : []),
    ],
    ...(chance(0.04, 'leaf not valid yet') ? { notBefore: new Date('2026-08-01') } : {}),
  };
  const leaf = raw(leafRequest);
  const crls = chance(0.15, 'revocation list')
    ? [
        revocationList({
          issuer,
          revoked: chance(0.4, 'revoked') ? [100] : [5],
          ...(chance(0.1, 'old list') ? { nextUpdate: new Date('2026-05-15') } : {}),
          extensions: [
            extension('2.5.29.20', false, tlv(0x02, Buffer.from([1]))),
            identifier('2.5.29.35', 'key', depth),
          ],
        }),
      ]
    : [];
  const missing = chance(0.04, 'missing intermediate') ? 1 : 0;
  const purpose = chance(0.08, 'for another purpose')
    ? pick(['clientAuth', 'serverAuth'] as const)
    : pick([undefined, usage === clientAuth ? 'clientAuth' : 'serverAuth'] as const);
  const decoys = chance(0.06, 'namesakes')
    ? chain.slice(1).map(({ name }) => raw({ name, issuer: chain[0]!, keys: keys[7]!, serialNumber: 77 }))
    : [];
  return {
    request: {
      leaf: leaf.pem,
      intermediates: [...decoys, ...chain.slice(1 + missing)].map(({ pem }) => pem),
      trustAnchors: [chain[0]!.pem],
      at: now,
      ...(purpose ? { purpose } : {}),
      ...(chance(0.4)
        ? {
            peerName: {
              kind: 'DNS',
              value: chance(0.15, 'another host')
                ? pick(['x.a.example', 'a.example'])
                : host.replace('*', 'x'),
            },
          }
        : {}),
      ...(chance(0.1) ? { maxDepth: Math.floor(random() * 3) } : {}),
      crls: crls.map((der) => pemEncode('X509 CRL', der)),
    },
    description: [`depth ${depth}`, host, usage === clientAuth ? 'client' : 'server', ...done].join(', '),
  };
}
