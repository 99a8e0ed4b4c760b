/** A certificate for people. */
import type { CertificateDescription } from '../../pki/x509/inspect.js';
import type { RequestDescription } from '../input/request-file.js';
import { padEnd, widest } from '../terminal/text.js';

/** The rows of a certificate that was just made, and of those that are shown in short. */
export function shortRows(description: CertificateDescription): [string, string][] {
  const { subject, issuer, selfSigned, notAfter, keyAlgorithm, sha1Thumbprint, sha256Thumbprint } =
    description;
  return [
    ['Subject', subject],
    ['Issuer', selfSigned ? 'itself' : issuer],
    ['Valid until', notAfter],
    ['Key', keyAlgorithm],
    ['SHA-1', sha1Thumbprint],
    ['SHA-256', sha256Thumbprint],
  ];
}

/** All that enrollkit knows of a certificate. */
export function fullRows(description: CertificateDescription): [string, string][] {
  const { certificateAuthority, pathLength, keyUsage, extendedKeyUsage, subjectAlternativeNames } =
    description;
  const limit = pathLength === undefined ? 'no path length' : `path length ${pathLength}`;
  return [
    ['Subject', description.subject],
    ['Issuer', description.selfSigned ? 'itself (self-signed)' : description.issuer],
    ['Serial number', description.serialNumber],
    ['Valid from', description.notBefore],
    ['Valid until', description.notAfter],
    ['Key', description.keyAlgorithm],
    ['Signature', description.signatureAlgorithm],
    ['CA', certificateAuthority ? `yes, ${limit}` : 'no'],
    ...rowOf('Key usage', keyUsage),
    ...rowOf('Extended usage', extendedKeyUsage),
    ...rowOf('Also named', subjectAlternativeNames),
    ['SHA-1', description.sha1Thumbprint],
    ['SHA-256', description.sha256Thumbprint],
    ...(description.problems ?? []).map((problem): [string, string] => ['Malformed', problem]),
  ];
}

/** What a request asks for, and what of it is not given. */
export function requestRows(description: RequestDescription): [string, string][] {
  const { subject, keyAlgorithm, subjectAlternativeNames, otherAlternativeNames } = description;
  return [
    ['Subject', subject === '' ? 'none' : subject],
    ['Key', keyAlgorithm],
    ['Signature', 'good: who made it holds the private key'],
    ...rowOf('Also named', subjectAlternativeNames),
    ...rowOf('Left out', otherAlternativeNames),
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
