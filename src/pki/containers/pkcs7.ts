/** PKCS#7 files of certificates (.p7b, .p7c): SignedData without signers (RFC 5652 section 5, "certs-only"). */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { DerError, tags } from '../der/read.js';
import { explicit, integer, objectIdentifier, sequence, tlv } from '../der/write.js';
import { type Certificate, parseCertificate } from '../x509/certificate.js';
import { blocksOf } from './contents.js';
import { certificatesInPkcs7, pkcs7Label, signedData } from './pkcs7-content.js';

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
 * @param parse reads each certificate; by default strictly
 * @returns at least one
 * @throws EnrollkitError INVALID_PKCS7, saying what is wrong and with which certificate
 */
export function readPkcs7(
  input: string | Uint8Array,
  parse: (der: Buffer) => Certificate = parseCertificate,
): Certificate[] {
  const [block, ...more] = blocksOf(input, {
    label: pkcs7Label,
    block: 'PKCS7',
    kinds: ['PKCS#7 file'],
    what: 'PKCS#7 file',
    invalid,
  });
  if (more.length > 0) throw invalid(sentences.pkiContainers.pkcs7Several(more.length + 1));
  let ders: Buffer[];
  try {
    ders = certificatesInPkcs7(block!.der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw invalid(sentences.pkiContainers.pkcs7Unreadable(error.message));
  }
  if (ders.length === 0) throw invalid(sentences.pkiContainers.holdsNoCertificate);
  return ders.map((certificate, index) => {
    try {
      return parse(certificate);
    } catch (error) {
      if (!(error instanceof EnrollkitError)) throw error;
      throw invalid(sentences.pkiContainers.pfxCertificateUnreadable(index + 1, error.message));
    }
  });
}

function invalid(message: string, next?: string): EnrollkitError {
  return new EnrollkitError('INVALID_PKCS7', message, next === undefined ? {} : { next });
}
