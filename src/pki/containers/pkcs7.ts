/** PKCS#7 files of certificates (.p7b, .p7c): SignedData without signers (RFC 5652 section 5, "certs-only"). */
import { EnrollkitError } from '../../errors.js';
import { fromBer } from '../der/from-ber.js';
import { children, DerError, expect, objectIdentifierOf, readOnly, sequenceOf, tags } from '../der/read.js';
import { explicit, integer, objectIdentifier, sequence, tlv } from '../der/write.js';
import { type Certificate, parseCertificate } from '../x509/certificate.js';
import { dersOf } from './pem.js';

const signedData = '1.2.840.113549.1.7.2';
const data = '1.2.840.113549.1.7.1';

/**
 * Creates a PKCS#7 file.
 *
 * @param certificates PEM or DER, in the order of the file
 * @returns DER
 * @throws EnrollkitError INVALID_CERTIFICATE
 */
export function createPkcs7(certificates: readonly (string | Uint8Array)[]): Buffer {
  const ders = certificates.map((certificate) => parseCertificate(certificate).der);
  const content = sequence(
    integer(1),
    tlv(tags.set), // digestAlgorithms
    sequence(objectIdentifier(data)),
    tlv(0xa0, ...ders),
    tlv(tags.set), // signerInfos
  );
  return sequence(objectIdentifier(signedData), explicit(0, content));
}

/**
 * Reads the certificates of a PKCS#7 file, PEM or DER, in order. Signatures are ignored.
 *
 * @returns at least one
 * @throws EnrollkitError INVALID_PKCS7, saying what is wrong and with which certificate
 */
export function readPkcs7(input: string | Uint8Array): Certificate[] {
  const [der, ...more] = dersOf(input, /^(PKCS7|PKCS #7 SIGNED DATA|CMS)$/, invalid);
  if (!der) throw invalid('It holds no PKCS#7: neither a PEM block PKCS7 nor DER.');
  if (more.length > 0) throw invalid(`It holds ${more.length + 1} PKCS#7 blocks where one belongs.`);
  let ders: Buffer[];
  try {
    ders = certificateDers(fromBer(der));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw invalid(`This is not a PKCS#7 file of certificates: ${error.message}.`);
  }
  if (ders.length === 0) throw invalid('It holds no certificate.');
  return ders.map((certificate, index) => {
    try {
      return parseCertificate(certificate);
    } catch (error) {
      if (!(error instanceof EnrollkitError)) throw error;
      throw invalid(`Certificate ${index + 1} in it cannot be read. ${error.message}`);
    }
  });
}

/** @throws DerError */
function certificateDers(der: Buffer): Buffer[] {
  const [type, wrapped, ...rest] = sequenceOf(readOnly(der));
  if (objectIdentifierOf(type) !== signedData || rest.length > 0) {
    throw new DerError('it is another kind of PKCS#7 than signed data');
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

function invalid(message: string): EnrollkitError {
  return new EnrollkitError('INVALID_PKCS7', message);
}
