/** Certificate requests out of files. */
import { EnrollkitError } from '../../errors.js';
import { type CertificateRequest, parseCertificateRequest } from '../../pki/x509/csr.js';
import { generalNameText } from '../../pki/x509/general-name.js';
import { type FileContents, heldBy, naming, readContents } from './read-file.js';

/**
 * The certificate request of a file, PEM or DER; its signature is checked.
 *
 * @throws EnrollkitError FILE_UNREADABLE, INVALID_CERTIFICATE_REQUEST, naming the file
 */
export function readRequest(path: string): CertificateRequest {
  const contents = readContents(path);
  return naming(path, () => {
    if (contents.form === 'der' && contents.kind === 'request') return parseCertificateRequest(contents.der);
    const blocks = contents.form === 'pem' ? contents.blocks : [];
    const requests = blocks.filter(({ label }) => label.endsWith('CERTIFICATE REQUEST'));
    if (requests.length === 1) return parseCertificateRequest(requests[0]!.der);
    const why =
      requests.length > 1
        ? `It holds ${requests.length} certificate requests where one belongs.`
        : `It holds ${heldBy(contents)}, and no certificate request.`;
    throw new EnrollkitError('INVALID_CERTIFICATE_REQUEST', why);
  });
}

/** Whether a file holds a certificate request and no certificate. */
export function isRequest(contents: FileContents): boolean {
  if (contents.form === 'der') return contents.kind === 'request';
  const labels = contents.blocks.map(({ label }) => label);
  return labels.some((label) => label.endsWith('CERTIFICATE REQUEST')) && !labels.includes('CERTIFICATE');
}

/** A request described for people and for scripts; its signature is good, else it would not have been read. */
export interface RequestDescription {
  /** As .NET shows it, the most specific part first. */
  subject: string;
  commonName?: string;
  /** `EC P-256`, `RSA 2048`, `Ed25519`. */
  keyAlgorithm: string;
  /** Those that `cert sign` copies, as openssl shows them. */
  subjectAlternativeNames: string[];
  /** Those that it leaves out. */
  otherAlternativeNames: string[];
}

export function describeRequest(request: CertificateRequest): RequestDescription {
  const { subject, publicKeyInfo, subjectAlternativeNames, otherAlternativeNames } = request;
  const { dns = [], ip = [], uri = [], email = [] } = subjectAlternativeNames;
  const { commonName } = subject;
  return {
    subject: subject.text,
    ...(commonName === undefined ? {} : { commonName }),
    keyAlgorithm: publicKeyInfo.name,
    subjectAlternativeNames: [
      ...dns.map((name) => `DNS:${name}`),
      ...ip.map((address) => `IP Address:${address}`),
      ...uri.map((name) => `URI:${name}`),
      ...email.map((name) => `email:${name}`),
    ],
    otherAlternativeNames: otherAlternativeNames.map(generalNameText),
  };
}
