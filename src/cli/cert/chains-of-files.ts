/** The chains in a set of files, each once. */
import { type Certificate, sha256Thumbprint } from '../../pki/x509/certificate.js';
import { isSignedBy } from '../../pki/x509/signature.js';
import type { CertificateFile } from '../input/certificate-files.js';
import { chainFrom, isSelfSigned, maxChainCertificates } from '../input/order.js';

export interface FileChain {
  /** Of several files with this chain, the one that holds the most of it; then the first. */
  path: string;
  /** The file's own order, then what the other files hold above it. */
  certificates: Certificate[];
}

/**
 * The certificates of each file as a chain, in the order of the file, and completed from all of the files where the
 * issuers of the last one are among them. A PKCS#7 file has an order only by who issued whom, and may hold several
 * chains. Files of one chain, such as `certificate.pem` beside `chain.pem`, give it once.
 *
 * @returns shorter chains first, so that a CA comes before what it issued
 */
export function chainsOfFiles(files: readonly CertificateFile[]): FileChain[] {
  const authorities = authoritiesIn(files);
  const chains = new Map<string, FileChain & { held: number }>();
  for (const file of files) {
    for (const held of sequencesIn(file)) {
      const certificates = completed(held, authorities);
      const key = certificates.map(sha256Thumbprint).join();
      const before = chains.get(key);
      if (before && before.held >= held.length) continue;
      chains.set(key, { path: file.path, certificates, held: held.length });
    }
  }
  return [...chains.values()]
    .map(({ path, certificates }) => ({ path, certificates }))
    .sort((a, b) => a.certificates.length - b.certificates.length);
}

function sequencesIn({ certificates, unordered }: CertificateFile): Certificate[][] {
  if (certificates.length === 0) return [];
  if (!unordered) return [certificates];
  const isIssuer = (one: Certificate) =>
    certificates.some((other) => other !== one && other.issuer.equals(one.subject) && isSignedBy(other, one));
  const ends = certificates.filter((one) => !isIssuer(one));
  return ends.map((end) => chainFrom(end, certificates));
}

type Authorities = ReadonlyMap<string, readonly Certificate[]>;

const nameKey = ({ der }: Certificate['subject']) => Buffer.from(der).toString('latin1');

/** The CAs of all files, by their subjects; the one that is valid longest first. */
function authoritiesIn(files: readonly CertificateFile[]): Authorities {
  const distinct = new Map(
    files
      .flatMap(({ certificates }) => certificates)
      .filter(({ basicConstraints }) => basicConstraints?.certificateAuthority)
      .map((certificate) => [sha256Thumbprint(certificate), certificate]),
  );
  const bySubject = new Map<string, Certificate[]>();
  for (const certificate of [...distinct.values()].sort(
    (a, b) => b.notAfter.getTime() - a.notAfter.getTime(),
  )) {
    const key = nameKey(certificate.subject);
    bySubject.set(key, [...(bySubject.get(key) ?? []), certificate]);
  }
  return bySubject;
}

function completed(held: readonly Certificate[], authorities: Authorities): Certificate[] {
  const chain = [...held];
  for (let top = chain.at(-1)!; chain.length < maxChainCertificates && !isSelfSigned(top); ) {
    const issuer = authorities
      .get(nameKey(top.issuer))
      ?.find((one) => !chain.includes(one) && isSignedBy(top, one));
    if (!issuer) break;
    chain.push(issuer);
    top = issuer;
  }
  return chain;
}
