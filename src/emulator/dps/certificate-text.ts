/** Certificates as clients put them into JSON: PEM, base64 of DER, base64 of PEM, and base64 of either once more. */
import { type Certificate, parseCertificate } from '../../pki/x509/certificate.js';

/** How many layers of base64 are decoded: the az CLI sends two. */
const maxLayers = 3;
const pemBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/;

/**
 * The first certificate of a bundle counts.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE
 */
export function certificateFromText(text: string): Certificate {
  let layer = text;
  for (let depth = 0; depth <= maxLayers; depth += 1) {
    const pem = pemBlock.exec(layer);
    if (pem) return parseCertificate(pem[0]);
    const compact = layer.replace(/\s+/g, '');
    if (compact === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) break;
    const bytes = Buffer.from(compact, 'base64');
    // A DER SEQUENCE. The base64 of a certificate begins with M or L, never with the digit 0, which is this byte.
    if (bytes[0] === 0x30) return parseCertificate(bytes);
    layer = bytes.toString('latin1');
  }
  return parseCertificate(text);
}
