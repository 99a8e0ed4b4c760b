/** A certificate described for people and for scripts. */
import { type Certificate, parseCertificate, sha1Thumbprint, sha256Thumbprint } from './certificate.js';
import { extendedKeyUsageTypes } from './extensions.js';
import { generalNameText } from './general-name.js';
import { isSignedBy, signatureAlgorithmName } from './signature.js';

export { sha1Thumbprint, sha256Thumbprint } from './certificate.js';

export interface CertificateDescription {
  /** As .NET shows it, the most specific part first: `CN=device-001, O=Contoso`. */
  subject: string;
  /** The most specific one. */
  commonName?: string;
  issuer: string;
  /** Upper-case hexadecimal. */
  serialNumber: string;
  version: 1 | 2 | 3;
  /** ISO 8601, in UTC. */
  notBefore: string;
  notAfter: string;
  /** Upper-case hexadecimal. */
  sha1Thumbprint: string;
  sha256Thumbprint: string;
  /** `EC P-256`, `RSA 2048`, `Ed25519`. */
  keyAlgorithm: string;
  /** `ecdsa-with-SHA256`, as openssl names it. */
  signatureAlgorithm: string;
  certificateAuthority: boolean;
  /** How many intermediates may stand below; left out when there is no limit. */
  pathLength?: number;
  /** RFC 5280's names of the bits; empty without the extension. */
  keyUsage: string[];
  /** RFC 5280's names, or object identifiers of what it does not name; empty without the extension. */
  extendedKeyUsage: string[];
  /** As openssl shows them: `DNS:example.com`, `IP Address:192.0.2.1`. */
  subjectAlternativeNames: string[];
  /** Issued to itself, and signed with its own key. */
  selfSigned: boolean;
}

const extendedKeyUsageNames = new Map<string, string>(
  Object.entries(extendedKeyUsageTypes).map(([name, type]) => [type, name]),
);

/**
 * Describes a certificate, PEM or DER or already parsed.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE
 */
export function inspectCertificate(input: Certificate | string | Uint8Array): CertificateDescription {
  const certificate =
    typeof input === 'string' || input instanceof Uint8Array ? parseCertificate(input) : input;
  const { subject, issuer, basicConstraints } = certificate;
  const { commonName } = subject;
  const pathLength = basicConstraints?.pathLength;
  return {
    subject: subject.text,
    ...(commonName === undefined ? {} : { commonName }),
    issuer: issuer.text,
    serialNumber: certificate.serialNumber,
    version: certificate.version,
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    sha1Thumbprint: sha1Thumbprint(certificate),
    sha256Thumbprint: sha256Thumbprint(certificate),
    keyAlgorithm: certificate.publicKeyInfo.name,
    signatureAlgorithm: signatureAlgorithmName(certificate.signatureAlgorithm),
    certificateAuthority: basicConstraints?.certificateAuthority ?? false,
    ...(pathLength === undefined ? {} : { pathLength }),
    keyUsage: [...(certificate.keyUsage ?? [])],
    extendedKeyUsage: (certificate.extendedKeyUsage ?? []).map(
      (type) => extendedKeyUsageNames.get(type) ?? type,
    ),
    subjectAlternativeNames: (certificate.subjectAlternativeNames ?? []).map(generalNameText),
    selfSigned: subject.equals(issuer) && isSignedBy(certificate, certificate),
  };
}
