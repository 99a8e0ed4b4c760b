/** Rules for extensions (RFC 5280 section 4.2). */

import { DerError, readOnly, sequenceOf, smallIntegerOf } from '../der/read.js';
import { certificateLabel } from '../path/failure.js';
import type { Certificate } from '../x509/certificate.js';
import { extendedKeyUsageTypes, extensionTypes, type KeyUsage } from '../x509/extensions.js';
import type { PublicKeyInfo } from '../x509/public-key.js';
import { isSignedBy } from '../x509/signature.js';
import { alternativeNameProblems } from './alternative-name-rules.js';
import { contentProblems } from './extension-content.js';
import { type Finding, finding, type LintCode } from './rules.js';

type Criticality = 'MUST_BE' | 'MUST_NOT_BE' | 'SHOULD_BE' | 'SHOULD_NOT_BE';

interface KnownExtension {
  name: string;
  section: string;
  /** Undefined if either is allowed. */
  criticality?: (certificate: Certificate) => Criticality | undefined;
  onlyForCa?: true;
  /** A SEQUENCE of at least one element, whose content is not checked. */
  isSequence?: true;
}

const always = (criticality: Criticality) => () => criticality;

const known: Readonly<Record<string, KnownExtension>> = {
  [extensionTypes.authorityKeyIdentifier]: {
    name: 'authority key identifier',
    section: '4.2.1.1',
    criticality: always('MUST_NOT_BE'),
  },
  [extensionTypes.subjectKeyIdentifier]: {
    name: 'subject key identifier',
    section: '4.2.1.2',
    criticality: always('MUST_NOT_BE'),
  },
  [extensionTypes.keyUsage]: { name: 'key usage', section: '4.2.1.3', criticality: always('SHOULD_BE') },
  [extensionTypes.certificatePolicies]: {
    name: 'certificate policies',
    section: '4.2.1.4',
    isSequence: true,
  },
  [extensionTypes.policyMappings]: {
    name: 'policy mappings',
    section: '4.2.1.5',
    criticality: always('SHOULD_BE'),
    onlyForCa: true,
    isSequence: true,
  },
  [extensionTypes.subjectAlternativeName]: {
    name: 'subject alternative name',
    section: '4.2.1.6',
    // Without a subject it must be critical: SUBJECT_EMPTY checks that.
    criticality: ({ subject }) => (subject.isEmpty ? undefined : 'SHOULD_NOT_BE'),
  },
  '2.5.29.18': {
    name: 'issuer alternative name',
    section: '4.2.1.7',
    criticality: always('SHOULD_NOT_BE'),
    isSequence: true,
  },
  '2.5.29.9': {
    name: 'subject directory attributes',
    section: '4.2.1.8',
    criticality: always('MUST_NOT_BE'),
    isSequence: true,
  },
  [extensionTypes.basicConstraints]: {
    name: 'basic constraints',
    section: '4.2.1.9',
    criticality: ({ basicConstraints }) => (basicConstraints?.certificateAuthority ? 'MUST_BE' : undefined),
  },
  [extensionTypes.nameConstraints]: {
    name: 'name constraints',
    section: '4.2.1.10',
    criticality: always('MUST_BE'),
    onlyForCa: true,
    isSequence: true,
  },
  [extensionTypes.policyConstraints]: {
    name: 'policy constraints',
    section: '4.2.1.11',
    criticality: always('MUST_BE'),
    onlyForCa: true,
    isSequence: true,
  },
  [extensionTypes.extendedKeyUsage]: {
    name: 'extended key usage',
    section: '4.2.1.12',
    criticality: ({ extendedKeyUsage }) =>
      extendedKeyUsage?.includes(extendedKeyUsageTypes.any) ? 'SHOULD_NOT_BE' : undefined,
  },
  '2.5.29.31': {
    name: 'CRL distribution points',
    section: '4.2.1.13',
    criticality: always('SHOULD_NOT_BE'),
    isSequence: true,
  },
  [extensionTypes.inhibitAnyPolicy]: {
    name: 'inhibit anyPolicy',
    section: '4.2.1.14',
    criticality: always('MUST_BE'),
    onlyForCa: true,
  },
  '2.5.29.46': {
    name: 'freshest CRL',
    section: '4.2.1.15',
    criticality: always('MUST_NOT_BE'),
    isSequence: true,
  },
  '1.3.6.1.5.5.7.1.1': {
    name: 'authority information access',
    section: '4.2.2.1',
    criticality: always('MUST_NOT_BE'),
    isSequence: true,
  },
  '1.3.6.1.5.5.7.1.11': {
    name: 'subject information access',
    section: '4.2.2.2',
    criticality: always('MUST_NOT_BE'),
    isSequence: true,
  },
};

