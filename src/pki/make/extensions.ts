/** Writes the extensions of certificates (RFC 5280 section 4.2.1). */

import { hash, type KeyObject } from 'node:crypto';
import { bitStringOf, readOnly, sequenceOf } from '../der/read.js';
import {
  implicitPrimitive,
  integer,
  namedBits,
  objectIdentifier,
  octetString,
  sequence,
  trueValue,
} from '../der/write.js';
import type { Certificate } from '../x509/certificate.js';
import {
  type BasicConstraints,
  type Extension,
  extendedKeyUsageTypes,
  extensionTypes,
  type KeyUsage,
  keyUsageNames,
} from '../x509/extensions.js';

/** DER. */
export function encodeExtension({ type, critical, value }: Extension): Buffer {
  return sequence(objectIdentifier(type), ...(critical ? [trueValue()] : []), octetString(value));
}

export function basicConstraintsExtension(
  { certificateAuthority, pathLength }: BasicConstraints,
  critical: boolean,
): Extension {
  const value = sequence(
    ...(certificateAuthority ? [trueValue()] : []),
    ...(pathLength === undefined ? [] : [integer(pathLength)]),
  );
  return { type: extensionTypes.basicConstraints, critical, value };
}

export function keyUsageExtension(usages: readonly KeyUsage[], critical: boolean): Extension {
  const value = namedBits(usages.map((usage) => keyUsageNames.indexOf(usage)));
  return { type: extensionTypes.keyUsage, critical, value };
}

export function extendedKeyUsageExtension(
  usages: readonly (keyof typeof extendedKeyUsageTypes)[],
): Extension {
  const value = sequence(...usages.map((usage) => objectIdentifier(extendedKeyUsageTypes[usage])));
  return { type: extensionTypes.extendedKeyUsage, critical: false, value };
}

/** Subject and authority key identifiers (RFC 5280 sections 4.2.1.1 and 4.2.1.2). */
export function keyIdentifierExtensions(
  publicKey: KeyObject,
  issuer: Certificate | undefined,
): [subject: Extension, authority: Extension] {
  const own = keyIdentifier(publicKey);
  const authority = issuer ? (issuer.subjectKeyIdentifier ?? keyIdentifier(issuer.publicKey)) : own;
  return [
    {
      type: extensionTypes.subjectKeyIdentifier,
      critical: false,
      value: octetString(Buffer.from(own, 'hex')),
    },
    {
      type: extensionTypes.authorityKeyIdentifier,
      critical: false,
      value: sequence(implicitPrimitive(0, Buffer.from(authority, 'hex'))),
    },
  ];
}

/** RFC 5280 section 4.2.1.2, method 1: SHA-1 of the public key's bits; hexadecimal. */
function keyIdentifier(publicKey: KeyObject): string {
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const { bytes } = bitStringOf(sequenceOf(readOnly(spki))[1]);
  return hash('sha1', bytes, 'hex');
}
