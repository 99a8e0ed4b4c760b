/** Certificates of the certificate folder whose files a program reads itself: with their chain, and keys in the clear. */
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { isEncryptedKey, isKeyPair, privateKeyFromPem } from '../../pki/keys.js';
import { readTextIfExists } from '../../workspace/files.js';
import type { CertificatePaths } from '../../workspace/layout.js';
import { loadCertificate, type StoredCertificate } from '../../workspace/stored-certificates.js';
import { naming } from '../input/read-file.js';
import { quoted } from '../terminal/command-line.js';
import { displayPath } from '../terminal/text.js';

const { edge: text } = sentences.cliSample;

/**
 * A certificate whose chain and key are as programs need them.
 *
 * @param what it is, for errors
 * @param encrypted says that an encrypted key, of this path, is of no use
 * @throws EnrollkitError FILE_UNREADABLE, INVALID_CERTIFICATE; INVALID_KEY, also for an encrypted key; KEY_MISMATCH
 */
export function credentialsOf(
  paths: CertificatePaths,
  what: string,
  encrypted: (path: string) => string,
): StoredCertificate {
  const stored = loadCertificate(paths);
  const keyPem = readTextIfExists(paths.key);
  if (stored === undefined || stored.missing === 'chain' || keyPem === undefined) {
    throw missing(what, paths.folder, text.restore);
  }
  if (isEncryptedKey(keyPem)) {
    throw new EnrollkitError('INVALID_KEY', encrypted(displayPath(paths.key)), {
      next: text.decrypt(`enrollkit cert convert ${quoted(displayPath(paths.key))} --key-out FILE`),
    });
  }
  const key = naming(paths.key, () => privateKeyFromPem(keyPem));
  if (!isKeyPair(key, stored.certificate.publicKey)) {
    throw new EnrollkitError(
      'KEY_MISMATCH',
      sentences.cliDevice.keyMismatch(paths.key, stored.certificate.subject.text, paths.chain),
    );
  }
  return stored;
}

export function missing(what: string, folder: string, next: string): EnrollkitError {
  return new EnrollkitError('FILE_UNREADABLE', text.missing(what, displayPath(folder)), { next });
}
