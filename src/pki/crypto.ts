/**
 * The only place that imports @peculiar/*: one provider, one x509, and the conversion of node's keys to theirs. The
 * order matters: @peculiar/x509 throws on import unless reflect-metadata ran before it.
 */

import 'reflect-metadata';

import type { KeyObject, webcrypto } from 'node:crypto';
import { Crypto } from '@peculiar/webcrypto';
import * as x509 from '@peculiar/x509';
import { signatureAlgorithm } from './make/signature-algorithm.js';

const provider = new Crypto();
x509.cryptoProvider.set(provider as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

export { x509 };

/**
 * The algorithm of Web Crypto that a key signs with.
 *
 * @throws EnrollkitError INVALID_KEY
 */
export function webAlgorithm(key: KeyObject): { name: string; namedCurve?: string; hash: string } {
  const hash = signatureAlgorithm(key).digest.replace('sha', 'SHA-');
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash };
  const namedCurve = { 'SHA-256': 'P-256', 'SHA-384': 'P-384', 'SHA-512': 'P-521' }[hash]!;
  return { name: 'ECDSA', namedCurve, hash };
}

/** Converts a node key pair for the generator of certificate requests. */
export async function toSigningKeyPair(privateKey: KeyObject, publicKey: KeyObject) {
  const algorithm = webAlgorithm(privateKey);
  const { subtle } = provider;
  const [signing, verifying] = await Promise.all([
    subtle.importKey('pkcs8', privateKey.export({ format: 'der', type: 'pkcs8' }), algorithm, false, [
      'sign',
    ]),
    subtle.importKey('spki', publicKey.export({ format: 'der', type: 'spki' }), algorithm, true, ['verify']),
  ]);
  return { privateKey: signing, publicKey: verifying } as unknown as webcrypto.CryptoKeyPair;
}
