/** The files in the folder of a device. */
import { publicFileMode, secretFileMode } from '../../workspace/files.js';
import type { MadeDevice } from '../devices/device.js';
import { ByteWriter } from './byte-writer.js';

export interface DeviceFile {
  name: string;
  contents: Uint8Array;
  mode: number;
}

export const deviceFolderMode = 0o700;

const newline = Buffer.from('\n');
const ascii = (text: string) => Buffer.from(text, 'ascii');
const beginCertificate = ascii('-----BEGIN CERTIFICATE-----\n');
const endCertificate = ascii('-----END CERTIFICATE-----\n');
const beginPrivateKey = ascii('-----BEGIN PRIVATE KEY-----\n');
const endPrivateKey = ascii('-----END PRIVATE KEY-----\n');

/** Makes the files of devices, one device after another. Contents are valid until the next device. */
export class DeviceFiles {
  readonly #issuers: Buffer;
  readonly #memory = new ArrayBuffer(65_536);

  /** @param issuersPem follows the certificate in `chain.pem` */
  constructor(issuersPem: string) {
    this.#issuers = ascii(issuersPem);
  }

  /** In the order to write them in: a folder that has a certificate is complete. */
  of({ certificate, privateKeyInfo, pfx }: MadeDevice): DeviceFile[] {
    const out = new ByteWriter(this.#memory);
    out.bytes(beginPrivateKey);
    out.base64Lines(privateKeyInfo, newline);
    out.bytes(endPrivateKey);
    const chainAt = out.length;
    out.bytes(beginCertificate);
    out.base64Lines(certificate, newline);
    out.bytes(endCertificate);
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
