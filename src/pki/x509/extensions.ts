/**
 * The extensions of a certificate (RFC 5280 section 4.2): all of them undecoded, and those that validation needs
 * decoded.
 */
import { sentences } from '../../languages/language.js';
import {
  bitStringOf,
  booleanOf,
  children,
  DerError,
  type Element,
  integerOf,
  objectIdentifierOf,
  octetStringOf,
  readOnly,
  sequenceOf,
  smallIntegerOf,
  tags,
} from '../der/read.js';

/** Object identifiers, dotted. */
export const extensionTypes = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
} as const;

/** RFC 5280 section 4.2.1.3, in the order of the bits. */
export const keyUsageNames = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof keyUsageNames)[number];

/** RFC 5280 section 4.2.1.12; object identifiers, dotted. */
export const extendedKeyUsageTypes = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
} as const;

export interface Extension {
  type: string;
  critical: boolean;
  /** The content of extnValue. */
  value: Buffer;
}

export interface BasicConstraints {
  certificateAuthority: boolean;
  /** How many intermediates below it are allowed, not counting self-issued ones; no limit when undefined. */
  pathLength?: number;
}

/** Reads Extensions. @throws DerError also for duplicates, which RFC 5280 section 4.2 forbids */
export function extensionsOf(element: Element | undefined): Map<string, Extension> {
  const result = new Map<string, Extension>();
  for (const item of sequenceOf(element)) {
    const parts = sequenceOf(item);
    const type = objectIdentifierOf(parts[0]);
    const hasCritical = parts[1]?.tag === tags.boolean;
    // An explicit FALSE is not DER, but old certificates have it and every TLS stack accepts it.
    const critical = hasCritical && booleanOf(parts[1]!);
    if (parts.length !== (hasCritical ? 3 : 2)) throw new DerError(sentences.pkiX509.extensionShape(type));
    if (result.has(type)) throw new DerError(sentences.pkiX509.extensionTwice(type));
    result.set(type, { type, critical, value: octetStringOf(parts.at(-1)) });
  }
  if (result.size === 0) throw new DerError(sentences.pkiX509.extensionsEmpty);
  return result;
}

/** @throws DerError */
export function basicConstraintsOf(value: Buffer): BasicConstraints {
  const parts = sequenceOf(readOnly(value));
  const certificateAuthority = parts[0]?.tag === tags.boolean && booleanOf(parts.shift()!);
  const pathLength = parts.length > 0 ? smallIntegerOf(parts.shift()) : undefined;
  if (parts.length > 0) throw new DerError(sentences.pkiX509.basicConstraintsShape);
  return pathLength === undefined ? { certificateAuthority } : { certificateAuthority, pathLength };
}

/** @throws DerError */
export function keyUsageOf(value: Buffer): KeyUsage[] {
  const { bytes } = bitStringOf(readOnly(value));
  return keyUsageNames.filter((_, bit) => ((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
}

/** Object identifiers, dotted. @throws DerError */
export function extendedKeyUsageOf(value: Buffer): string[] {
  const usages = sequenceOf(readOnly(value)).map((usage) => objectIdentifierOf(usage));
  if (usages.length === 0) throw new DerError(sentences.pkiX509.extendedKeyUsageEmpty);
  return usages;
}

/** Upper-case hexadecimal. @throws DerError */
export function subjectKeyIdentifierOf(value: Buffer): string {
  return octetStringOf(readOnly(value)).toString('hex').toUpperCase();
}

/** The key identifier in upper-case hexadecimal, if present. @throws DerError */
export function authorityKeyIdentifierOf(value: Buffer): string | undefined {
  let identifier: string | undefined;
  for (const part of sequenceOf(readOnly(value))) {
    if (part.tag === 0x80) identifier = part.content.toString('hex').toUpperCase();
    else if (part.tag === 0xa1) children(part);
    else if (part.tag === 0x82) integerOf(part, 0x82);
    else throw new DerError(sentences.pkiX509.authorityKeyIdentifierShape);
  }
  return identifier;
}
