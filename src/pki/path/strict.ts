/** What issuers must hold to, and a validator need not ask: RFC 5280 section 4, and for servers the CA/Browser Forum. */
import type { Certificate } from '../certificate.js';
import { type Element, readOnly, sequenceOf, tags, timeOf } from '../der/read.js';
import { extendedKeyUsageTypes, extensionTypes } from '../extensions.js';
import { isSignedBy } from '../signature.js';
import type { Purpose } from './checks.js';
import { called, type Failure, failureOf } from './failure.js';
import { readNameConstraints } from './name-constraints.js';
import { alternativeNameProblems, serverNameProblems } from './strict-names.js';

type Role = 'leaf' | 'issuer';

/** Sections 4.2.1.1, 4.2.1.2, 4.2.1.8, 4.2.1.13, 4.2.1.15, 4.2.2.1 and 4.2.2.2. */
const neverCritical: Readonly<Record<string, string>> = {
  [extensionTypes.authorityKeyIdentifier]: 'authority key identifier',
  [extensionTypes.subjectKeyIdentifier]: 'subject key identifier',
  '2.5.29.9': 'subject directory attributes',
  '2.5.29.31': 'CRL distribution points',
  '2.5.29.46': 'freshest CRL',
  '1.3.6.1.5.5.7.1.1': 'authority information access',
  '1.3.6.1.5.5.7.1.11': 'subject information access',
};

/** Sections 4.2.1.10, 4.2.1.11 and 4.2.1.14. */
const alwaysCritical: Readonly<Record<string, string>> = {
  [extensionTypes.nameConstraints]: 'name constraints',
  [extensionTypes.policyConstraints]: 'policy constraints',
  [extensionTypes.inhibitAnyPolicy]: 'inhibit anyPolicy',
};

const forAuthoritiesOnly = [
  extensionTypes.nameConstraints,
  extensionTypes.policyMappings,
  extensionTypes.policyConstraints,
  extensionTypes.inhibitAnyPolicy,
];

/** Each rule that a certificate breaks, as half a sentence. */
export function profileProblems(certificate: Certificate, role: Role, purpose: Purpose): string[] {
  const problems = [
    ...fieldProblems(certificate),
    ...extensionProblems(certificate),
    ...keyIdentifierProblems(certificate, purpose),
    ...alternativeNameProblems(certificate),
    ...(role === 'issuer' ? authorityProblems(certificate, purpose) : []),
  ];
  if (role === 'leaf' && purpose === 'serverAuth') problems.push(...serverProblems(certificate));
  return problems;
}

/** Section 4.1. */
function fieldProblems({ version, issuer, toBeSigned }: Certificate): string[] {
  const problems: string[] = [];
  const parts = sequenceOf(readOnly(toBeSigned));
  if (version === 3) parts.shift();
  else problems.push(`its version is ${version} where 3 belongs`);
  if (parts[0]?.tag === 0xa0) parts.shift();
  const [serialNumber, , , validity, , , ...more] = parts;
  const serial = serialNumber!.content;
  if (serial[0]! & 0x80) problems.push('its serial number is negative');
  if (serial.every((octet) => octet === 0)) problems.push('its serial number is zero');
  if (serial.length > 20) problems.push('its serial number has more than 20 octets');
  if (issuer.isEmpty) problems.push('its issuer has no name');
  if (more.some(({ tag }) => tag === 0x81 || tag === 0x82)) problems.push('it has a unique identifier');
  if (sequenceOf(validity).some(isInWrongForm)) {
    problems.push('a date until 2049 is no UTCTime, or a later one no GeneralizedTime');
  }
  return problems;
}

/** Section 4.1.2.5. */
function isInWrongForm(time: Element): boolean {
  return (time.tag === tags.generalizedTime) !== timeOf(time).getUTCFullYear() >= 2050;
}

function extensionProblems(certificate: Certificate): string[] {
  const { extensions, basicConstraints, keyUsage } = certificate;
  const problems: string[] = [];
  for (const { type, critical } of extensions.values()) {
    if (critical && neverCritical[type]) problems.push(`its ${neverCritical[type]} must not be critical`);
    if (!critical && alwaysCritical[type]) problems.push(`its ${alwaysCritical[type]} must be critical`);
  }
  const isAuthority = basicConstraints?.certificateAuthority ?? false;
  const signs = keyUsage?.includes('keyCertSign') ?? false;
  if (keyUsage?.length === 0) problems.push('its key usage allows nothing');
  if (signs && !isAuthority)
    problems.push('its key usage has keyCertSign, yet it is not a certificate authority');
  if (basicConstraints?.pathLength !== undefined && !(isAuthority && signs)) {
    problems.push('it has a path length without being a certificate authority that signs certificates');
  }
  if (hasHostBelowOnly(certificate)) problems.push('its name constraints hold a host with a leading period');
  if (!isAuthority && forAuthoritiesOnly.some((type) => extensions.has(type))) {
    problems.push('it has constraints or mappings, which belong to certificate authorities only');
  }
  return problems;
}

