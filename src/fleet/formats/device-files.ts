/** The files in the folder of a device. */
import { publicFileMode, secretFileMode } from '../../workspace/files.js';
import type { MadeDevice } from '../devices/device.js';
import { ByteWriter, type PemFrame, pemFrame } from './byte-writer.js';
import type { WriterSetup } from './output-format.js';

export interface DeviceFile {
  name: string;
  contents: Uint8Array;
  mode: number;
}

export const deviceFolderMode = 0o700;

const certificatePem = pemFrame('CERTIFICATE', '\n');
const privateKeyPem = {
  plain: pemFrame('PRIVATE KEY', '\n'),
  encrypted: pemFrame('ENCRYPTED PRIVATE KEY', '\n'),
};

/** Makes the files of devices, one device after another. Contents are valid until the next device. */
export class DeviceFiles {
  readonly #issuers: Buffer;
  readonly #memory = new ArrayBuffer(65_536);
  readonly #privateKeyPem: PemFrame;

  constructor({ issuersPem, encryption }: WriterSetup) {
    this.#issuers = Buffer.from(issuersPem, 'ascii');
    this.#privateKeyPem = encryption ? privateKeyPem.encrypted : privateKeyPem.plain;
  }

  /** In the order to write them in: a folder that has a certificate is complete. */
  of({ certificate, privateKeyInfo, pfx }: MadeDevice): DeviceFile[] {
    const out = new ByteWriter(this.#memory);
    out.pem(this.#privateKeyPem, privateKeyInfo);
    const chainAt = out.length;
    out.pem(certificatePem, certificate);
    const certificateEnd = out.length;
    out.bytes(this.#issuers);
    const all = out.take();
    return [
      ...(pfx ? [{ name: 'device.pfx', contents: pfx, mode: secretFileMode }] : []),
      { name: 'key.pem', contents: all.subarray(0, chainAt), mode: secretFileMode },
      { name: 'chain.pem', contents: all.subarray(chainAt), mode: publicFileMode },
      { name: 'certificate.pem', contents: all.subarray(chainAt, certificateEnd), mode: publicFileMode },
    ];
  }
}
