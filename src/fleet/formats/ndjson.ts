/** The format `ndjson`: a line of JSON per device. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { jsonOf } from '../../workspace/json-text.js';
import type { MadeDevice } from '../devices/device.js';
import { endOfFile, linesOf } from '../text-files.js';
import { ByteWriter, pemFrame } from './byte-writer.js';
import {
  type DeviceWriter,
  inOrder,
  isEncryptedPem,
  type OutputFormat,
  type StoredDevice,
  type WriterSetup,
} from './output-format.js';

export const ndjson: OutputFormat = {
  batchSize: 500,
  startOf: (registrationId) => Buffer.from(startOfLine(registrationId)),
  writer: (setup) => new LineWriter(setup),
  last(out) {
    const line = lastLine(out);
    if (line === undefined) return undefined;
    const { certificate, privateKey } = (jsonOf(line) ?? {}) as Record<string, unknown>;
    if (typeof certificate !== 'string') return undefined;
    return { certificate, isKeyEncrypted: isEncryptedPem(String(privateKey)) };
  },
  recognizes: ({ isFolder, start }) => !isFolder && (start.length === 0 || start[0] === 0x7b),
  open: (out) => inOrder(storedDevices(out)),
};

/** A registration ID has no character that JSON escapes. */
const startOfLine = (registrationId: string) => `{"registrationId":"${registrationId}","certificate":"`;
const startOfChain = '","chain":"';

/** With line feeds as JSON strings have them. */
const newline = '\\n';
const certificatePem = pemFrame('CERTIFICATE', newline);
const privateKeyPem = {
  plain: pemFrame('PRIVATE KEY', newline),
  encrypted: pemFrame('ENCRYPTED PRIVATE KEY', newline),
};
const startOfSha256 = Buffer.from('","sha256Thumbprint":"');
const endOfLine = Buffer.from('"}\n');
const endOfCertificate = Buffer.from(`${certificatePem.end}${startOfChain}`);

class LineWriter implements DeviceWriter {
  /** What is between the certificate in the chain and the key. */
  readonly #issuers: Buffer;
  readonly #endOfKey: Buffer;
  readonly #notAfter: Buffer;
  #out = new ByteWriter();

  constructor({ issuersPem, validity, encryption }: WriterSetup) {
    const { begin, end } = encryption ? privateKeyPem.encrypted : privateKeyPem.plain;
    const issuers = JSON.stringify(issuersPem).slice(1, -1);
    this.#issuers = Buffer.from(`${issuers}","privateKey":"${begin}`, 'ascii');
    this.#endOfKey = Buffer.from(`${end}","serialNumber":"`);
    this.#notAfter = Buffer.from(`","notAfter":"${validity.notAfter}","sha1Thumbprint":"`);
  }

  begin(memory: ArrayBuffer | undefined): void {
    this.#out = new ByteWriter(memory);
  }

  add(device: MadeDevice): MadeDevice {
    const out = this.#out;
    out.ascii(startOfLine(device.registrationId));
    const begin = out.length;
    out.bytes(certificatePem.begin);
    out.base64Lines(device.certificate, newline);
    const end = out.length + certificatePem.end.length;
    out.bytes(endOfCertificate);
    out.copy(begin, end);
    out.bytes(this.#issuers);
    out.base64Lines(device.privateKeyInfo, newline);
    out.bytes(this.#endOfKey);
    out.hex(device.serialNumber);
    out.bytes(this.#notAfter);
    out.hex(device.sha1Thumbprint);
    out.bytes(startOfSha256);
    out.hex(device.sha256Thumbprint);
    if (device.pfx) out.ascii(`","pfx":"${Buffer.from(device.pfx).toString('base64')}`);
    out.bytes(endOfLine);
    return device;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#out.take();
  }
}

/** Lines have a few kilobytes, unless a device has very many names or a very long chain. */
function lastLine(path: string): string | undefined {
  for (let size = 65_536; size <= 67_108_864; size *= 32) {
    const text = endOfFile(path, size);
    if (!text.endsWith('\n')) return undefined;
    const before = text.lastIndexOf('\n', text.length - 2);
    if (before >= 0 || text.length < size) return text.slice(before + 1);
  }
  return undefined;
}

async function* storedDevices(out: string): AsyncGenerator<StoredDevice, void> {
  let number = 0;
  for await (const line of linesOf(out)) {
    number += 1;
    const value = jsonOf(line);
    if (typeof value !== 'object' || value === null) {
      throw new EnrollkitError('FILE_UNREADABLE', sentences.fleet.notAnObject(out, number));
    }
    const { registrationId, chain, privateKey } = value as Record<string, unknown>;
    if (typeof registrationId !== 'string' || typeof chain !== 'string' || typeof privateKey !== 'string') {
      throw new EnrollkitError('FILE_UNREADABLE', sentences.fleet.lacksMembers(out, number));
    }
    yield { name: registrationId, read: () => ({ certificateChain: chain, privateKey }) };
  }
}