/** The key usages of which an extended key usage needs at least one (RFC 5280 section 4.2.1.12). */
const consistentUsages: Readonly<Record<string, readonly KeyUsage[]>> = {
  [extendedKeyUsageTypes.serverAuth]: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
  [extendedKeyUsageTypes.clientAuth]: ['digitalSignature', 'keyAgreement'],
  [extendedKeyUsageTypes.codeSigning]: ['digitalSignature'],
  [extendedKeyUsageTypes.emailProtection]: [
    'digitalSignature',
    'nonRepudiation',
    'keyEncipherment',
    'keyAgreement',
  ],
  [extendedKeyUsageTypes.timeStamping]: ['digitalSignature', 'nonRepudiation'],
  [extendedKeyUsageTypes.OCSPSigning]: ['digitalSignature', 'nonRepudiation'],
};

const enciphermentUsages: readonly KeyUsage[] = ['keyEncipherment', 'dataEncipherment'];
const agreementUsages: readonly KeyUsage[] = ['keyAgreement', 'encipherOnly', 'decipherOnly'];
const impossibleUsages: Readonly<Partial<Record<PublicKeyInfo['family'], readonly KeyUsage[]>>> = {
  ec: enciphermentUsages,
  ed25519: enciphermentUsages,
  rsa: agreementUsages,
  'rsa-pss': agreementUsages,
};

export function lintExtensions(certificate: Certificate): Finding[] {
  if (certificate.version !== 3) return [];
  const findings: Finding[] = [];
  const name = `The certificate ${certificateLabel(certificate)}`;
  const add = (code: LintCode, message: string, source?: string) =>
    findings.push(finding(code, certificate, message, source));
  const isCa = certificate.basicConstraints?.certificateAuthority ?? false;

  for (const { type, critical, value } of certificate.extensions.values()) {
    const extension = known[type];
    if (!extension) {
      if (critical) {
        add(
          'UNKNOWN_CRITICAL_EXTENSION',
          `${name} has the critical extension ${type}; who does not know it refuses it.`,
        );
      }
      continue;
    }
    const source = `RFC 5280 section ${extension.section}`;
    const criticality = extension.criticality?.(certificate);
    if (criticality && critical === criticality.endsWith('NOT_BE')) {
      const should = criticality.startsWith('MUST') ? 'must' : 'should';
      const not = criticality.endsWith('NOT_BE') ? ' not' : '';
      const why = `${name} has the extension ${extension.name} as ${critical ? '' : 'not '}critical; it ${should}${not} be.`;
      add(`EXTENSION_${criticality}_CRITICAL`, why, source);
    }
    if (extension.onlyForCa && !isCa) {
      add('EXTENSION_ONLY_FOR_CA', `${name} is no CA, yet it has the extension ${extension.name}.`, source);
    }
    if (!hasShape(type, extension, value)) {
      add('EXTENSION_MALFORMED', `${name} has the extension ${extension.name} in a wrong shape.`, source);
    }
  }
  lintKeyIdentifiers(certificate, add, name, isCa);
  lintUsages(certificate, add, name, isCa);
  for (const alternative of certificate.subjectAlternativeNames ?? []) {
    for (const { code, problem } of alternativeNameProblems(alternative))
      add(code, `${name} has the alternative name ${problem}.`);
  }
  for (const { code, problem } of contentProblems(certificate)) add(code, `${name} ${problem}.`);
  return findings;
}

