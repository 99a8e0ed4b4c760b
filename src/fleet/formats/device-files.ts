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

/** In the order to write them in: a folder that has a certificate is complete. */
export const deviceFileModes = {
  'device.pfx': secretFileMode,
  'key.pem': secretFileMode,
  'chain.pem': publicFileMode,
  'certificate.pem': publicFileMode,
};

const certificatePem = pemFrame('CERTIFICATE', '\n');
const privateKeyPem = {
  plain: pemFrame('PRIVATE KEY', '\n'),
  encrypted: pemFrame('ENCRYPTED PRIVATE KEY', '\n'),
};

/** Makes the files of devices, one device after another. */
export class DeviceFiles {
  readonly #issuers: Buffer;
  readonly #memory = new ArrayBuffer(65_536);
  readonly #privateKeyPem: PemFrame;

  constructor({ issuersPem, encryption }: WriterSetup) {
    this.#issuers = Buffer.from(issuersPem, 'ascii');
    this.#privateKeyPem = encryption ? privateKeyPem.encrypted : privateKeyPem.plain;
  }

  /** All of them. Contents are valid until the next device. */
  of(device: MadeDevice): DeviceFile[] {
    const out = new ByteWriter(this.#memory);
    this.writeKey(device, out);
    const chainAt = out.length;
    const certificateEnd = this.writeChain(device, out);
    const all = out.take();
    const file = (name: keyof typeof deviceFileModes, contents: Uint8Array): DeviceFile => ({
      name,
      contents,
      mode: deviceFileModes[name],
    });
    return [
      ...(device.pfx ? [file('device.pfx', device.pfx)] : []),
      file('key.pem', all.subarray(0, chainAt)),
      file('chain.pem', all.subarray(chainAt)),
      file('certificate.pem', all.subarray(chainAt, certificateEnd)),
    ];
  }

  writeKey({ privateKeyInfo }: MadeDevice, out: ByteWriter): void {
    out.pem(this.#privateKeyPem, privateKeyInfo);
  }

  /** @returns where the certificate ends, which is also a file; the chain begins with it */
  writeChain({ certificate }: MadeDevice, out: ByteWriter): number {
    out.pem(certificatePem, certificate);
    const certificateEnd = out.length;
    out.bytes(this.#issuers);
    return certificateEnd;
  }
}
