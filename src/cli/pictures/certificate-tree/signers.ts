/** Who signed whom, decided as path validation does: the issuer's name, and a signature by its key. */
import type { Certificate } from '../../../pki/x509/certificate.js';
import { isSignedBy } from '../../../pki/x509/signature.js';
import { isSelfSigned } from '../../input/order.js';

/** Signatures that do not fit their key, over all certificates. Hostile files could have millions of namesakes. */
const maxFailedChecks = 20_000;

export interface Signers {
  /**
   * Every certificate of the CA that signed one, the best first: self-signed, then the latest end of validity. Empty for
   * a self-signed certificate, and when the CA is not among the given certificates.
   */
  of: ReadonlyMap<Certificate, readonly Certificate[]>;
  selfSigned: ReadonlySet<Certificate>;
  /** False if too many CAs have the same name: then some signers were not looked for. */
  complete: boolean;
}

/** @param certificates without copies */
export function findSigners(certificates: readonly Certificate[]): Signers {
  const selfSigned = new Set(certificates.filter(isSelfSigned));
  const keysByName = keysOf(certificates, selfSigned);
  let failedChecks = 0;
  let complete = true;
  const signersOf = (certificate: Certificate): readonly Certificate[] => {
    const wanted = certificate.authorityKeyIdentifier;
    const keys = keysByName.get(certificate.issuer.key) ?? [];
    // The key identifier is only a hint (RFC 5280 section 4.2.1.1).
    const likely = (key: readonly Certificate[]) =>
      key.some(({ subjectKeyIdentifier: found }) => found !== undefined && found === wanted);
    for (const key of keys.length < 2
      ? keys
      : [...keys].sort((a, b) => Number(likely(b)) - Number(likely(a)))) {
      if (failedChecks >= maxFailedChecks) {
        complete = false;
        return [];
      }
      if (isSignedBy(certificate, key[0]!)) return key;
      failedChecks += 1;
    }
    return [];
  };
  const of = new Map(certificates.map((one) => [one, selfSigned.has(one) ? [] : signersOf(one)] as const));
  return { of, selfSigned, complete };
}

/** The certificates by their subjects, those with the same key together: a CA that is cross-signed or renewed. */
function keysOf(
  certificates: readonly Certificate[],
  selfSigned: ReadonlySet<Certificate>,
): ReadonlyMap<string, readonly (readonly Certificate[])[]> {
  const names = new Map<string, Map<string, Certificate[]>>();
  for (const certificate of certificates) {
    const name = certificate.subject.key;
    const keys = names.get(name) ?? new Map<string, Certificate[]>();
    const key = certificate.publicKeyInfo.der.toString('latin1');
    const same = keys.get(key) ?? [];
    same.push(certificate);
    keys.set(key, same);
    names.set(name, keys);
  }
  const best = (a: Certificate, b: Certificate) =>
    Number(selfSigned.has(b)) - Number(selfSigned.has(a)) || b.notAfter.getTime() - a.notAfter.getTime();
  return new Map([...names].map(([name, keys]) => [name, [...keys.values()].map((same) => same.sort(best))]));
}
