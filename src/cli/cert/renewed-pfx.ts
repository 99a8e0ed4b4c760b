/** The PKCS#12 file beside a certificate that is renewed. */

import { EnrollkitError } from '../../errors.js';
import { openPfx, type PfxReading } from '../../pki/containers/pkcs12-read.js';
import { createPfx } from '../../pki/containers/pkcs12-write.js';
import type { KeyPair } from '../../pki/keys.js';
import { type Certificate, parseCertificates } from '../../pki/x509/certificate.js';
import { readBytesIfExists, secretFileMode } from '../../workspace/files.js';
import type { NewFile } from '../input/write-files.js';

export interface PfxRenewal {
  /** Absolute, or relative to the working directory. */
  path: string;
  /** The certificate before. */
  old: Certificate;
  /** The new certificate, followed by its issuers; PEM. */
  chainPem: string;
  /** If the certificate gets new ones. */
  newKeys: KeyPair | undefined;
  /** Of the new private key; undefined if it is not encrypted. */
  newPassphrase: string | undefined;
  /** What may open the file, if it is not open to everyone. */
  passphrase: string | undefined;
  signal: AbortSignal;
}

/**
 * The file for the new certificate, under the passphrase of the earlier one.
 *
 * @returns `none` without a file, or if it is of another certificate; `closed` if it cannot be opened
 * @throws EnrollkitError FILE_UNREADABLE; the signal's reason
 */
export async function renewedPfx(renewal: PfxRenewal): Promise<NewFile | 'none' | 'closed'> {
  const { path, old, chainPem, newKeys, newPassphrase } = renewal;
  const bytes = readBytesIfExists(path);
  if (!bytes) return 'none';
  const opened = await openWithAny(bytes, renewal);
  if (!opened) return 'closed';
  const { certificates, privateKey: oldKey } = opened.reading;
  const privateKey = newKeys?.privateKey ?? oldKey;
  if (!certificates[0]!.der.equals(old.der) || !oldKey || !privateKey) return 'none';
  const [certificate, ...issuers] = parseCertificates(chainPem);
  const contents = await createPfx({
    certificate: certificate!.der,
    privateKey,
    chain: issuers.map(({ der }) => der),
    friendlyName: certificate!.subject.commonName ?? 'certificate',
    // A key that is encrypted in key.pem must not be readable here.
    passphrase: newPassphrase ?? opened.passphrase,
  });
  return { path, contents, mode: secretFileMode, ...(newKeys ? {} : { hasSameKey: true }) };
}

async function openWithAny(
  bytes: Uint8Array,
  { passphrase: given, signal }: PfxRenewal,
): Promise<{ reading: PfxReading; passphrase: string } | undefined> {
  for (const passphrase of given === undefined ? [''] : ['', given]) {
    try {
      return { reading: await openPfx(bytes, { passphrase, signal }), passphrase };
    } catch (error) {
      const isClosed =
        error instanceof EnrollkitError &&
        ['WRONG_PASSPHRASE', 'INVALID_PFX', 'KEY_MISMATCH'].includes(error.code);
      if (!isClosed) throw error;
    }
  }
  return undefined;
}
