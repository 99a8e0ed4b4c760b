/** What the CA/Browser Forum's baseline requirements for TLS servers (version 2, sections 6.1 and 7.1) add to RFC 5280. */

import { sentences } from '../../languages/language.js';
import { readOnly, sequenceOf } from '../der/read.js';
import type { Certificate } from '../x509/certificate.js';
import { extendedKeyUsageTypes, extensionTypes, type KeyUsage } from '../x509/extensions.js';
import { addressText, type GeneralName } from '../x509/general-name.js';
import { signatureAlgorithmName } from '../x509/signature.js';

/** Sections 7.1.2.7.10 and 7.1.2.10.6: not allowed together with serverAuth. */
const otherPurposes = [
  extendedKeyUsageTypes.codeSigning,
  extendedKeyUsageTypes.emailProtection,
  extendedKeyUsageTypes.timeStamping,
  extendedKeyUsageTypes.OCSPSigning,
];

/** Section 7.1.2.7.11. */
const forbiddenForServers: readonly KeyUsage[] = [
  'nonRepudiation',
  'dataEncipherment',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

/** Section 7.1.3.2.2. */
const hashOfCurve: Readonly<Record<string, string>> = {
  'EC P-256': 'ecdsa-with-SHA256',
  'EC P-384': 'ecdsa-with-SHA384',
  'EC P-521': 'ecdsa-with-SHA512',
};

/** Each rule that a certificate breaks, as part of a sentence. */
export function webProblems(certificate: Certificate, role: 'leaf' | 'issuer'): string[] {
  return [
    ...anyProblems(certificate),
    ...(role === 'issuer' ? authorityProblems(certificate) : serverProblems(certificate)),
  ];
}

/** Sections 7.1.2.7.6, 7.1.2.10.3 and 7.1.3.1. */
function anyProblems({ extensions, publicKeyInfo, keyUsage }: Certificate): string[] {
  const problems: string[] = [];
  if (!['rsa', 'ec'].includes(publicKeyInfo.family))
    problems.push(sentences.pkiPath.webKey(publicKeyInfo.name));
  const [algorithm] = sequenceOf(readOnly(publicKeyInfo.der));
  const [, parameters] = sequenceOf(algorithm);
  if (publicKeyInfo.family === 'rsa' && parameters?.raw.toString('hex') !== '0500')
    problems.push(sentences.pkiPath.webKeyNull);
  const identifier = extensions.get(extensionTypes.authorityKeyIdentifier);
  if (identifier && sequenceOf(readOnly(identifier.value)).some(({ tag }) => tag === 0xa1))
    problems.push(sentences.pkiPath.webIdentifier);
  if (extensions.get(extensionTypes.extendedKeyUsage)?.critical)
    problems.push(sentences.pkiPath.webUsageCritical);
  if (extensions.get(extensionTypes.certificatePolicies)?.critical)
    problems.push(sentences.pkiPath.webPoliciesCritical);
  if (keyUsage?.some((usage) => usage === 'encipherOnly' || usage === 'decipherOnly'))
    problems.push(sentences.pkiPath.webKeyUsage);
  return problems;
}

/** Section 7.1.2.1.2. */
function authorityProblems({ subject, issuer, extendedKeyUsage }: Certificate): string[] {
  const isRoot = subject.equals(issuer);
  return isRoot && extendedKeyUsage ? [sentences.pkiPath.webRootUsage] : [];
}

/** Section 7.1.2.7. */
function serverProblems(certificate: Certificate): string[] {
  const { extendedKeyUsage, basicConstraints, keyUsage = [], extensions } = certificate;
  const problems = nameProblems(certificate);
  if (!extendedKeyUsage) problems.push(sentences.pkiPath.webNoUsage);
  else if (extendedKeyUsage.includes(extendedKeyUsageTypes.any)) problems.push(sentences.pkiPath.webAnyUsage);
  else if (otherPurposes.some((purpose) => extendedKeyUsage.includes(purpose)))
    problems.push(sentences.pkiPath.webOtherUsage);
  if (basicConstraints?.certificateAuthority) problems.push(sentences.pkiPath.webServerAndCa);
  if (basicConstraints && !extensions.get(extensionTypes.basicConstraints)!.critical)
    problems.push(sentences.pkiPath.webConstraintsCritical);
  const forbiddenPurpose = keyUsage.filter((usage) => forbiddenForServers.includes(usage));
  if (forbiddenPurpose.length > 0) problems.push(sentences.pkiPath.webForbiddenUsage(forbiddenPurpose));
  return problems;
}

/** Sections 7.1.2.7.12 and 7.1.4.3. */
function nameProblems({ subject, subjectAlternativeNames: names, extensions }: Certificate): string[] {
  if (!names) return [sentences.pkiPath.webNoAlternativeName];
  const problems: string[] = [];
  if (!subject.isEmpty && extensions.get(extensionTypes.subjectAlternativeName)!.critical)
    problems.push(sentences.pkiPath.webAlternativeNameCritical);
  if (names.some(({ kind }) => kind !== 'dNSName' && kind !== 'iPAddress'))
    problems.push(sentences.pkiPath.webOtherName);
  const texts = new Set(names.map(textOf));
  if (subject.valuesOf('2.5.4.3').some((commonName) => !texts.has(commonName)))
    problems.push(sentences.pkiPath.webCommonName);
  return problems;
}

function textOf(name: GeneralName): string | undefined {
  if (name.kind === 'dNSName') return name.value;
  return name.kind === 'iPAddress' ? addressText(name.value) : undefined;
}

/** Sections 7.1.3.2.2 and 7.1.4.1: rules for a certificate and its issuer. */
export function webProblemsBetween(certificate: Certificate, issuer: Certificate): string[] {
  const problems: string[] = [];
  if (!certificate.issuer.der.equals(issuer.subject.der)) problems.push(sentences.pkiPath.webIssuerName);
  const expected = hashOfCurve[issuer.publicKeyInfo.name];
  if (expected !== undefined && signatureAlgorithmName(certificate.signatureAlgorithm) !== expected)
    problems.push(sentences.pkiPath.webHash(expected));
  return problems;
}
