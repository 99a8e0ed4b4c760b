/** What a certificate is for, as far as it and its place in a certificate folder say so. */
import { usualUse } from '../../../pki/lint/lint.js';
import type { Certificate } from '../../../pki/x509/certificate.js';

export type Kind = 'root' | 'intermediate' | 'edge' | 'device' | 'server' | 'verification' | 'self-signed';

/** Whether it is a CA that signs others. */
export function isAuthority(kind: Kind): boolean {
  return kind === 'root' || kind === 'intermediate' || kind === 'edge';
}

/** The verification codes of DPS. */
const verificationCode = /^[0-9A-F]{48}$/i;

/** @param files where it was read from */
export function kindOf(certificate: Certificate, selfSigned: boolean, files: readonly string[]): Kind {
  const isIn = (folder: string) => files.some((file) => file.split(/[/\\]/).slice(0, -1).includes(folder));
  const { commonName = '' } = certificate.subject;
  const use = usualUse(certificate);
  if (use === 'ca') {
    if (selfSigned) return 'root';
    const { pathLength } = certificate.basicConstraints ?? {};
    // As `cert edge` names and limits it. The chain of an Edge CA has its issuers in the same folder.
    const looksLikeEdge = commonName.endsWith('.ca') && pathLength !== undefined && pathLength <= 1;
    return looksLikeEdge ? 'edge' : 'intermediate';
  }
  if (selfSigned) return 'self-signed';
  if (use === 'server') return 'server';
  return verificationCode.test(commonName) || isIn('proof-of-possession') ? 'verification' : 'device';
}