/** Section 4.2.1.10 has a leading period for URIs and mailboxes, not for hosts. */
function hasHostBelowOnly(certificate: Certificate): boolean {
  const constraints = readNameConstraints(certificate);
  if (!constraints) return false;
  const hosts = [constraints.permitted, constraints.excluded].flatMap((names) => names.get('dNSName') ?? []);
  return hosts.some((name) => name.kind === 'dNSName' && name.value.startsWith('.'));
}

/** Section 4.2.1.1: only a certificate that its own key signed can do without. */
function keyIdentifierProblems(certificate: Certificate, purpose: Purpose): string[] {
  const { subject, issuer, extensions, authorityKeyIdentifier } = certificate;
  const extension = extensions.get(extensionTypes.authorityKeyIdentifier);
  const tagsInIt = extension ? sequenceOf(readOnly(extension.value)).map(({ tag }) => tag) : [];
  const problems: string[] = [];
  if (tagsInIt.includes(0xa1) !== tagsInIt.includes(0x82)) {
    problems.push('its authority key identifier has an issuer without a serial number, or the reverse');
  }
  if (purpose === 'serverAuth' && tagsInIt.includes(0xa1))
    problems.push('its authority key identifier names an issuer and a serial number');
  const isSelfSigned = () => subject.equals(issuer) && isSignedBy(certificate, certificate);
  if (authorityKeyIdentifier === undefined && (extension || !isSelfSigned()))
    problems.push('it has no authority key identifier');
  if (
    authorityKeyIdentifier !== undefined &&
    authorityKeyIdentifier !== certificate.subjectKeyIdentifier &&
    isSelfSigned()
  ) {
    problems.push('it signed itself, yet its two key identifiers differ');
  }
  return problems;
}

/** Sections 4.2.1.2, 4.2.1.3 and 4.2.1.9; section 7.1.2.1 of the CA/Browser Forum's for roots. */
function authorityProblems(certificate: Certificate, purpose: Purpose): string[] {
  const { extensions, keyUsage, subjectKeyIdentifier, subject, issuer, extendedKeyUsage } = certificate;
  const problems: string[] = [];
  const constraints = extensions.get(extensionTypes.basicConstraints);
  if (constraints && !constraints.critical) problems.push('its basic constraints must be critical');
  if (!keyUsage) problems.push('it is a certificate authority without a key usage');
  if (subjectKeyIdentifier === undefined) problems.push('it has no subject key identifier');
  if (purpose === 'serverAuth' && extendedKeyUsage && subject.equals(issuer))
    problems.push('it is a root with an extended key usage');
  return problems;
}

/** Section 7.1.2.7 of the CA/Browser Forum's baseline requirements. */
function serverProblems(certificate: Certificate): string[] {
  const { extendedKeyUsage, basicConstraints } = certificate;
  const problems = serverNameProblems(certificate);
  if (!extendedKeyUsage) problems.push('it is of a server and has no extended key usage');
  else if (extendedKeyUsage.includes(extendedKeyUsageTypes.any))
    problems.push('its extended key usage allows everything');
  if (basicConstraints?.certificateAuthority)
    problems.push('it is of a server and a certificate authority at once');
  return problems;
}

/** Section 4.2.1.1: what a certificate says of its issuer's key is what that issuer says of it. */
export function checkKeyIdentifiers(path: readonly Certificate[]): Failure[] {
  return path.slice(0, -1).flatMap((certificate, index) => {
    const { authorityKeyIdentifier } = certificate;
    if (authorityKeyIdentifier === undefined) return [];
    const { subjectKeyIdentifier } = path[index + 1]!;
    if (subjectKeyIdentifier === undefined || subjectKeyIdentifier === authorityKeyIdentifier) return [];
    const message = `The certificate ${called(certificate)} breaks the rules: its authority key identifier is not that of its issuer.`;
    return [failureOf('PROFILE', certificate, message)];
  });
}
