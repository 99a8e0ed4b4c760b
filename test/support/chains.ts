/** Chains made by issue(), for tests of everything above it. */
import type { KeyObject } from 'node:crypto';
import { generateKeyPair, type KeyAlgorithm } from '../../src/pki/keys.js';
import { type IssueRequest, issue } from '../../src/pki/make/issue.js';
import { loadProfile, type Role } from '../../src/pki/make/profile.js';

export interface Made {
  pem: string;
  privateKey: KeyObject;
}

/** A certificate of a role; signed by `issuer`, or by itself. */
export async function make(
  role: Role,
  commonName: string,
  issuer?: Made,
  more: Partial<IssueRequest> & { algorithm?: KeyAlgorithm } = {},
): Promise<Made> {
  const { algorithm = 'ec-p256', ...request } = more;
  const { publicKey, privateKey } = await generateKeyPair(algorithm);
  const { pem } = await issue({
    profile: loadProfile(role),
    subject: { commonName },
    publicKey,
    issuer: issuer ? { certificate: issuer.pem, privateKey: issuer.privateKey } : { privateKey },
    at: new Date(),
    ...request,
  });
  return { pem, privateKey };
}

/** Root, intermediate and device. */
export async function makeChain(deviceName = 'device-001', algorithm: KeyAlgorithm = 'ec-p256') {
  const root = await make('root', 'Test Root', undefined, { algorithm });
  const intermediate = await make('intermediate', 'Test Intermediate', root, { algorithm });
  const device = await make('device', deviceName, intermediate, { algorithm });
  return { root, intermediate, device };
}
