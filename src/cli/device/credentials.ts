/** The certificate and key of a device: those in the certificate folder, or those given. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { isKeyPair, type OpenPrivateKeyOptions } from '../../pki/keys.js';
import { type Certificate, certificateToPem, parseCertificates } from '../../pki/x509/certificate.js';
import { lookAt, readTextIfExists } from '../../workspace/files.js';
import { layoutOf } from '../../workspace/layout.js';
import { readCertificates, readPrivateKey } from '../input/material.js';
import { naming } from '../input/read-file.js';
import type { FlagValues } from '../kernel/flags.js';
import { folderOf } from '../target/folder.js';
import { quoted } from '../terminal/command-line.js';
import type { deviceFlags } from './flags.js';

export interface DeviceCredentials {
  /** PEM: the device's certificate, then its issuers. */
  certificateChain: string;
  /** PEM, in the clear: the derivation of a key takes its time, and is done once. It is never written. */
  privateKey: string;
  /** Whether Azure issues its certificate for IoT Hub: each registration asks for it again, with the same key. */
  hasOperationalKey?: boolean;
}

/**
 * @throws EnrollkitError FILE_UNREADABLE, also when the folder has none for this device; USAGE,
 *   INVALID_CERTIFICATE, INVALID_KEY, KEY_MISMATCH, PASSPHRASE_REQUIRED, WRONG_PASSPHRASE
 */
export async function deviceCredentials(
  registrationId: string,
  flags: Omit<FlagValues<typeof deviceFlags>, 'protocol'>,
  opening: OpenPrivateKeyOptions,
): Promise<DeviceCredentials> {
  const { certificate, chain, key } = flags;
  if (certificate === undefined && chain === undefined && key === undefined) {
    return fromFolder(registrationId, folderOf(flags), opening);
  }
  if (key === undefined || (certificate === undefined && chain === undefined)) {
    throw new EnrollkitError('USAGE', sentences.cliDevice.keyAndCertificate, {
      next: sentences.cliDevice.giveBoth,
    });
  }
  const own = certificate === undefined ? [] : await readCertificates(certificate, opening);
  const issuers = chain === undefined ? [] : await readCertificates(chain, opening);
  const certificates = [...own, ...issuers].map(certificateToPem);
  const file = (certificate ?? chain)!;
  const [leaf] = [...own, ...issuers];
  assertNamed(leaf!, registrationId, file);
  const privateKey = await keyOf(leaf!, file, key, opening);
  return { certificateChain: [...new Set(certificates)].join(''), privateKey };
}

/** @throws EnrollkitError USAGE unless the common name of a certificate is the registration ID */
export function assertNamed({ subject }: Certificate, registrationId: string, file: string): void {
  const { commonName } = subject;
  if (commonName === registrationId) return;
  throw new EnrollkitError(
    'USAGE',
    sentences.cliDevice.otherCommonName(file, commonName ?? '', registrationId),
    { next: sentences.cliDevice.useCommonName },
  );
}

async function fromFolder(
  registrationId: string,
  folder: string,
  opening: OpenPrivateKeyOptions,
): Promise<DeviceCredentials> {
  const paths = layoutOf(folder).device(registrationId);
  const certificateChain = readTextIfExists(paths.chain);
  if (certificateChain === undefined) {
    throw new EnrollkitError(
      'FILE_UNREADABLE',
      sentences.cliDevice.noCertificate(registrationId, paths.folder),
      {
        next: sentences.cliDevice.createOne(
          `enrollkit quickstart --yes --dir ${quoted(folder)} --device ${registrationId}`,
        ),
      },
    );
  }
  const [leaf] = naming(paths.chain, () => parseCertificates(certificateChain));
  const privateKey = await keyOf(leaf!, paths.chain, paths.key, opening);
  return { certificateChain, privateKey, hasOperationalKey: lookAt(paths.operational.key) !== undefined };
}

/** @throws EnrollkitError KEY_MISMATCH, naming both files */
async function keyOf(
  leaf: Certificate,
  certificatePath: string,
  path: string,
  opening: OpenPrivateKeyOptions,
): Promise<string> {
  const key = await readPrivateKey(path, opening);
  if (naming(certificatePath, () => isKeyPair(key, leaf.publicKey))) {
    return key.export({ format: 'pem', type: 'pkcs8' }).toString();
  }
  throw new EnrollkitError(
    'KEY_MISMATCH',
    sentences.cliDevice.keyMismatch(path, leaf.subject.text, certificatePath),
  );
}
