/** A certificate for people. */
import { sentences } from '../../languages/language.js';
import type { CertificateDescription } from '../../pki/x509/inspect.js';
import type { RequestDescription } from '../input/request-file.js';
import { padEnd, widest } from '../terminal/text.js';

/** The rows of a certificate that was just made, and of those that are shown in short. */
export function shortRows(description: CertificateDescription): [string, string][] {
  const { subject, issuer, selfSigned, notAfter, keyAlgorithm, sha1Thumbprint, sha256Thumbprint } =
    description;
  return [
    [sentences.cliCert.rows.subject, subject],
    [sentences.cliCert.rows.issuer, selfSigned ? sentences.cliCert.rows.itself : issuer],
    [sentences.cliCert.rows.validUntil, notAfter],
    [sentences.cliCert.rows.key, keyAlgorithm],
    ['SHA-1', sha1Thumbprint],
    ['SHA-256', sha256Thumbprint],
  ];
}

/** All that enrollkit knows of a certificate. */
export function fullRows(description: CertificateDescription): [string, string][] {
  const { certificateAuthority, pathLength, keyUsage, extendedKeyUsage, subjectAlternativeNames } =
    description;
  return [
    [sentences.cliCert.rows.subject, description.subject],
    [
      sentences.cliCert.rows.issuer,
      description.selfSigned ? sentences.cliCert.rows.selfSigned : description.issuer,
    ],
    [sentences.cliCert.rows.serialNumber, description.serialNumber],
    [sentences.cliCert.rows.validFrom, description.notBefore],
    [sentences.cliCert.rows.validUntil, description.notAfter],
    [sentences.cliCert.rows.key, description.keyAlgorithm],
    [sentences.cliCert.rows.signature, description.signatureAlgorithm],
    [
      sentences.cliCert.rows.authority,
      certificateAuthority
        ? sentences.cliCert.rows.isAuthority(pathLength)
        : sentences.cliCert.rows.notAuthority,
    ],
    ...rowOf(sentences.cliCert.rows.keyUsage, keyUsage),
    ...rowOf(sentences.cliCert.rows.extendedKeyUsage, extendedKeyUsage),
    ...rowOf(sentences.cliCert.rows.alternativeNames, subjectAlternativeNames),
    ['SHA-1', description.sha1Thumbprint],
    ['SHA-256', description.sha256Thumbprint],
    ...(description.problems ?? []).map((problem): [string, string] => [
      sentences.cliCert.rows.malformed,
      problem,
    ]),
  ];
}

/** What a request asks for, and what of it is not given. */
export function requestRows(description: RequestDescription): [string, string][] {
  const { subject, keyAlgorithm, subjectAlternativeNames, otherAlternativeNames } = description;
  return [
    [sentences.cliCert.rows.subject, subject === '' ? sentences.cliCert.rows.noSubject : subject],
    [sentences.cliCert.rows.key, keyAlgorithm],
    [sentences.cliCert.rows.signature, sentences.cliCert.rows.requestSignature],
    ...rowOf(sentences.cliCert.rows.alternativeNames, subjectAlternativeNames),
    ...rowOf(sentences.cliCert.rows.leftOut, otherAlternativeNames),
  ];
}

function rowOf(title: string, values: readonly string[]): [string, string][] {
  return values.length === 0 ? [] : [[title, values.join(', ')]];
}

/** Rows as text; long values are kept whole, since people copy them. */
export function rowsText(rows: readonly (readonly [string, string])[], indent = ''): string {
  const width = widest(rows.map(([title]) => title));
  return rows.map(([title, value]) => `${indent}${padEnd(title, width)}  ${value}`).join('\n');
}
