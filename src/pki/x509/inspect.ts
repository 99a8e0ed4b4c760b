/** Describes a certificate for people and scripts. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { type Certificate, certificateDers, sha1Thumbprint, sha256Thumbprint } from './certificate.js';
import { extendedKeyUsageTypes } from './extensions.js';
import { generalNameText } from './general-name.js';
import { lookAtCertificate, odditiesOf } from './look.js';
import { isSignedBy, signatureAlgorithmName } from './signature.js';

export { sha1Thumbprint, sha256Thumbprint } from './certificate.js';

export interface CertificateDescription {
  /** As .NET shows it, the most specific part first: `CN=device-001, O=Contoso`. */
  subject: string;
  /** The most specific common name. */
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
  /** How many intermediates below it are allowed; absent when there is no limit. */
  pathLength?: number;
  /** Names from RFC 5280; empty without the extension. */
  keyUsage: string[];
  /** Names from RFC 5280, or object identifiers; empty without the extension. */
  extendedKeyUsage: string[];
  /** As openssl shows them: `DNS:example.com`, `IP Address:192.0.2.1`. */
  subjectAlternativeNames: string[];
  /** Issuer and subject are the same, and its own key signed it. */
  selfSigned: boolean;
  /** Why `parseCertificate` refuses it, if it does: the rest is then what could be read. */
  problems?: string[];
}

const extendedKeyUsageNames = new Map<string, string>(
  Object.entries(extendedKeyUsageTypes).map(([name, type]) => [type, name]),
);

/**
 * Describes a certificate: PEM, DER or parsed. One that is malformed is described as far as it can be read.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE for what is no certificate, or more than one
 */
export function inspectCertificate(input: Certificate | string | Uint8Array): CertificateDescription {
  const certificate =
    typeof input === 'string' || input instanceof Uint8Array ? onlyCertificate(input) : input;
  const problems = odditiesOf(certificate).map(({ problem }) => problem);
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
    ...(problems.length > 0 ? { problems } : {}),
  };
}

function onlyCertificate(input: string | Uint8Array): Certificate {
  const [der, ...more] = certificateDers(input);
  if (more.length === 0) return lookAtCertificate(der!);
  throw new EnrollkitError('INVALID_CERTIFICATE', sentences.pkiX509.severalCertificates(more.length + 1));
}
