/** The certificate and key of a device: those in the certificate folder, or those given. */
import { EnrollkitError } from '../../errors.js';
import { type KeyOpening, openPrivateKey } from '../../pki/keys.js';
import { certificateToPem } from '../../pki/x509/certificate.js';
import { readText, readTextIfExists } from '../../workspace/files.js';
import { layoutOf } from '../../workspace/layout.js';
import { readCertificateFile } from '../input/certificate-file.js';
import { namingLater } from '../input/read-file.js';
import type { Input } from '../kernel/command.js';
import { folderOf } from '../target/command-target.js';
import { quoted } from '../terminal/quoted.js';

export interface DeviceCredentials {
  /** PEM: the device's certificate, then its issuers. */
  certificateChain: string;
  /** PEM, in the clear: the derivation of a key takes its time, and is done once. It is never written. */
  privateKey: string;
}

/**
 * @throws EnrollkitError FILE_UNREADABLE, also when the folder has none for this device; USAGE, INVALID_CERTIFICATE, INVALID_KEY, PASSPHRASE_REQUIRED, WRONG_PASSPHRASE
 */
export async function deviceCredentials(
  registrationId: string,
  flags: Input['flags'],
  opening: KeyOpening,
): Promise<DeviceCredentials> {
  const { certificate, chain, key } = flags as Record<string, string | undefined>;
  if (certificate === undefined && chain === undefined && key === undefined) {
    return fromFolder(registrationId, folderOf(flags), opening);
  }
  if (key === undefined || (certificate === undefined && chain === undefined)) {
    throw new EnrollkitError('USAGE', 'A certificate and its key belong together.', {
      next: 'Give --certificate FILE or --chain FILE, and --key FILE.',
    });
  }
  const certificates = [
    ...(certificate === undefined ? [] : readCertificateFile(certificate)),
    ...(chain === undefined ? [] : readCertificateFile(chain)),
  ].map(certificateToPem);
  const { commonName } = readCertificateFile((certificate ?? chain)!)[0]!.subject;
  if (commonName !== registrationId) {
    throw new EnrollkitError(
      'USAGE',
      `${certificate ?? chain} is the certificate of "${commonName ?? 'nobody'}"; DPS takes the common name as the registration ID, and that is ${registrationId}.`,
      { next: 'Give the registration ID that is the common name of the certificate.' },
    );
  }
  const privateKey = await openKey(key, opening);
  return { certificateChain: [...new Set(certificates)].join(''), privateKey };
}

async function fromFolder(
  registrationId: string,
  folder: string,
  opening: KeyOpening,
): Promise<DeviceCredentials> {
  const paths = layoutOf(folder).device(registrationId);
  const certificateChain = readTextIfExists(paths.chain);
  if (certificateChain === undefined) {
    throw new EnrollkitError(
      'FILE_UNREADABLE',
      `There is no certificate of ${registrationId} in ${paths.folder}.`,
      {
        next: `Make one: enrollkit quickstart --yes --dir ${quoted(folder)} --device ${registrationId}; or give --certificate, --chain and --key.`,
      },
    );
  }
  return { certificateChain, privateKey: await openKey(paths.key, opening) };
}

async function openKey(path: string, opening: KeyOpening): Promise<string> {
  const pem = readText(path);
  const key = await namingLater(path, () => openPrivateKey(pem, opening));
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
