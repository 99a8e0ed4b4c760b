/** Imports unencrypted private keys into node. */

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { pemEncode } from './containers/pem.js';
import { readOnly, sequenceOf, tags } from './der/read.js';

/**
 * The only way to import a private key. Node is never given a passphrase: it would derive keys for as long as a file
 * asks, and nothing could stop it.
 *
 * @param label the PEM label of the octets: `PRIVATE KEY` is PKCS#8, `EC PRIVATE KEY` SEC 1, `RSA PRIVATE KEY` PKCS#1
 * @throws EnrollkitError KEY_MISMATCH if its public half is not that of its private half; INVALID_KEY for an EC key with
 *   explicit parameters; Error from node:crypto if it is no key, which must not be shown: it may quote the key
 */
export function privateKeyOf(der: Uint8Array, label = 'PRIVATE KEY'): KeyObject {
  const key = createPrivateKey(pemEncode(label, der));
  if (key.asymmetricKeyType === 'ec' && !namesItsCurve(key)) throw explicitParameters();
  if (signsFor(key, createPublicKey(key))) return key;
  throw new EnrollkitError('KEY_MISMATCH', sentences.pkiMake.keyDamaged, {
    next: sentences.pkiMake.restoreKey,
  });
}

/** Node recognizes the curve of explicit parameters, but keeps them; so ask the key's encoding. */
function namesItsCurve(key: KeyObject): boolean {
  const [, algorithm] = sequenceOf(readOnly(key.export({ format: 'der', type: 'pkcs8' })));
  return sequenceOf(algorithm)[1]?.tag === tags.objectIdentifier;
}

/** RFC 5480 section 2.1.1 forbids them in certificates: they could describe a weak curve (CVE-2020-0601). */
function explicitParameters(): EnrollkitError {
  return new EnrollkitError('INVALID_KEY', sentences.pkiMake.explicitParameters, {
    next: sentences.pkiMake.useNamedCurve,
  });
}

/** Keys already checked: an issuer's key is checked for every certificate. */
const wholeKeys = new WeakSet<KeyObject>();

/**
 * Whether what a private key signs holds under a public key that says it is its own. A damaged or forged file can
 * hold the public half of one key and the private half of another, and node accepts it.
 */
export function signsFor(privateKey: KeyObject, publicKey: KeyObject): boolean {
  if (wholeKeys.has(privateKey)) return true;
  const { asymmetricKeyType: type } = privateKey;
  // Keys of other types are not used for signing here.
  if (type !== 'rsa' && type !== 'ec' && type !== 'ed25519') return true;
  const digest = type === 'ed25519' ? null : 'sha256';
  const data = Buffer.from('enrollkit');
  try {
    if (!verify(digest, data, publicKey, sign(digest, data, privateKey))) return false;
  } catch {
    return false;
  }
  wholeKeys.add(privateKey);
  return true;
}
