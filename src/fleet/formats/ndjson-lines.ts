/** Devices as lines of JSON. */
import { ByteWriter } from '../issue/byte-writer.js';
import type { MadeDevice } from '../issue/device.js';

const text = (value: string) => Buffer.from(value, 'ascii');
/** A line end inside of a JSON string. */
const escapedNewline = text('\\n');
const beginCertificate = text('-----BEGIN CERTIFICATE-----\\n');
const endCertificate = text('-----END CERTIFICATE-----\\n');
const afterPrivateKey = text('-----END PRIVATE KEY-----\\n","serialNumber":"');

export class NdjsonLines {
  readonly #notAfter: string;
  readonly #issuers: Buffer;
  #out: ByteWriter;

  /** @param issuersPem what follows the certificate in `chain` */
  constructor(issuersPem: string, notAfter: string, memory?: ArrayBuffer) {
    this.#issuers = text(
      `${JSON.stringify(issuersPem).slice(1, -1)}","privateKey":"-----BEGIN PRIVATE KEY-----\\n`,
    );
    this.#notAfter = `","notAfter":"${notAfter}","sha1Thumbprint":"`;
    this.#out = new ByteWriter(memory);
  }

  /** Begins anew. */
  begin(memory: ArrayBuffer | undefined): void {
    this.#out = new ByteWriter(memory);
  }

  add(device: MadeDevice): MadeDevice {
    const out = this.#out;
    // No registration ID holds a character that JSON escapes.
    out.ascii(`{"registrationId":"${device.registrationId}","certificate":"`);
    const begin = out.length;
    out.bytes(beginCertificate);
    out.base64Lines(device.certificate, escapedNewline);
    out.bytes(endCertificate);
    const end = out.length;
    out.ascii('","chain":"');
    out.again(begin, end);
    out.bytes(this.#issuers);
    out.base64Lines(device.privateKeyInfo, escapedNewline);
    out.bytes(afterPrivateKey);
    out.ascii(
      `${device.serialNumber}${this.#notAfter}${device.sha1Thumbprint}","sha256Thumbprint":"${device.sha256Thumbprint}"`,
    );
    if (device.pfx) out.ascii(`,"pfx":"${Buffer.from(device.pfx).toString('base64')}"`);
    out.ascii('}\n');
    return device;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#out.take();
  }
}
