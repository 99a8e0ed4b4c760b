/** Reads what is about to be written, as its readers will: nothing good is replaced by something that nobody can read. */

import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { type Contents, holdsKey, readContents } from './containers/contents.js';
import type { DerivedKeys } from './containers/pkcs12/work.js';
import { readPfxWith } from './containers/pkcs12-read.js';
import { isEncryptedKey, isKeyPair, privateKeyFromPem } from './keys.js';
import { type Certificate, parseCertificates } from './x509/certificate.js';
import { parseCertificateRequest } from './x509/csr.js';

/** A file with certificates, a request, a private key, or PKCS#12. */
export interface WrittenFile {
  contents: string | Uint8Array;
  /** Opens the key in it; without one, an encrypted key is not opened. */
  passphrase?: string | undefined;
}

/**
 * Parses each file of a set, and checks that a private key belongs to a certificate of the set, if it has any. Deriving
 * the key of an encrypted file blocks this thread for less than a second.
 *
 * @param derived keys of PKCS#12 files that were read before; those of these files are added
 * @throws EnrollkitError INTERNAL, saying what cannot be read
 */
export function assertReadsBack(files: readonly WrittenFile[], derived: DerivedKeys = new Map()): void {
  const certificates: Certificate[] = [];
  const keys: KeyObject[] = [];
  try {
    for (const { contents, passphrase } of files) {
      const read = readContents(contents);
      if (read.form === 'der' && read.kind === 'PKCS#12 file') {
        if (passphrase !== undefined) readPfxWith(derived, contents, passphrase);
        continue;
      }
      if (holdsKey(read)) {
        if (passphrase !== undefined || !isEncryptedKey(contents))
          keys.push(privateKeyFromPem(contents, passphrase));
      } else if (holdsRequest(read)) parseCertificateRequest(contents);
      else certificates.push(...parseCertificates(contents));
    }
  } catch (cause) {
    if (!(cause instanceof EnrollkitError)) throw cause;
    throw notReadBack(cause.message, cause);
  }
  const stray = keys.some((key) => !certificates.some(({ publicKey }) => isKeyPair(key, publicKey)));
  if (stray && certificates.length > 0) throw notReadBack(sentences.pkiMake.keyNotOfCertificate);
}

function holdsRequest(contents: Contents): boolean {
  return contents.form === 'der'
    ? contents.kind === 'certificate request'
    : contents.blocks.some(({ label }) => label === 'CERTIFICATE REQUEST');
}

function notReadBack(why: string, cause?: unknown): EnrollkitError {
  return new EnrollkitError('INTERNAL', sentences.pkiMake.notReadBack(why), { cause });
}
