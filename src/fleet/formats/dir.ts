/** The format `dir`: a folder per device. It is whole or not there, since it is made under another name first. */

import { X509Certificate } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { pemBlocks } from '../../pki/containers/pem.js';
import { privateKeyOf } from '../../pki/private-key.js';
import { sha256Of } from '../../workspace/digest.js';
import {
  ensureFolder,
  readBytesIfExists,
  readText,
  readTextIfExists,
  unwritable,
} from '../../workspace/files.js';
import { deviceFolderName } from '../../workspace/layout.js';
import type { MadeDevice } from '../devices/device.js';
import type { Progress } from '../issue/journal.js';
import { type KeyEncryption, openWith } from '../issue/key-encryption.js';
import { isoSeconds, manifestColumns } from '../manifest.js';
import { linesOf } from '../text-files.js';
import { type DeviceFile, DeviceFiles, deviceFolderMode } from './device-files.js';
import {
  type DeviceWriter,
  type FolderFleet,
  isEncryptedPem,
  type OutputFormat,
  type WriterSetup,
} from './output-format.js';

export const dir: OutputFormat = {
  // A folder takes longer than its key.
  batchSize: 100,
  folder: { prepare, intactPart },
  writer: (setup) => new FolderWriter(setup),
  last(out, registrationId) {
    const text = (name: string) => readTextIfExists(fileOf(out, registrationId, name));
    const certificate = text('certificate.pem');
    return certificate === undefined
      ? undefined
      : { certificate, isKeyEncrypted: isEncryptedPem(text('key.pem') ?? '') };
  },
  recognizes: ({ isFolder }) => isFolder,
  open: (out) => ({
    next: async (registrationId) => ({
      name: registrationId,
      read: () => ({
        certificateChain: readText(fileOf(out, registrationId, 'chain.pem')),
        privateKey: readText(fileOf(out, registrationId, 'key.pem')),
      }),
    }),
    close: async () => {},
  }),
};

const fileOf = (out: string, registrationId: string, name: string) =>
  join(out, deviceFolderName(registrationId), name);

/** No device has a folder of this name: a registration ID begins with a letter or a digit. */
const unfinished = /^\.unfinished-\d+$/;

function prepare(out: string): void {
  ensureFolder(out);
  const entries = opendirSync(out);
  try {
    for (let entry = entries.readSync(); entry; entry = entries.readSync()) {
      if (!unfinished.test(entry.name) || !entry.isDirectory()) continue;
      rmSync(join(out, entry.name), { recursive: true, force: true });
    }
  } finally {
    entries.closeSync();
  }
}

class FolderWriter implements DeviceWriter {
  readonly #out: string;
  readonly #issuersPem: string;
  readonly #encryption: KeyEncryption | undefined;
  readonly #files: DeviceFiles;
  readonly #unfinished: string;

  constructor(setup: WriterSetup) {
    const { folder, issuersPem, worker, encryption } = setup;
    this.#out = folder!;
    this.#issuersPem = issuersPem;
    this.#encryption = encryption;
    this.#files = new DeviceFiles(setup);
    this.#unfinished = join(this.#out, `.unfinished-${worker}`);
  }

  begin(): void {}

