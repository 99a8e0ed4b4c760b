/**
 * The certificate request of a registering device: reads and checks it, and issues the certificate.
 *
 * Source: azure-rest-api-specs, deviceprovisioningservices data-plane 2025-07-01-preview, DeviceRegistration.csr and
 * DeviceRegistrationResult.issuedCertificateChain.
 */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { sameId } from '../../../dps/contract/ids.js';
import { sha256Thumbprint } from '../../../pki/x509/certificate.js';
import type { DeviceCredential } from '../../hub/devices.js';
import { DpsError } from '../dps-error.js';
import type { CertificatePolicyIssuer } from './policy-issuer.js';

/** A body can have 96 KB; the certificate request of a device has less than 2 KB. */
const maxRequestBytes = 16 * 1024;

export interface IssuedCredential {
  /** Base64 of DER: the device's certificate, the CA of the policy, those above it. */
  chain: string[];
  /** What the device connects to its hub with. */
  credential: Extract<DeviceCredential, { type: 'selfSigned' }>;
}

export interface CredentialRequest {
  /** Base64 of a DER certificate request (PKCS#10), without PEM headers. */
  csr: string;
  registrationId: string;
  /** The ID of the device in its hub, which may be another one: a request at the hub can have either as its common name. */
  deviceId?: string;
  issuer: CertificatePolicyIssuer;
}

/** @throws DpsError badRequest, saying what is wrong with the request */
export async function answerCredentialRequest(
  {
    csr,
    registrationId,
    deviceId = registrationId,
    issuer: { signer, above, validityDays },
  }: CredentialRequest,
  at: Date,
): Promise<IssuedCredential> {
  const { publicKey, name } = await readRequest(csr, [registrationId, deviceId]);
  const { issueDeviceCertificate } = await import('./issue-certificates.js');
  const leaf = await issueDeviceCertificate(name, publicKey, signer, at, validityDays);
  const issuers = [signer.certificate, ...above].map((pem) => new X509Certificate(pem).raw);
  return {
    chain: [leaf, ...issuers].map((der) => der.toString('base64')),
    credential: {
      type: 'selfSigned',
      primaryThumbprint: sha256Thumbprint({ der: leaf }),
      issuerThumbprints: [sha256Thumbprint({ der: issuers[0]! })],
    },
  };
}

/** @returns the key to certify, and which of the names for; the signature of the request proves that the device has it */
async function readRequest(
  csr: string,
  names: readonly string[],
): Promise<{ publicKey: KeyObject; name: string }> {
  const base64 = csr.replace(/\s/g, '');
  const der = Buffer.from(base64, 'base64');
  if (der[0] !== 0x30 || der.toString('base64') !== base64) {
    throw refused('it is not base64 of DER, without the lines of PEM');
  }
  if (der.length > maxRequestBytes) throw refused(`it has more than ${maxRequestBytes} bytes`);
  const { parseCertificateRequest } = await import('../../../pki/x509/csr.js');
  let request: ReturnType<typeof parseCertificateRequest>;
  try {
    request = parseCertificateRequest(der);
  } catch (error) {
    throw refused((error as Error).message.replace(/\.$/, ''));
  }
  const { commonName = '' } = request.subject;
  const name = names.find((one) => sameId(commonName, one));
  if (name === undefined) throw refused('the common name is not the registration ID');
  assertKey(request.publicKey);
  return { publicKey: request.publicKey, name };
}

/** NIST SP 800-57 part 1, table 2: RSA has 112 bits of security from 2048 bits on. */
const minRsaBits = 2048;
const curves = ['prime256v1', 'secp384r1', 'secp521r1'];

function assertKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): void {
  const { modulusLength = 0, namedCurve = '' } = asymmetricKeyDetails ?? {};
  const usable =
    asymmetricKeyType === 'rsa'
      ? modulusLength >= minRsaBits
      : asymmetricKeyType === 'ec' && curves.includes(namedCurve);
  if (!usable) throw refused(`the key is neither RSA of ${minRsaBits} bits or more nor of a NIST curve`);
}

function refused(problem: string): DpsError {
  return new DpsError('badRequest', { message: `The certificate request (csr) cannot be used: ${problem}.` });
}
