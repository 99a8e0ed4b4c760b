/** The chain that a device presented, link by link, and where it breaks. */

import { sameId } from '../../dps/contract/ids.js';
import { type Certificate, parseCertificate, sha256Thumbprint } from '../../pki/x509/certificate.js';
import { isSignedBy } from '../../pki/x509/signature.js';
import type { RegistrationVerdict } from '../dps/registration/verdict.js';

/** A certificate of the chain. */
export interface ChainLink {
  kind: 'device' | 'intermediate' | 'root';
  /** Undefined if it cannot be read. */
  certificate: Certificate | undefined;
  /** Whether the device sent it; otherwise it is uploaded to DPS. */
  isSent: boolean;
  /** The names under which it is uploaded and verified. */
  verifiedAs: readonly string[];
  unverifiedAs: string | undefined;
}

export interface ChainPicture {
  /** From the device upward; empty if it presented no certificate. */
  links: ChainLink[];
  /** The issuer of the last link, if it is neither sent nor uploaded. */
  missingIssuer: string | undefined;
  /** Certificates that the device sent, but that do not belong to the chain. */
  unrelated: ChainLink[];
  /**
   * Where the chain breaks: the index of a link, of the missing issuer after the links, or of the enrollment after that;
   * undefined if the device may register.
   */
  breaksAt: number | undefined;
}

/** The longest chain that is drawn. */
const maxLinks = 16;

const pictures = new WeakMap<RegistrationVerdict, ChainPicture>();

/** The chain of a registration, computed once. */
export function chainPictureOf(verdict: RegistrationVerdict): ChainPicture {
  let picture = pictures.get(verdict);
  if (picture === undefined) {
    picture = draw(verdict);
    pictures.set(verdict, picture);
  }
  return picture;
}

function draw(verdict: RegistrationVerdict): ChainPicture {
  if (verdict.hasToken || verdict.chain.length === 0) {
    const isRefused = verdict.outcome.type === 'refused';
    return { links: [], missingIssuer: undefined, unrelated: [], breaksAt: isRefused ? 0 : undefined };
  }
  const { links, missingIssuer, unrelated } = follow(verdict);
  return { links, missingIssuer, unrelated, breaksAt: breakOf(verdict, links, missingIssuer) };
}

/** Follows the issuers from the device's certificate up to a verified CA, a self-signed certificate, or a missing one. */
function follow(verdict: RegistrationVerdict): Omit<ChainPicture, 'breaksAt'> {
  const [leaf, ...sent] = verdict.chain.map((der) => linkOf(der, true, verdict));
  const links = [leaf!];
  let others = sent;
  let missingIssuer: string | undefined;
  const known = [
    ...verdict.verified.map(({ certificate }) => certificate.der),
    ...verdict.unverified.map(({ der }) => der),
  ]
    .filter((der) => !verdict.chain.some((one) => one.equals(der)))
    .map((der) => linkOf(der, false, verdict));
  while (links.length < maxLinks) {
    const { certificate, verifiedAs } = links.at(-1)!;
    if (certificate === undefined || (verifiedAs.length > 0 && links.length > 1) || isSelfSigned(certificate))
      break;
    const next = issuerOf(certificate, others) ?? issuerOf(certificate, known);
    if (next === undefined) {
      missingIssuer = certificate.issuer.text;
      break;
    }
    links.push(next);
    others = others.filter((one) => one !== next);
  }
  return { links, missingIssuer, unrelated: others };
}

/** Of those with the issuer's name, the one whose key signed the certificate; else the first. */
function issuerOf(certificate: Certificate, links: readonly ChainLink[]): ChainLink | undefined {
  const named = links.filter((link) => link.certificate?.subject.text === certificate.issuer.text);
  return named.find((link) => isSignedBy(certificate, link.certificate!)) ?? named[0];
}

function isSelfSigned(certificate: Certificate): boolean {
  return certificate.subject.text === certificate.issuer.text && isSignedBy(certificate, certificate);
}

function linkOf(
  der: Buffer,
  isSent: boolean,
  { chain, verified, unverified }: RegistrationVerdict,
): ChainLink {
  let certificate: Certificate | undefined;
  try {
    certificate = parseCertificate(der);
  } catch {
    // Shown as unreadable.
  }
  return {
    kind: der === chain[0] ? 'device' : certificate && isSelfSigned(certificate) ? 'root' : 'intermediate',
    certificate,
    isSent,
    verifiedAs: verified.find((one) => one.certificate.der.equals(der))?.names ?? [],
    unverifiedAs: unverified.find((one) => one.der.equals(der))?.name,
  };
}

/** The first link from the device upward that is broken. */
function breakOf(
  { outcome, registrationId }: RegistrationVerdict,
  links: readonly ChainLink[],
  missingIssuer: string | undefined,
): number | undefined {
  if (outcome.type === 'accepted') return undefined;
  const [{ certificate: leaf } = links[0]!] = links;
  const { commonName } = leaf?.subject ?? {};
  if (leaf === undefined || commonName === undefined || !sameId(commonName, registrationId)) return 0;
  const enrollment = links.length + (missingIssuer === undefined ? 0 : 1);
  const inLinks = outcome.failures.flatMap(({ code, certificate }) => {
    const at = links.findIndex(
      (link) => link.certificate && sha256Thumbprint(link.certificate) === certificate,
    );
    // This link is good: the one above it is missing.
    return at < 0 || code === 'ISSUER_NOT_FOUND' ? [] : [at];
  });
  const notVerified = links.findIndex(
    ({ unverifiedAs, verifiedAs }) => unverifiedAs !== undefined && verifiedAs.length === 0,
  );
  const isMissing = outcome.failures.some(({ code }) => code === 'ISSUER_NOT_FOUND');
  const found = [
    ...inLinks,
    ...(notVerified >= 0 && isMissing ? [notVerified] : []),
    ...(isMissing && notVerified < 0 ? [missingIssuer === undefined ? links.length - 1 : links.length] : []),
  ];
  return found.length === 0 ? enrollment : Math.min(...found);
}
