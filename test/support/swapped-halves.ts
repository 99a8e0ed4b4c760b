/** A private key as no program makes it, and as a damaged or forged file can have it. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { pemEncode } from '../../src/pki/containers/pem.js';

/** PKCS#8 PEM with the public half of one EC key and the private half of another of the same curve; node takes it. */
export function swappedHalves(ofPublicHalf: KeyObject, ofPrivateHalf: KeyObject): string {
  const scalar = (key: KeyObject) => Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url');
  const der = ofPublicHalf.export({ format: 'der', type: 'pkcs8' });
  scalar(ofPrivateHalf).copy(der, der.indexOf(scalar(ofPublicHalf)));
  const pem = pemEncode('PRIVATE KEY', der);
  createPrivateKey(pem);
  return pem;
}
