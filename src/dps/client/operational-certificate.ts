/**
 * The certificate that DPS or a hub issues to a device: what it is requested with, and what is answered.
 *
 * Source: Microsoft Learn, "Certificate management in Azure Device Registry"; device.json of 2025-07-01-preview.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { makeCertificateRequest } from '../../pki/make/certificate-request.js';
import { type Certificate, parseCertificates } from '../../pki/x509/certificate.js';

/**
 * A certificate request whose common name is the registration ID.
 *
 * @returns base64 of DER, as DPS and IoT Hub take it
 * @throws EnrollkitError as `makeCertificateRequest`
 */
export async function certificateRequestFor(registrationId: string, privateKey: KeyObject): Promise<string> {
  const { der } = await makeCertificateRequest({
    privateKey,
    publicKey: createPublicKey(privateKey),
    subject: { commonName: registrationId },
  });
  return der.toString('base64');
}

/**
 * The certificates of an answer, that of the device first.
 *
 * @param issued base64 of DER; one version of the service sends PEM
 * @throws EnrollkitError INVALID_CERTIFICATE
 */
export function issuedCertificates(issued: readonly string[]): Certificate[] {
  return issued.flatMap((item) =>
    parseCertificates(item.includes('-----BEGIN') ? item : Buffer.from(item, 'base64')),
  );
}
