/** PBMAC1 in PKCS#12 files (RFC 9579): an HMAC whose key PBKDF2 derives. */

import { createHmac } from 'node:crypto';
import { sentences } from '../../../languages/language.js';
import { countOf, DerError, octetStringOf, readOnly, sequenceOf, smallIntegerOf } from '../../der/read.js';
import { algorithmOf } from '../../x509/certificate.js';
import { type Deriving, slowly } from '../deriving.js';
import type { KeyDerivationWork } from './work.js';

export const pbmac1 = '1.2.840.113549.1.5.14';
const pbkdf2 = '1.2.840.113549.1.5.12';

/** RFC 8018 appendix B.1, as far as RFC 9579 wants them. */
const hmacs: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};
/** RFC 9579 section 9: shorter keys can be guessed. */
const minKeyOctets = 20;
const maxKeyOctets = 1024;

/**
 * The MAC of some octets.
 *
 * @param parameters PBMAC1-params (RFC 8018 appendix A.5)
 * @throws DerError for other algorithms, a missing or short key length, or too much key derivation
 */
export function* pbmac1Of(
  parameters: Buffer | undefined,
  authenticated: Buffer,
  passphrase: string,
  work: KeyDerivationWork,
): Deriving<Buffer> {
  if (!parameters) throw new DerError(sentences.pkiContainers.pbmac1Without);
  const [derivation, scheme, ...rest] = sequenceOf(readOnly(parameters)).map(algorithmOf);
  const mac = hmacs[scheme?.type ?? ''];
  if (derivation?.type !== pbkdf2 || !derivation.parameters || !mac || rest.length > 0)
    throw new DerError(sentences.pkiContainers.pbmac1Algorithms);
  const [salt, iterations, length, ...options] = sequenceOf(readOnly(derivation.parameters));
  const keyLength = length?.tag === 0x02 ? smallIntegerOf(length) : undefined;
  if (keyLength === undefined) throw new DerError(sentences.pkiContainers.pbmac1KeyUnknown);
  if (keyLength < minKeyOctets || keyLength > maxKeyOctets)
    throw new DerError(sentences.pkiContainers.pbmac1KeyLength(keyLength, minKeyOctets, maxKeyOctets));
  const [pseudorandom, ...more] = options.map(algorithmOf);
  const hash = pseudorandom ? hmacs[pseudorandom.type] : 'sha1';
  if (!hash || more.length > 0) throw new DerError(sentences.pkiContainers.pbmac1Parameters);
  const derived = {
    kind: 'pbkdf2' as const,
    passphrase,
    salt: octetStringOf(salt),
    iterations: work.pbkdf2(countOf(iterations)),
    length: keyLength,
    hash,
  };
  const key = yield* work.key(derived, slowly);
  return createHmac(mac, key).update(authenticated).digest();
}
