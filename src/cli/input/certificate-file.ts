/** Certificates in files that a person names. */
import { readFileSync } from 'node:fs';
import { EnrollkitError } from '../../errors.js';
import { type Certificate, parseCertificates } from '../../pki/x509/certificate.js';

/**
 * The certificates of a file, PEM or DER; at least one.
 *
 * @throws EnrollkitError FILE_UNREADABLE or INVALID_CERTIFICATE, naming the file
 */
export function readCertificateFile(path: string): Certificate[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read: ${code}.`;
    throw new EnrollkitError('FILE_UNREADABLE', why, { cause });
  }
  try {
    return parseCertificates(bytes);
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    throw new EnrollkitError(error.code, `${path}: ${error.message}`, { next: error.next, cause: error });
  }
}
