/** The certificate for the individual enrollment that blocks a device. */
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { certificateToPem } from '../../pki/x509/certificate.js';
import { layoutOf } from '../../workspace/layout.js';
import { loadCertificate } from '../../workspace/stored-certificates.js';
import { readCertificates } from '../input/material.js';
import { withPassphrase } from '../input/passphrase.js';
import type { Context } from '../kernel/command.js';
import { assertNamed } from './credentials.js';

/** @throws EnrollkitError FILE_UNREADABLE, USAGE for the certificate of another device, INVALID_CERTIFICATE */
export async function certificateToBlock(
  registrationId: string,
  file: string | undefined,
  folder: string,
  context: Context,
): Promise<string> {
  const paths = layoutOf(folder).device(registrationId);
  if (file === undefined) {
    const stored = loadCertificate(paths);
    if (stored !== undefined) return certificateToPem(stored.certificate);
    throw new EnrollkitError(
      'FILE_UNREADABLE',
      sentences.cliDevice.noCertificate(registrationId, paths.folder),
      { next: sentences.cliDevice.block.giveCertificate },
    );
  }
  const [leaf] = await withPassphrase({}, context, (opening) => readCertificates(file, opening));
  assertNamed(leaf!, registrationId, file);
  return certificateToPem(leaf!);
}
