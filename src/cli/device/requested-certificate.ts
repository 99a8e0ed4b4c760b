/** The certificate that a device has issued: what requests it, and where it goes. The key stays where it is. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { dirname, join } from 'node:path';
import { certificateRequestFor } from '../../dps/client/operational-certificate.js';
import { sameId } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { isEncryptedKey, keyAlgorithmOf, privateKeyFromPem } from '../../pki/keys.js';
import { type Certificate, certificateToPem, parseCertificates } from '../../pki/x509/certificate.js';
import { chainFor, operationalRequest, saveIssued } from '../../quickstart/operational-certificates.js';
import { lookAt, publicFileMode, readText, readTextIfExists } from '../../workspace/files.js';
import { deviceFolderName, layoutOf } from '../../workspace/layout.js';
import { openFolder } from '../../workspace/open-folder.js';
import type { Opening } from '../input/material.js';
import { mayHoldKey } from '../input/read-file.js';
import { assertStrongKey, onlyCommonName, readRequest } from '../input/request-file.js';
import { finishInterrupted, writeFiles } from '../input/write-files.js';
import type { Context } from '../kernel/command.js';
import type { FlagValues } from '../kernel/flags.js';
import { folderOf } from '../target/folder.js';
import { displayPath } from '../terminal/text.js';
import type { DeviceCredentials } from './credentials.js';
import type { csrFileFlag, deviceFlags } from './flags.js';

export interface RequestedCertificate {
  /** PKCS#10, base64 of DER. */
  csr: string;
  /** Undefined for a request from a file: the key is elsewhere. */
  privateKey?: KeyObject;
  /**
   * Writes what was issued, once it was checked.
   *
   * @param issued base64 of DER, from the device's certificate to its root
   * @throws EnrollkitError REFUSED when nothing was issued; KEY_MISMATCH, INVALID_CERTIFICATE, FILE_EXISTS, FILE_UNWRITABLE
   */
  save(issued: readonly string[] | null | undefined): Promise<SavedCertificate>;
}

export interface SavedCertificate {
  certificate: Certificate;
  /** PEM. */
  chainPem: string;
  /** The file with the chain. */
  path: string;
}

type Flags = Pick<FlagValues<typeof deviceFlags>, 'dir' | 'certificate' | 'chain' | 'key'> &
  FlagValues<typeof csrFileFlag>;

/** Whether the device is not one of the certificate folder. */
export function isInFiles({ certificate, chain, key }: Flags): boolean {
  return certificate !== undefined || chain !== undefined || key !== undefined;
}

/**
 * Completes what a killed command was writing into the folder of the device: its key may be among that.
 *
 * @throws EnrollkitError FOLDER_IN_USE, JOURNAL_UNREADABLE, FILE_EXISTS, FILE_UNWRITABLE
 */
export function finishIssuing(registrationId: string, flags: Flags, { now }: Context): void {
  if (!isInFiles(flags))
    finishInterrupted([layoutOf(folderOf(flags)).device(registrationId).operational.key], now);
}

/** Of the key beside which the certificate will be, or of `--csr-file`. */
export async function requestedCertificate(
  registrationId: string,
  flags: Flags,
  { privateKey }: Pick<DeviceCredentials, 'privateKey'>,
  opening: Opening,
  context: Context,
): Promise<RequestedCertificate> {
  if (flags.csrFile !== undefined) return fromRequest(registrationId, flags.csrFile, context);
  const key = privateKeyFromPem(privateKey);
  if (!isInFiles(flags)) return inFolder(registrationId, folderOf(flags), key, opening, context);
  const path = placeBeside(registrationId, flags.key!);
  return {
    csr: await certificateRequestFor(registrationId, key),
    privateKey: key,
    save: async (issued) =>
      write(registrationId, path, chainFor(registrationId, createPublicKey(key), issued), context),
  };
}

/** @throws EnrollkitError FILE_UNREADABLE, INVALID_CERTIFICATE_REQUEST, FILE_EXISTS */
function fromRequest(registrationId: string, file: string, context: Context): RequestedCertificate {
  const request = readRequest(file);
  assertStrongKey(request);
  const commonName = onlyCommonName(request);
  if (!sameId(commonName, registrationId)) {
    throw new EnrollkitError(
      'INVALID_CERTIFICATE_REQUEST',
      sentences.cliDevice.issued.otherRequest(displayPath(file), commonName, registrationId),
      { next: sentences.cliDevice.issued.makeRequest(registrationId) },
    );
  }
  const path = placeBeside(registrationId, file);
  return {
    csr: request.der.toString('base64'),
    save: async (issued) =>
      write(registrationId, path, chainFor(registrationId, request.publicKey, issued), context),
  };
}

/** How long to wait for another command that works in the folder. */
const patienceMs = 10_000;

/** In `operational`, with a key that is made once. */
async function inFolder(
  registrationId: string,
  folder: string,
  ownKey: KeyObject,
  { passphrase, signal = new AbortController().signal }: Opening,
  { now }: Context,
): Promise<RequestedCertificate> {
  const layout = layoutOf(folder);
  const paths = layout.device(registrationId);
  const encrypts = !lookAt(paths.operational.key) && isEncryptedKey(readText(paths.key));
  const keyAlgorithm = keyAlgorithmOf(ownKey) ?? 'ec-p256';
  const request = await operationalRequest(registrationId, paths.operational, {
    keyAlgorithm,
    passphrase,
    signal,
  });
  return {
    csr: request.csr,
    privateKey: request.privateKey,
    async save(issued) {
      const { files, close } = openFolder(layout, now, patienceMs);
      try {
        const { certificate, chainPem } = await saveIssued(
          registrationId,
          { issuedCertificateChain: issued == null ? issued : [...issued] },
          request,
          { files, paths: paths.operational, passphrase: encrypts ? passphrase : undefined },
        );
        return { certificate, chainPem, path: paths.operational.chain };
      } finally {
        close();
      }
    },
  };
}

/** @throws EnrollkitError FILE_EXISTS for a file that is not an earlier certificate of the device */
function placeBeside(registrationId: string, file: string): string {
  const path = join(dirname(file), `${deviceFolderName(registrationId)}.operational.pem`);
  const existing = lookAt(path);
  if (existing === undefined || (existing.isFile() && isCertificateOf(registrationId, path))) return path;
  throw new EnrollkitError(
    'FILE_EXISTS',
    sentences.cliDevice.issued.otherFile(displayPath(path), registrationId),
    {
      next: sentences.workspace.moveAway,
      context: { file: path },
    },
  );
}

function isCertificateOf(registrationId: string, path: string): boolean {
  if (mayHoldKey(path)) return false;
  try {
    const [leaf] = parseCertificates(readTextIfExists(path) ?? '');
    return sameId(leaf!.subject.commonName ?? '', registrationId);
  } catch {
    return false;
  }
}

function write(
  registrationId: string,
  path: string,
  chain: readonly Certificate[],
  { now }: Context,
): SavedCertificate {
  placeBeside(registrationId, path);
  const chainPem = chain.map(certificateToPem).join('');
  writeFiles([{ path, contents: chainPem, mode: publicFileMode }], true, now);
  return { certificate: parseCertificates(readText(path))[0]!, chainPem, path };
}
