/** Imports unencrypted private keys into node. */

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { pemEncode } from './containers/pem.js';
import {
  bitStringOf,
  expect,
  objectIdentifierOf,
  octetStringOf,
  readOnly,
  sequenceOf,
  tags,
} from './der/read.js';

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

/**
 * Imports a key that this process has generated, which needs no check. A third of the work for EC keys: OpenSSL's decoders
 * take five times as long as importing the numbers.
 *
 * @param privateKeyInfo PKCS#8 DER, with the public key if it is an EC key
 */
export function generatedKeyOf(privateKeyInfo: Buffer): KeyObject {
  const [, algorithm, privateKey] = sequenceOf(readOnly(privateKeyInfo));
  const [, curve] = sequenceOf(algorithm);
  const crv = curve?.tag === tags.objectIdentifier ? curveNames.get(objectIdentifierOf(curve)) : undefined;
  let key: KeyObject;
  if (crv === undefined) key = createPrivateKey(pemEncode('PRIVATE KEY', privateKeyInfo));
  else {
    const [, scalar, publicKey] = sequenceOf(readOnly(octetStringOf(privateKey)));
    const point = bitStringOf(readOnly(expect(publicKey, publicKeyTag).content)).bytes;
    const size = (point.length - 1) / 2;
    const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
    const [d, ...coordinates] = [octetStringOf(scalar), x, y].map((octets) => octets.toString('base64url'));
    const jwk = { kty: 'EC', crv, d: d!, x: coordinates[0]!, y: coordinates[1]! };
    key = createPrivateKey({ key: jwk, format: 'jwk' });
  }
  wholeKeys.add(key);
  return key;
}

/** RFC 5480 section 2.1.1.1; the names are those of JWK (RFC 7518 section 6.2.1.1). */
const curveNames = new Map([
  ['1.2.840.10045.3.1.7', 'P-256'],
  ['1.3.132.0.34', 'P-384'],
]);
/** In an ECPrivateKey: `[1]` (RFC 5915 section 3). */
const publicKeyTag = 0xa1;

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
