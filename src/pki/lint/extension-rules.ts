/** Rules for extensions (RFC 5280 section 4.2). */

import type { Sentences } from '../../languages/en.js';
import { sentences } from '../../languages/language.js';
import { DerError, readOnly, sequenceOf, smallIntegerOf } from '../der/read.js';
import { certificateLabel, shortened } from '../path/failure.js';
import type { Certificate } from '../x509/certificate.js';
import { extendedKeyUsageTypes, extensionTypes, type KeyUsage } from '../x509/extensions.js';
import { generalNameText } from '../x509/general-name.js';
import type { PublicKeyInfo } from '../x509/public-key.js';
import { isSignedBy } from '../x509/signature.js';
import { alternativeNameProblems } from './alternative-name-rules.js';
import { contentProblems } from './extension-content.js';
import { type Finding, finding, type LintCode } from './rules.js';

type Criticality = 'MUST_BE' | 'MUST_NOT_BE' | 'SHOULD_BE' | 'SHOULD_NOT_BE';

interface KnownExtension {
  name: keyof Sentences['pkiLint']['extensions'];
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
    name: 'authorityKeyIdentifier',
    section: '4.2.1.1',
    criticality: always('MUST_NOT_BE'),
  },
  [extensionTypes.subjectKeyIdentifier]: {
    name: 'subjectKeyIdentifier',
    section: '4.2.1.2',
    criticality: always('MUST_NOT_BE'),
  },
  [extensionTypes.keyUsage]: { name: 'keyUsage', section: '4.2.1.3', criticality: always('SHOULD_BE') },
  [extensionTypes.certificatePolicies]: {
    name: 'certificatePolicies',
    section: '4.2.1.4',
    isSequence: true,
  },
  [extensionTypes.policyMappings]: {
    name: 'policyMappings',
    section: '4.2.1.5',
    criticality: always('SHOULD_BE'),
    onlyForCa: true,
    isSequence: true,
  },
  [extensionTypes.subjectAlternativeName]: {
    name: 'subjectAlternativeName',
    section: '4.2.1.6',
    // Without a subject it must be critical: SUBJECT_EMPTY checks that.
    criticality: ({ subject }) => (subject.isEmpty ? undefined : 'SHOULD_NOT_BE'),
  },
  '2.5.29.18': {
    name: 'issuerAlternativeName',
    section: '4.2.1.7',
    criticality: always('SHOULD_NOT_BE'),
    isSequence: true,
  },
  '2.5.29.9': {
    name: 'subjectDirectoryAttributes',
    section: '4.2.1.8',
    criticality: always('MUST_NOT_BE'),
    isSequence: true,
  },
  [extensionTypes.basicConstraints]: {
    name: 'basicConstraints',
    section: '4.2.1.9',
    criticality: ({ basicConstraints }) => (basicConstraints?.certificateAuthority ? 'MUST_BE' : undefined),
  },
  [extensionTypes.nameConstraints]: {
    name: 'nameConstraints',
    section: '4.2.1.10',
    criticality: always('MUST_BE'),
    onlyForCa: true,
    isSequence: true,
  },
  [extensionTypes.policyConstraints]: {
    name: 'policyConstraints',
    section: '4.2.1.11',
    criticality: always('MUST_BE'),
    onlyForCa: true,
    isSequence: true,
  },
  [extensionTypes.extendedKeyUsage]: {
    name: 'extendedKeyUsage',
    section: '4.2.1.12',
    criticality: ({ extendedKeyUsage }) =>
      extendedKeyUsage?.includes(extendedKeyUsageTypes.any) ? 'SHOULD_NOT_BE' : undefined,
  },
  '2.5.29.31': {
    name: 'distributionPoints',
    section: '4.2.1.13',
    criticality: always('SHOULD_NOT_BE'),
    isSequence: true,
  },
  [extensionTypes.inhibitAnyPolicy]: {
    name: 'inhibitAnyPolicy',
    section: '4.2.1.14',
    criticality: always('MUST_BE'),
    onlyForCa: true,
  },
  '2.5.29.46': {
    name: 'freshestList',
    section: '4.2.1.15',
    criticality: always('MUST_NOT_BE'),
    isSequence: true,
  },
  '1.3.6.1.5.5.7.1.1': {
    name: 'authorityInformationAccess',
    section: '4.2.2.1',
    criticality: always('MUST_NOT_BE'),
    isSequence: true,
  },
  '1.3.6.1.5.5.7.1.11': {
    name: 'subjectInformationAccess',
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
  const say = sentences.pkiLint;
  const label = certificateLabel(certificate);
  const add = (code: LintCode, message: string, source?: string) =>
    findings.push(finding(code, certificate, message, source));
  const isCa = certificate.basicConstraints?.certificateAuthority ?? false;

  for (const { type, critical, value } of certificate.extensions.values()) {
    const extension = known[type];
    if (!extension) {
      if (critical) {
        add('UNKNOWN_CRITICAL_EXTENSION', say.unknownCriticalExtension(label, type));
      }
      continue;
    }
    const what = say.extensions[extension.name];
    const source = `RFC 5280 section ${extension.section}`;
    const criticality = extension.criticality?.(certificate);
    if (criticality && critical === criticality.endsWith('NOT_BE')) {
      add(`EXTENSION_${criticality}_CRITICAL`, say.criticality[criticality](label, what), source);
    }
    if (extension.onlyForCa && !isCa) {
      add('EXTENSION_ONLY_FOR_CA', say.extensionOnlyForCa(label, what), source);
    }
    if (!hasShape(type, extension, value)) {
      add('EXTENSION_MALFORMED', say.extensionMalformed(label, what), source);
    }
  }
  lintKeyIdentifiers(certificate, add, label, isCa);
  lintUsages(certificate, add, label, isCa);
  for (const alternative of certificate.subjectAlternativeNames ?? []) {
    for (const { code, problem } of alternativeNameProblems(alternative))
      add(code, say.alternativeName(label, shortened(generalNameText(alternative)), problem));
  }
  for (const { code, message } of contentProblems(certificate, label)) add(code, message);
  return findings;
}

