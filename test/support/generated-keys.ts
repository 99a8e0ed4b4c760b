/** Key pairs of any kind, generated at once. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/**
 * As generateKeyPairSync of node:crypto, whose KeyObjects can wait for ever: see `ellipticCurveSource` in
 * `src/fleet/issue/key-pairs.ts`.
 */
export function generatedKeys(
  type: 'ec' | 'rsa' | 'ed25519' | 'ed448',
  options: { namedCurve?: string; modulusLength?: number } = {},
): { publicKey: KeyObject; privateKey: KeyObject } {
  const { privateKey: der } = generateKeyPairSync(type as 'ec', {
    ...(options as { namedCurve: string }),
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  });
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { publicKey: createPublicKey(privateKey), privateKey };
}
