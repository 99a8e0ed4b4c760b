/** Which public keys are accepted: signatures by weak ones can be forged. */
import { sentences } from '../../languages/language.js';
import { bitStringOf, integerOf, readOnly, sequenceOf } from '../der/read.js';
import type { PublicKeyInfo } from '../x509/public-key.js';

/** NIST SP 800-131A: shorter RSA keys are no longer allowed. */
const minRsaBits = 2_048;

/** What is wrong with a key, as part of a sentence; undefined if it is accepted. */
export function publicKeyProblem({ der, family, name, bits }: PublicKeyInfo): string | undefined {
  if (family === 'other') return sentences.pkiPath.keyType(name);
  if (family !== 'rsa' && family !== 'rsa-pss') return undefined;
  if (bits < minRsaBits) return sentences.pkiPath.keyTooShort(name, minRsaBits);
  if (bits % 8 !== 0) return sentences.pkiPath.keyOddSize(name);
  const [modulus, exponent] = sequenceOf(readOnly(bitStringOf(sequenceOf(readOnly(der))[1]).bytes)).map(
    (item) => integerOf(item),
  );
  if (!isOdd(modulus!)) return sentences.pkiPath.keyEvenModulus(name);
  // With the exponent 1 anyone can sign; NIST SP 800-89 section 5.3.3 requires a larger, odd one.
  if (!isOdd(exponent!) || (exponent!.length === 1 && exponent![0]! < 3))
    return sentences.pkiPath.keyExponent(name);
  return undefined;
}

function isOdd(integer: Buffer): boolean {
  return (integer.at(-1)! & 1) === 1;
}
