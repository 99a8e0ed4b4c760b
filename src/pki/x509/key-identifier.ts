/** The identifier of a public key. */
import { createHash, type KeyObject } from 'node:crypto';
import { bitStringOf, readOnly, sequenceOf } from '../der/read.js';

/** RFC 5280 section 4.2.1.2, method 1: SHA-1 of the public key's bits; hexadecimal. */
export function keyIdentifier(publicKey: KeyObject): string {
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const { bytes } = bitStringOf(sequenceOf(readOnly(spki))[1]);
  return createHash('sha1').update(bytes).digest('hex');
}
