/** Key pairs in DER, as fast as the platform generates them. Loaded by every worker, so it imports nothing heavy. */
import { createECDH, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { bitStringOf, octetStringOf, readOnly, sequenceOf } from '../../pki/der/read.js';
import type { KeyAlgorithm } from '../../pki/keys.js';
import { privateKeyOf } from '../../pki/private-key.js';
import { runSlowWork, runSlowWorkSync } from '../../pki/slow-work.js';

/** DER; valid until the next key pair is made. */
export interface EncodedKeyPair {
  /** SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7). */
  publicKeyInfo: Buffer;
  /** The BIT STRING in it; its digest is the key identifier. */
  publicKeyBits: Buffer;
  /** PrivateKeyInfo, PKCS#8 (RFC 5958). */
  privateKeyInfo: Buffer;
}

const spki = { format: 'der', type: 'spki' } as const;
const pkcs8 = { format: 'der', type: 'pkcs8' } as const;

/** Returns a function that generates key pairs. */
export function keyPairSource(algorithm: KeyAlgorithm): () => EncodedKeyPair {
  if (algorithm === 'ec-p256') return ellipticCurveSource('prime256v1');
  if (algorithm === 'ec-p384') return ellipticCurveSource('secp384r1');
  const bits = bitsOf(algorithm);
  return () => keyPairOf(runSlowWorkSync({ kind: 'rsa', bits }));
}

const bitsOf = (algorithm: KeyAlgorithm) => Number(algorithm.slice('rsa-'.length));

/**
 * Like {@link keyPairSource}, but several key pairs may be in use at a time, and RSA keys do not block this thread.
 *
 * @param signal cancels the generation
 */
export function asyncKeyPairSource(
  algorithm: KeyAlgorithm,
  signal: AbortSignal,
): () => EncodedKeyPair | Promise<EncodedKeyPair> {
  if (algorithm.startsWith('ec-')) {
    const next = keyPairSource(algorithm);
    return () => {
      const { publicKeyInfo, publicKeyBits, privateKeyInfo } = next();
      return {
        publicKeyInfo: Buffer.from(publicKeyInfo),
        publicKeyBits: Buffer.from(publicKeyBits),
        privateKeyInfo: Buffer.from(privateKeyInfo),
      };
    };
  }
  const bits = bitsOf(algorithm);
  return async () => keyPairOf(await runSlowWork({ kind: 'rsa', bits }, signal));
}

/** @param privateKeyInfo PKCS#8 DER */
export function keyPairOf(privateKeyInfo: Uint8Array): EncodedKeyPair {
  const publicKeyInfo = createPublicKey(privateKeyOf(privateKeyInfo)).export(spki);
  return {
    publicKeyInfo,
    publicKeyBits: publicKeyBitsOf(publicKeyInfo),
    privateKeyInfo: Buffer.from(privateKeyInfo.buffer, privateKeyInfo.byteOffset, privateKeyInfo.length),
  };
}

/**
 * ECDH objects generate the same keys as generateKeyPair, as bare numbers: KeyObjects and their export cost more than
 * the key. The encodings around the numbers are copied from a key pair that node encoded.
 *
 * Node.js encodes it while it generates it. A KeyObject must not come out of generateKeyPairSync: exporting it as a JWK
 * locks its mutex, and a garbage collection meanwhile destroys the finished generation, which waits for the same mutex
 * for ever (seen in Node.js 20.20; once in a hundred runs under load).
 */
function ellipticCurveSource(namedCurve: string): () => EncodedKeyPair {
  const { publicKey: publicKeyInfo, privateKey: privateKeyInfo } = generateKeyPairSync('ec', {
    namedCurve,
    publicKeyEncoding: spki,
    privateKeyEncoding: pkcs8,
  });
  const [, , ecPrivateKey] = sequenceOf(readOnly(privateKeyInfo));
  const [, privateKey] = sequenceOf(readOnly(octetStringOf(ecPrivateKey)));
  const scalar = octetStringOf(privateKey);
  const point = publicKeyBitsOf(publicKeyInfo);
  const publicKeyBits = publicKeyInfo.subarray(publicKeyInfo.length - point.length);
  const privatePoint = privateKeyInfo.subarray(privateKeyInfo.indexOf(point), privateKeyInfo.length);
  const scalarAt = privateKeyInfo.indexOf(scalar);
  const privateScalar = privateKeyInfo.subarray(scalarAt, scalarAt + scalar.length);
  const ecdh = createECDH(namedCurve);
  return () => {
    const made = ecdh.generateKeys();
    publicKeyBits.set(made);
    privatePoint.set(made);
    // Node omits leading zeros; RFC 5915 requires as many octets as the order of the curve has.
    const number = ecdh.getPrivateKey();
    const zeros = privateScalar.length - number.length;
    if (zeros > 0) privateScalar.fill(0, 0, zeros);
    privateScalar.set(number, zeros);
    return { publicKeyInfo, publicKeyBits, privateKeyInfo };
  };
}

/** The octets of the key in a SubjectPublicKeyInfo: what a key identifier is the hash of (RFC 5280 section 4.2.1.2). */
export function publicKeyBitsOf(publicKeyInfo: Buffer): Buffer {
  return bitStringOf(sequenceOf(readOnly(publicKeyInfo))[1]).bytes;
}
