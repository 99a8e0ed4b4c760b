/** Certificate requests out of files. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Contents } from '../../pki/containers/contents.js';
import { type CertificateRequest, parseCertificateRequest } from '../../pki/x509/csr.js';
import { generalNameText } from '../../pki/x509/general-name.js';
import { commonNameType } from '../../pki/x509/name.js';
import { publicKeyProblem } from '../../pki/x509/public-key.js';
import { naming, readBytes } from './read-file.js';

/**
 * The certificate request of a file, PEM or DER; its signature is checked.
 *
 * @throws EnrollkitError FILE_UNREADABLE, INVALID_CERTIFICATE_REQUEST, naming the file
 */
export function readRequest(path: string): CertificateRequest {
  const bytes = readBytes(path);
  return naming(path, () => parseCertificateRequest(bytes));
}

/**
 * The common name of a device's request; empty if there is none. Of two, each reader would take another one for the
 * device's identity.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE_REQUEST
 */
export function onlyCommonName({ subject }: CertificateRequest): string {
  const names = subject.valuesOf(commonNameType);
  if (names.length <= 1) return names[0] ?? '';
  const why = sentences.cliInput.request.commonNames(names.length, subject.text);
  throw new EnrollkitError('INVALID_CERTIFICATE_REQUEST', why, { next: sentences.cliInput.request.oneName });
}

/** @throws EnrollkitError INVALID_CERTIFICATE_REQUEST */
export function assertStrongKey({ publicKeyInfo }: CertificateRequest): void {
  const why = publicKeyProblem(publicKeyInfo);
  if (why === undefined) return;
  throw new EnrollkitError('INVALID_CERTIFICATE_REQUEST', why, {
    next: sentences.cliInput.request.strongerKey,
  });
}

/** Whether a file holds a certificate request and no certificate. */
export function isRequest(contents: Contents): boolean {
  if (contents.form === 'der') return contents.kind === 'certificate request';
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
