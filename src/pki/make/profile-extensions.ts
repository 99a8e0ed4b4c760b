/** What a profile changes about the usual extensions: order, key identifiers, and Netscape's obsolete ones. */

import { explicit, implicitPrimitive, integerOctets, namedBits, sequence, tlv } from '../der/write.js';
import type { Certificate } from '../x509/certificate.js';
import { authorityKeyIdentifierOf, type Extension, extensionTypes } from '../x509/extensions.js';
import { type ExtensionName, netscapeCertTypes, type Profile } from './profile.js';

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
  usual: readonly Extension[],
  authority: Authority,
): Extension[] {
  const shaped = usual.map((extension) =>
    extension.type === typeOf.authorityKeyIdentifier &&
    profile.authorityKeyIdentifier === 'keyIdentifierAndIssuer'
      ? identifierAndIssuer(extension, authority)
      : extension,
  );
  if (profile.netscapeCertType) {
    const value = namedBits(profile.netscapeCertType.map((name) => netscapeCertTypes.indexOf(name)));
    shaped.push({ type: typeOf.netscapeCertType, critical: false, value });
  }
  if (profile.netscapeComment !== undefined) {
    const value = tlv(0x16, Buffer.from(profile.netscapeComment, 'ascii')); // IA5String
    shaped.push({ type: typeOf.netscapeComment, critical: false, value });
  }
  const order = (profile.extensionOrder ?? []).map((name) => typeOf[name]);
  const place = ({ type }: Extension) => (order.includes(type) ? order.indexOf(type) : order.length);
  return shaped.sort((one, other) => place(one) - place(other));
}

/** RFC 5280 section 4.2.1.1, all three fields. */
function identifierAndIssuer(usual: Extension, { issuer, serialNumber }: Authority): Extension {
  const identifier = Buffer.from(authorityKeyIdentifierOf(usual.value) ?? '', 'hex');
  const value = sequence(
    implicitPrimitive(0, identifier),
    explicit(1, explicit(4, issuer)), // a directoryName
    implicitPrimitive(2, integerOctets(serialNumber)),
  );
  return { ...usual, value };
}
