/** The algorithm that a key signs with. */

import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { nullValue, objectIdentifier, sequence } from '../der/write.js';

export interface SignatureAlgorithm {
  /** As node:crypto calls it. */
  digest: 'sha256' | 'sha384' | 'sha512';
  /** AlgorithmIdentifier; DER. */
  identifier: Buffer;
}

/** By OpenSSL's name of the curve. Their identifiers have no parameters (RFC 5758 section 3.2). */
const ofCurve: Readonly<Record<string, SignatureAlgorithm>> = {
  prime256v1: { digest: 'sha256', identifier: sequence(objectIdentifier('1.2.840.10045.4.3.2')) },
  secp384r1: { digest: 'sha384', identifier: sequence(objectIdentifier('1.2.840.10045.4.3.3')) },
  secp521r1: { digest: 'sha512', identifier: sequence(objectIdentifier('1.2.840.10045.4.3.4')) },
};

/** PKCS #1 v1.5; the parameters are NULL (RFC 4055 section 5). */
const ofRsa: SignatureAlgorithm = {
  digest: 'sha256',
  identifier: sequence(objectIdentifier('1.2.840.113549.1.1.11'), nullValue()),
};

/**
 * ECDSA with the hash of the curve, or RSA with SHA-256.
 *
 * @throws EnrollkitError INVALID_KEY for keys of any other kind
 */
export function signatureAlgorithm(key: KeyObject): SignatureAlgorithm {
  if (key.asymmetricKeyType === 'rsa') return ofRsa;
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const algorithm = ofCurve[curve ?? ''];
  if (algorithm) return algorithm;
  const kind = curve
    ? sentences.pkiMake.ecCurve(curve)
    : sentences.pkiMake.keyTypeOf(String(key.asymmetricKeyType));
  throw new EnrollkitError('INVALID_KEY', sentences.pkiMake.doesNotSign(kind), {
    next: sentences.pkiMake.signWithOtherKey,
  });
}
