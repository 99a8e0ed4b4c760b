/** A certificate as plain data, for people and for JSON. */
import { isIPv6 } from 'node:net';
import { type Certificate, parseCertificate, sha1Thumbprint, sha256Thumbprint } from './certificate.js';
import { readOnly } from './der/read.js';
import type { GeneralName } from './extensions.js';
import { parseName } from './name.js';
import { extendedKeyUsages } from './profile.js';

export { sha1Thumbprint, sha256Thumbprint } from './certificate.js';

export interface CertificateDescription {
  /** Most specific first: "CN=device-001, O=Contoso". */
  subject: string;
  commonName: string | null;
  issuer: string;
  /** Upper-case hexadecimal, as are the thumbprints. */
  serialNumber: string;
  version: number;
  /** ISO 8601, UTC. */
  notBefore: string;
  notAfter: string;
  sha1Thumbprint: string;
  sha256Thumbprint: string;
  /** "EC P-256", "RSA 2048", ... */
  keyAlgorithm: string;
  signatureAlgorithm: string;
  certificateAuthority: boolean;
  pathLength: number | null;
  keyUsage: string[];
  extendedKeyUsage: string[];
  /** "DNS:localhost", "IP:127.0.0.1", ... */
  subjectAlternativeNames: string[];
  /** Subject and issuer are the same name. */
  selfIssued: boolean;
}

/**
 * @param certificate a parsed certificate, PEM or DER
 * @throws EnrollkitError INVALID_CERTIFICATE
 */
export function inspectCertificate(certificate: Certificate | string | Uint8Array): CertificateDescription {
  const parsed = isParsed(certificate) ? certificate : parseCertificate(certificate);
  return {
    subject: parsed.subject.text,
    commonName: parsed.subject.commonName ?? null,
    issuer: parsed.issuer.text,
    serialNumber: parsed.serialNumber,
    version: parsed.version,
    notBefore: parsed.notBefore.toISOString(),
    notAfter: parsed.notAfter.toISOString(),
    sha1Thumbprint: sha1Thumbprint(parsed),
    sha256Thumbprint: sha256Thumbprint(parsed),
    keyAlgorithm: keyAlgorithm(parsed),
    signatureAlgorithm: signatureAlgorithms[parsed.signatureAlgorithm.oid] ?? parsed.signatureAlgorithm.oid,
    certificateAuthority: parsed.basicConstraints?.certificateAuthority ?? false,
    pathLength: parsed.basicConstraints?.pathLength ?? null,
    keyUsage: parsed.keyUsage ?? [],
    extendedKeyUsage: (parsed.extendedKeyUsage ?? []).map((oid) => purposeNames.get(oid) ?? oid),
    subjectAlternativeNames: (parsed.subjectAlternativeNames ?? []).map(alternativeName),
    selfIssued: parsed.subject.canonical === parsed.issuer.canonical,
  };
}

const purposeNames = new Map<string, string>(
  Object.entries(extendedKeyUsages).map(([name, oid]) => [oid, name]),
);

const signatureAlgorithms: Record<string, string> = {
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.2.840.113549.1.1.10': 'RSASSA-PSS',
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.10045.4.3.2': 'ecdsa-with-SHA256',
  '1.2.840.10045.4.3.3': 'ecdsa-with-SHA384',
  '1.2.840.10045.4.3.4': 'ecdsa-with-SHA512',
  '1.3.101.112': 'Ed25519',
};

function isParsed(certificate: Certificate | string | Uint8Array): certificate is Certificate {
  return typeof certificate === 'object' && 'der' in certificate;
}

function keyAlgorithm({ publicKey }: Certificate): string {
  const { namedCurve = '', modulusLength } = publicKey.asymmetricKeyDetails ?? {};
  const curve = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }[namedCurve] ?? namedCurve;
  switch (publicKey.asymmetricKeyType) {
    case 'ec':
      return `EC ${curve}`;
    case 'rsa':
    case 'rsa-pss':
      return `${publicKey.asymmetricKeyType.toUpperCase()} ${modulusLength}`;
    default:
      return publicKey.asymmetricKeyType ?? 'unknown';
  }
}

function alternativeName({ kind, value }: GeneralName): string {
  if (kind === 'IP') return `IP:${ipAddress(Buffer.from(value, 'hex'))}`;
  if (kind === 'directory') return `directory:${parseName(readOnly(Buffer.from(value, 'hex'))).text}`;
  return `${kind}:${value}`;
}

function ipAddress(octets: Buffer): string {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) return octets.toString('hex');
  const groups = Array.from({ length: 8 }, (_, index) => octets.readUInt16BE(index * 2).toString(16)).join(
    ':',
  );
  return isIPv6(groups) ? new URL(`http://[${groups}]`).hostname.slice(1, -1) : groups;
}
