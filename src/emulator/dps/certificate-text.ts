/** Certificates as clients put them into JSON: PEM, base64 of DER, base64 of PEM, and base64 of either once more. */
import { type Certificate, certificateDers, parseCertificate } from '../../pki/x509/certificate.js';

/**
 * The first certificate of a bundle counts.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE
 */
export function certificateFromText(text: string): Certificate {
  return parseCertificate(certificateDers(text)[0]!);
}
