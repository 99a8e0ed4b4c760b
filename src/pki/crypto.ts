/**
 * The only place that imports @peculiar/*: one provider, one x509, and the conversion of node's keys to theirs. The
 * order matters: @peculiar/x509 throws on import unless reflect-metadata ran before it.
 */

import 'reflect-metadata';

import type { KeyObject, webcrypto } from 'node:crypto';
import { Crypto } from '@peculiar/webcrypto';
import type * as X509 from '@peculiar/x509';
import * as x509 from '@peculiar/x509';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';

const provider = new Crypto();
x509.cryptoProvider.set(provider as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

export type { X509 };
export { x509 };

type WebAlgorithm = { name: string; namedCurve?: string; hash?: string };

/**
 * The signing algorithm that goes with a key: the curve's hash for EC, SHA-256 for RSA.
 *
 * @throws EnrollkitError INVALID_KEY for keys of any other kind
 */
export function signatureAlgorithm(key: KeyObject): WebAlgorithm {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'secp384r1') return { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
  if (curve === 'secp521r1') return { name: 'ECDSA', namedCurve: 'P-521', hash: 'SHA-512' };
  if (curve === 'prime256v1') return { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const kind = curve
    ? sentences.pkiMake.ecCurve(curve)
    : sentences.pkiMake.keyTypeOf(String(key.asymmetricKeyType));
  throw new EnrollkitError('INVALID_KEY', sentences.pkiMake.doesNotSign(kind), {
    next: sentences.pkiMake.signWithOtherKey,
  });
}

/** Converts a node private key for the generators of @peculiar/x509. */
export async function toSigningKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = key.export({ format: 'der', type: 'pkcs8' });
  const imported = await provider.subtle.importKey('pkcs8', der, signatureAlgorithm(key), false, ['sign']);
  return imported as unknown as webcrypto.CryptoKey;
}

/** Converts a node key pair for the generator of certificate requests. */
export async function toSigningKeyPair(privateKey: KeyObject, publicKey: KeyObject) {
  const der = publicKey.export({ format: 'der', type: 'spki' });
  const imported = await provider.subtle.importKey('spki', der, signatureAlgorithm(publicKey), true, [
    'verify',
  ]);
  return {
    privateKey: await toSigningKey(privateKey),
    publicKey: imported as unknown as webcrypto.CryptoKey,
  };
}
