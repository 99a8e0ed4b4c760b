/**
 * The certificate that Azure issues while a device registers: the device sends a certificate request, and from then on
 * connects to IoT Hub with what was issued. It registers with its own certificate as before.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { certificateRequestFor, issuedCertificates } from '../dps/client/operational-certificate.js';
import type { RegistrationState } from '../dps/contract/schemas.js';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import {
  generateKeyPair,
  type KeyAlgorithm,
  type OpenPrivateKeyOptions,
  openPrivateKey,
  privateKeyToPem,
} from '../pki/keys.js';
import { type Certificate, certificateToPem } from '../pki/x509/certificate.js';
import { lookAt, publicFileMode, readText } from '../workspace/files.js';
import type { CertificatePaths } from '../workspace/layout.js';
import type { OwnFiles } from '../workspace/own-files.js';
import {
  loadCertificate,
  type StoredCertificate,
  saveCertificate,
  withCheckedChain,
} from '../workspace/stored-certificates.js';

export interface OperationalRequest {
  /** PKCS#10, base64 of DER, as DPS takes it. */
  csr: string;
  privateKey: KeyObject;
  /** Whether the key is in the folder already: a device keeps its key when its certificate is issued again. */
  isStored: boolean;
}

/** @throws EnrollkitError of the stored key: INVALID_KEY, PASSPHRASE_REQUIRED, WRONG_PASSPHRASE */
export async function operationalRequest(
  registrationId: string,
  paths: CertificatePaths,
  options: { keyAlgorithm: KeyAlgorithm; passphrase: string | undefined; signal: AbortSignal },
): Promise<OperationalRequest> {
  const { keyAlgorithm, ...opening } = options;
  if (lookAt(paths.key)) return storedRequest(registrationId, paths, opening);
  const { privateKey } = await generateKeyPair(keyAlgorithm, options.signal);
  return { csr: await certificateRequestFor(registrationId, privateKey), privateKey, isStored: false };
}

/** A request for the key in the folder. @throws as {@link operationalRequest} */
export async function storedRequest(
  registrationId: string,
  paths: CertificatePaths,
  opening: OpenPrivateKeyOptions,
): Promise<OperationalRequest> {
  const privateKey = await openPrivateKey(readText(paths.key), opening);
  return { csr: await certificateRequestFor(registrationId, privateKey), privateKey, isStored: true };
}

/**
 * Writes what was issued, with the key.
 *
 * @param passphrase encrypts a new key; undefined for one in the clear
 * @throws EnrollkitError REFUSED when nothing was issued; KEY_MISMATCH, INVALID_CERTIFICATE
 */
export async function saveIssued(
  registrationId: string,
  { issuedCertificateChain }: Pick<RegistrationState, 'issuedCertificateChain'>,
  { privateKey, isStored }: OperationalRequest,
  { files, paths, passphrase }: { files: OwnFiles; paths: CertificatePaths; passphrase: string | undefined },
): Promise<StoredCertificate> {
  const chain = chainFor(registrationId, createPublicKey(privateKey), issuedCertificateChain);
  const [pem = '', ...issuers] = chain.map(certificateToPem);
  const issuersPem = issuers.join('');
  if (!isStored) {
    return saveCertificate(files, paths, {
      pem,
      issuersPem,
      keyPem: await privateKeyToPem(privateKey, passphrase),
    });
  }
  const change = files.change();
  change.replace(paths.chain, pem + issuersPem, publicFileMode, {});
  change.replace(paths.certificate, pem, publicFileMode, {});
  change.commit();
  return loadCertificate(paths)!;
}

/**
 * What was issued, which must be for the key of the request.
 *
 * @param issued base64 of DER
 * @throws EnrollkitError REFUSED when nothing was issued; KEY_MISMATCH, INVALID_CERTIFICATE
 */
export function chainFor(
  registrationId: string,
  publicKey: KeyObject,
  issued: readonly string[] | null | undefined,
): Certificate[] {
  if (!issued?.length) {
    throw new EnrollkitError('REFUSED', sentences.quickstartSteps.notIssued(registrationId), {
      next: sentences.quickstartSteps.checkPolicy,
    });
  }
  const chain = issuedCertificates(issued);
  if (chain[0]!.publicKey.equals(publicKey)) return chain;
  throw new EnrollkitError('KEY_MISMATCH', sentences.quickstartSteps.issuedForOtherKey(registrationId));
}

/**
 * The stored certificate, if a device can still connect with it.
 *
 * @throws EnrollkitError of the files
 */
export function usableOperational(paths: CertificatePaths, now: Date): StoredCertificate | undefined {
  const stored = loadCertificate(paths);
  if (!stored || stored.missing !== undefined || !lookAt(paths.key)) return undefined;
  return now < stored.certificate.notAfter ? withCheckedChain(stored, undefined) : undefined;
}
