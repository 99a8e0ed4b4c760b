/** The certificates in a PKCS#7 file (SignedData, RFC 5652 section 5.1), unparsed. */
import { sentences } from '../../languages/language.js';
import { fromBer } from '../der/from-ber.js';
import { children, DerError, expect, objectIdentifierOf, readOnly, sequenceOf, tags } from '../der/read.js';

export const signedData = '1.2.840.113549.1.7.2';
export const pkcs7Label = /^(PKCS7|PKCS #7 SIGNED DATA|CMS)$/;

/** @param bytes DER or BER. @throws DerError */
export function certificatesInPkcs7(bytes: Buffer): Buffer[] {
  const [type, wrapped, ...rest] = sequenceOf(readOnly(fromBer(bytes)));
  if (objectIdentifierOf(type) !== signedData || rest.length > 0) {
    throw new DerError(sentences.pkiContainers.pkcs7Kind);
  }
  const [, , , ...fields] = sequenceOf(readOnly(expect(wrapped, 0xa0).content));
  const certificates = fields.find(({ tag }) => tag === 0xa0);
  // Attribute certificates have other tags.
  return certificates
    ? children(certificates)
        .filter(({ tag }) => tag === tags.sequence)
        .map(({ raw }) => raw)
    : [];
}
