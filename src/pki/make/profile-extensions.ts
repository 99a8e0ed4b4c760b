/** What a profile changes about the usual extensions: order, criticality, and Netscape's obsolete ones. */

import { type X509, x509 } from '../crypto.js';
import { explicit, implicitPrimitive, sequence, tlv } from '../der/write.js';
import type { Certificate } from '../x509/certificate.js';
import { extensionTypes } from '../x509/extensions.js';
import { type ExtensionName, type NetscapeCertType, netscapeCertTypes, type Profile } from './profile.js';

/** Object identifiers, dotted. openssl calls Netscape's nsCertType and nsComment. */
const typeOf: Record<ExtensionName, string> = {
  basicConstraints: extensionTypes.basicConstraints,
  keyUsage: extensionTypes.keyUsage,
  subjectKeyIdentifier: extensionTypes.subjectKeyIdentifier,
  authorityKeyIdentifier: extensionTypes.authorityKeyIdentifier,
  extendedKeyUsage: extensionTypes.extendedKeyUsage,
  subjectAlternativeName: extensionTypes.subjectAlternativeName,
  netscapeCertType: '2.16.840.1.113730.1.1',
  netscapeComment: '2.16.840.1.113730.1.13',
};

/** The signing CA as an authority key identifier can name it: by its own issuer and serial number. */
export interface Authority {
  /** DER. */
  issuer: Uint8Array;
  serialNumber: Uint8Array;
}

/** How an authority key identifier names a CA. */
export function authorityOf(issuer: Certificate): Authority {
  return { issuer: issuer.issuer.der, serialNumber: Buffer.from(issuer.serialNumber, 'hex') };
}

/**
 * The extensions as the profile specifies them. Those that it does not order follow the others, in their previous
 * order.
 */
export function shapeExtensions(
  profile: Profile,
  usual: readonly X509.Extension[],
  authority: Authority,
): X509.Extension[] {
  const shaped = usual.map((extension) => {
    if (extension.type === typeOf.basicConstraints && profile.basicConstraints.critical === false) {
      return new x509.Extension(extension.type, false, extension.value);
    }
    if (
      extension instanceof x509.AuthorityKeyIdentifierExtension &&
      profile.authorityKeyIdentifier === 'keyIdentifierAndIssuer'
    ) {
      return identifierAndIssuer(extension.keyId ?? '', authority);
    }
    return extension;
  });
  if (profile.netscapeCertType) {
    const types = netscapeCertType(profile.netscapeCertType);
    shaped.push(new x509.Extension(typeOf.netscapeCertType, false, types));
  }
  if (profile.netscapeComment !== undefined) {
    const comment = tlv(0x16, Buffer.from(profile.netscapeComment, 'ascii')); // IA5String
    shaped.push(new x509.Extension(typeOf.netscapeComment, false, comment));
  }
  const order = (profile.extensionOrder ?? []).map((name) => typeOf[name]);
  const place = ({ type }: X509.Extension) => (order.includes(type) ? order.indexOf(type) : order.length);
  return shaped.sort((one, other) => place(one) - place(other));
}

/** RFC 5280 section 4.2.1.1, all three fields. */
function identifierAndIssuer(identifier: string, { issuer, serialNumber }: Authority): X509.Extension {
  const positive =
    serialNumber[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), serialNumber]) : Buffer.from(serialNumber);
  const directoryName = explicit(4, issuer);
  return new x509.Extension(
    typeOf.authorityKeyIdentifier,
    false,
    sequence(
      implicitPrimitive(0, Buffer.from(identifier, 'hex')),
      explicit(1, directoryName),
      implicitPrimitive(2, positive),
    ),
  );
}

/** A BIT STRING of one octet; sslClient is its first bit. */
function netscapeCertType(types: readonly NetscapeCertType[]): Buffer {
  const bits = types.reduce((octet, type) => octet | (0x80 >> netscapeBits[type]), 0);
  const unused = 31 - Math.clz32(bits & -bits);
  return tlv(0x03, Buffer.from([unused, bits]));
}

const netscapeBits = Object.fromEntries(netscapeCertTypes.map((type, bit) => [type, bit])) as Record<
  NetscapeCertType,
  number
>;
