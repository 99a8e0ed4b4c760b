/** The format `ndjson`: a line of JSON per device. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { jsonOf } from '../../workspace/json-text.js';
import type { MadeDevice } from '../devices/device.js';
import { endOfFile, linesOf } from '../text-files.js';
import { ByteWriter, type PemFrame, pemFrame } from './byte-writer.js';
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
const startOfChain = Buffer.from('","chain":"');

/** With line feeds as JSON strings have them. */
const certificatePem = pemFrame('CERTIFICATE', '\\n');
const privateKeyPem = {
  plain: pemFrame('PRIVATE KEY', '\\n'),
  encrypted: pemFrame('ENCRYPTED PRIVATE KEY', '\\n'),
};

class LineWriter implements DeviceWriter {
  readonly #notAfter: string;
  readonly #issuers: Buffer;
  readonly #privateKeyPem: PemFrame;
  #out = new ByteWriter();

  constructor({ issuersPem, validity, encryption }: WriterSetup) {
    this.#privateKeyPem = encryption ? privateKeyPem.encrypted : privateKeyPem.plain;
    this.#issuers = Buffer.from(`${JSON.stringify(issuersPem).slice(1, -1)}","privateKey":"`, 'ascii');
    this.#notAfter = `","notAfter":"${validity.notAfter}","sha1Thumbprint":"`;
  }

  begin(memory: ArrayBuffer | undefined): void {
    this.#out = new ByteWriter(memory);
  }

  add(device: MadeDevice): MadeDevice {
    const out = this.#out;
    out.ascii(startOfLine(device.registrationId));
    const begin = out.length;
    out.pem(certificatePem, device.certificate);
    const end = out.length;
    out.bytes(startOfChain);
    out.copy(begin, end);
    out.bytes(this.#issuers);
    out.pem(this.#privateKeyPem, device.privateKeyInfo);
    const pfx = device.pfx ? `,"pfx":"${Buffer.from(device.pfx).toString('base64')}"` : '';
    out.ascii(
      `","serialNumber":"${device.serialNumber}${this.#notAfter}${device.sha1Thumbprint}","sha256Thumbprint":"${device.sha256Thumbprint}"${pfx}}\n`,
    );
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