  /** @throws EnrollkitError FILE_UNWRITABLE; FILE_EXISTS when there is a folder that is not this fleet's */
  add(device: MadeDevice): MadeDevice {
    const folder = join(this.#out, deviceFolderName(device.registrationId));
    try {
      mkdirSync(this.#unfinished, deviceFolderMode);
      for (const file of this.#files.of(device)) writeNewFile(this.#unfinished, file);
      return rename(this.#unfinished, folder) ? device : this.#keepOrReplace(folder, device);
    } catch (cause) {
      throw cause instanceof EnrollkitError ? cause : unwritable(folder, cause);
    }
  }

  /**
   * A run that was killed may have made a device without recording it: such a device is kept. A folder that a power
   * failure left without its key is replaced.
   */
  #keepOrReplace(folder: string, device: MadeDevice): MadeDevice {
    const found = deviceIn(folder, device, this.#issuersPem, this.#encryption);
    if (found === 'broken') {
      rmSync(folder, { recursive: true });
      renameSync(this.#unfinished, folder);
      return device;
    }
    rmSync(this.#unfinished, { recursive: true });
    if (found !== 'other') return found;
    throw new EnrollkitError('FILE_EXISTS', sentences.fleet.folderOfOthers(folder), {
      next: sentences.fleet.moveAndResume,
    });
  }

  finish(): Uint8Array<ArrayBuffer> {
    return new Uint8Array();
  }
}

function writeNewFile(folder: string, { name, contents, mode }: DeviceFile): void {
  const file = openSync(join(folder, name), 'wx', mode);
  try {
    for (let written = 0; written < contents.length; ) written += writeSync(file, contents, written);
  } finally {
    closeSync(file);
  }
}

/** @returns false when there is a folder already with something in it */
function rename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error;
    return false;
  }
}

const deviceFileNames = ['certificate.pem', 'chain.pem', 'key.pem', 'device.pfx'];

/**
 * The device in a folder that a killed run may have made.
 *
 * @param device as it was just made for this folder
 * @returns the device in the folder when it is whole and belongs to this fleet; `broken` when the folder has only files
 *   of a device and no private key; `other` for anything else
 */
function deviceIn(
  folder: string,
  device: MadeDevice,
  issuersPem: string,
  encryption: KeyEncryption | undefined,
): MadeDevice | 'broken' | 'other' {
  const names = readdirSync(folder);
  const isDevice = names.every(
    (name) => deviceFileNames.includes(name) && lstatSync(join(folder, name)).isFile(),
  );
  if (!isDevice) return 'other';
  const text = (name: string) =>
    names.includes(name) ? (readBytesIfExists(join(folder, name))?.toString('latin1') ?? '') : '';
  const [certificatePem, keyPem, pfx] = [text('certificate.pem'), text('key.pem'), text('device.pfx')];
  if (!keyPem.includes('-----END') && pfx === '') return 'broken';
  if (text('chain.pem') !== certificatePem + issuersPem || (pfx === '') !== (device.pfx === undefined)) {
    return 'other';
  }
  try {
    const certificate = new X509Certificate(certificatePem);
    const [block] = pemBlocks(keyPem);
    const key = encryption ? openWith(encryption.key, block!.der) : privateKeyOf(block!.der, block!.label);
    const isOfFleet =
      certificate.subject.split('\n').includes(`CN=${device.registrationId}`) &&
      certificate.verify(new X509Certificate(issuersPem).publicKey) &&
      certificate.checkPrivateKey(key);
    if (!isOfFleet) return 'other';
    const { raw, serialNumber, fingerprint, fingerprint256, validFrom, validTo } = certificate;
    return {
      ...device,
      certificate: raw,
      serialNumber: octetsOf(serialNumber),
      sha1Thumbprint: octetsOf(fingerprint),
      sha256Thumbprint: octetsOf(fingerprint256),
      validity: { notBefore: isoSeconds(new Date(validFrom)), notAfter: isoSeconds(new Date(validTo)) },
    };
  } catch {
    return 'other';
  }
}

/** @param hexadecimal perhaps with colons. @returns a character for each octet, as in {@link MadeDevice} */
function octetsOf(hexadecimal: string): string {
  return Buffer.from(hexadecimal.replaceAll(':', ''), 'hex').toString('latin1');
}

/**
 * The files of devices are not forced to the disk one by one, which would take longer than making them. After a power
 * failure, the journal can therefore list folders that the disk does not have.
 */
async function intactPart(fleet: FolderFleet, progress: Progress): Promise<Progress> {
  const { manifest } = fleet;
  if (progress.devices === 0) return progress;
  let [devices, length] = [-1, 0];
  for await (const line of linesOf(manifest, progress.manifest)) {
    if (devices >= 0 && !isIntact(fleet, line)) return { devices, manifest: length, output: 0 };
    devices += 1;
    length += Buffer.byteLength(line) + 1;
  }
  return progress;
}

const thumbprintColumn = manifestColumns.indexOf('sha256Thumbprint');

function isIntact({ out, pfx, encryptKeys }: FolderFleet, row: string): boolean {
  // The columns up to this one never need quotes.
  const fields = row.split(',', thumbprintColumn + 1);
  const text = (name: string) => readTextIfExists(fileOf(out, fields[0]!, name)) ?? '';
  const certificate = text('certificate.pem');
  if (!certificate.endsWith('-----END CERTIFICATE-----\n')) return false;
  const key = text('key.pem');
  if (isEncryptedPem(key) !== encryptKeys || !key.endsWith(' PRIVATE KEY-----\n')) return false;
  if (!text('chain.pem').startsWith(certificate)) return false;
  if (pfx && text('device.pfx') === '') return false;
  return sha256Of(pemBlocks(certificate)[0]!.der) === fields[thumbprintColumn];
}
