/** A certificate with its chain and its key, to disk and back. */
import type { KeyObject } from 'node:crypto';
import { EnrollkitError, isAbort } from '../errors.js';
import { isKeyPair, type KeyOpening, openPrivateKey, privateKeyToPem } from '../pki/keys.js';
import { type Certificate, parseCertificates } from '../pki/x509/certificate.js';
import { publicFileMode, readText, readTextIfExists, secretFileMode, writeFileAtomically } from './files.js';
import type { CertificatePaths } from './layout.js';

export interface StoredCertificate {
  paths: CertificatePaths;
  certificate: Certificate;
  pem: string;
  /** The certificate itself, its issuers, the root; PEM. */
  chainPem: string;
}

export interface NewCertificate {
  pem: string;
  /** The issuers, nearest first, the root last; empty for the root itself. */
  issuersPem: string;
  privateKey: KeyObject;
  passphrase?: string | undefined;
}

/**
 * Writes key, chain and certificate, each atomically and the certificate last: a folder with a certificate in it is
 * complete, and one without is made anew.
 *
 * @returns what was written, as it would be read back
 * @throws EnrollkitError FILE_UNWRITABLE
 */
export async function saveCertificate(
  paths: CertificatePaths,
  made: NewCertificate,
): Promise<StoredCertificate> {
  const chainPem = made.pem + made.issuersPem;
  writeFileAtomically(paths.key, await privateKeyToPem(made.privateKey, made.passphrase), secretFileMode);
  writeFileAtomically(paths.chain, chainPem, publicFileMode);
  writeFileAtomically(paths.certificate, made.pem, publicFileMode);
  return { paths, certificate: parseCertificates(made.pem)[0]!, pem: made.pem, chainPem };
}

/**
 * Reads a certificate and its chain; undefined when the folder has no certificate.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE or FILE_UNREADABLE, naming the file
 */
export function loadCertificate(paths: CertificatePaths): StoredCertificate | undefined {
  const pem = readTextIfExists(paths.certificate);
  if (pem === undefined) return undefined;
  const chainPem = readTextIfExists(paths.chain) ?? pem;
  return { paths, certificate: naming(paths.certificate, () => parseCertificates(pem)[0]!), pem, chainPem };
}

/**
 * Reads the private key of a stored certificate.
 *
 * @throws EnrollkitError FILE_UNREADABLE, INVALID_KEY, PASSPHRASE_REQUIRED, WRONG_PASSPHRASE or KEY_MISMATCH, naming
 *   the file
 */
export async function loadPrivateKey(
  { paths, certificate }: StoredCertificate,
  opening: KeyOpening,
): Promise<KeyObject> {
  const key = await openPrivateKey(readText(paths.key), opening).catch((error) => {
    throw withPath(paths.key, error);
  });
  if (!isKeyPair(key, certificate.publicKey)) {
    throw new EnrollkitError('KEY_MISMATCH', `The key in ${paths.key} is not that of ${paths.certificate}.`);
  }
  return key;
}

/** Runs what reads a file; an error of ours gets the file's path in front. */
function naming<Result>(path: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw withPath(path, error);
  }
}

function withPath(path: string, error: unknown): unknown {
  if (!(error instanceof EnrollkitError) || isAbort(error) || error.message.includes(path)) return error;
  const { next, context, cause } = error;
  return new EnrollkitError(error.code, `${path}: ${error.message}`, { next, context, cause });
}