type Add = (code: LintCode, message: string) => void;

function lintKeyIdentifiers(certificate: Certificate, add: Add, label: string, isCa: boolean): void {
  const say = sentences.pkiLint;
  const { subject, issuer, authorityKeyIdentifier, subjectKeyIdentifier } = certificate;
  if (authorityKeyIdentifier === undefined) {
    const isSelfSigned = subject.equals(issuer) && isSignedBy(certificate, certificate);
    if (!isSelfSigned) add('AUTHORITY_KEY_IDENTIFIER_MISSING', say.authorityKeyIdentifierMissing(label));
  }
  if (subjectKeyIdentifier === undefined) {
    add(
      isCa ? 'CA_SUBJECT_KEY_IDENTIFIER_MISSING' : 'SUBJECT_KEY_IDENTIFIER_MISSING',
      say.subjectKeyIdentifierMissing(label),
    );
  }
}

function lintUsages(certificate: Certificate, add: Add, label: string, isCa: boolean): void {
  const say = sentences.pkiLint;
  const { basicConstraints, keyUsage, extendedKeyUsage, publicKeyInfo } = certificate;
  const canCertify = keyUsage?.includes('keyCertSign') ?? false;
  if (keyUsage?.length === 0) add('KEY_USAGE_EMPTY', say.keyUsageEmpty(label));
  if (!keyUsage && isCa) add('CA_KEY_USAGE_MISSING', say.caWithoutKeyUsage(label));
  if (canCertify && !isCa) {
    add('KEY_CERT_SIGN_WITHOUT_CA', say.keyCertSignWithoutCa(label));
  }
  if (isCa && keyUsage && !canCertify) {
    add('CA_WITHOUT_KEY_CERT_SIGN', say.caWithoutKeyCertSign(label));
  }
  if (basicConstraints?.pathLength !== undefined && !(isCa && canCertify)) {
    add('PATH_LENGTH_WITHOUT_CA', say.pathLengthWithoutCa(label));
  }
  const impossible = (impossibleUsages[publicKeyInfo.family] ?? []).filter((usage) =>
    keyUsage?.includes(usage),
  );
  if (impossible.length > 0) {
    add('KEY_USAGE_OF_KEY', say.keyUsageOfKey(label, impossible, publicKeyInfo.name));
  }
  const signs = keyUsage?.some((usage) => usage === 'keyCertSign' || usage === 'cRLSign') ?? false;
  const enciphers = enciphermentUsages.some((usage) => keyUsage?.includes(usage));
  if (isCa && publicKeyInfo.family === 'rsa' && signs && enciphers)
    add('CA_KEY_ENCIPHERS', say.caKeyEnciphers(label));
  // A CA's extended key usage is about the certificates below it.
  if (isCa || !keyUsage) return;
  for (const type of extendedKeyUsage ?? []) {
    const usages = consistentUsages[type];
    if (usages && !usages.some((usage) => keyUsage.includes(usage))) {
      const purpose = Object.entries(extendedKeyUsageTypes).find(([, value]) => value === type)![0];
      add('EXTENDED_KEY_USAGE_CONFLICT', say.extendedKeyUsageConflict(label, purpose, usages));
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