type Add = (code: LintCode, message: string) => void;

function lintKeyIdentifiers(certificate: Certificate, add: Add, name: string, isCa: boolean): void {
  const { subject, issuer, authorityKeyIdentifier, subjectKeyIdentifier } = certificate;
  if (authorityKeyIdentifier === undefined) {
    const isSelfSigned = subject.equals(issuer) && isSignedBy(certificate, certificate);
    if (!isSelfSigned)
      add('AUTHORITY_KEY_IDENTIFIER_MISSING', `${name} does not identify the key of its issuer.`);
  }
  if (subjectKeyIdentifier === undefined) {
    add(
      isCa ? 'CA_SUBJECT_KEY_IDENTIFIER_MISSING' : 'SUBJECT_KEY_IDENTIFIER_MISSING',
      `${name} does not identify its own key.`,
    );
  }
}

function lintUsages(certificate: Certificate, add: Add, name: string, isCa: boolean): void {
  const { basicConstraints, keyUsage, extendedKeyUsage, publicKeyInfo } = certificate;
  const canCertify = keyUsage?.includes('keyCertSign') ?? false;
  if (keyUsage?.length === 0) add('KEY_USAGE_EMPTY', `${name} has a key usage that allows nothing.`);
  if (!keyUsage && isCa) add('CA_KEY_USAGE_MISSING', `${name} is a CA without a key usage.`);
  if (canCertify && !isCa) {
    add('KEY_CERT_SIGN_WITHOUT_CA', `${name} has the key usage keyCertSign, yet it is no CA.`);
  }
  if (isCa && keyUsage && !canCertify) {
    add(
      'CA_WITHOUT_KEY_CERT_SIGN',
      `${name} is a CA, yet its key usage lacks keyCertSign: it can issue nothing.`,
    );
  }
  if (basicConstraints?.pathLength !== undefined && !(isCa && canCertify)) {
    add('PATH_LENGTH_WITHOUT_CA', `${name} has a path length, yet it may not sign certificates.`);
  }
  const impossible = (impossibleUsages[publicKeyInfo.family] ?? []).filter((usage) =>
    keyUsage?.includes(usage),
  );
  if (impossible.length > 0) {
    add(
      'KEY_USAGE_OF_KEY',
      `${name} has the key usage ${impossible.join(' and ')}, for which its key (${publicKeyInfo.name}) cannot be used.`,
    );
  }
  const signs = keyUsage?.some((usage) => usage === 'keyCertSign' || usage === 'cRLSign') ?? false;
  const enciphers = enciphermentUsages.some((usage) => keyUsage?.includes(usage));
  if (isCa && publicKeyInfo.family === 'rsa' && signs && enciphers)
    add('CA_KEY_ENCIPHERS', `${name} is a CA, and its key enciphers, too.`);
  // A CA's extended key usage is about the certificates below it.
  if (isCa || !keyUsage) return;
  for (const type of extendedKeyUsage ?? []) {
    const usages = consistentUsages[type];
    if (usages && !usages.some((usage) => keyUsage.includes(usage))) {
      const purpose = Object.entries(extendedKeyUsageTypes).find(([, value]) => value === type)![0];
      add(
        'EXTENDED_KEY_USAGE_CONFLICT',
        `${name} is for ${purpose}, yet its key usage lacks ${usages.join(' or ')}.`,
      );
    }
  }
}

function hasShape(type: string, { isSequence }: KnownExtension, value: Buffer): boolean {
  try {
    if (isSequence) return sequenceOf(readOnly(value)).length > 0;
    if (type === extensionTypes.inhibitAnyPolicy) smallIntegerOf(readOnly(value));
    return true;
  } catch (error) {
    if (error instanceof DerError) return false;
    throw error;
  }
}
