/** The format `tar`: an archive with a folder per device, which has the same files as with `dir`. */

import type { ReadStream } from 'node:fs';
import { buffer, text } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { deviceFolderName } from '../../workspace/layout.js';
import type { MadeDevice } from '../devices/device.js';
import { abridged, endOfFile, fileError, readStreamOf } from '../text-files.js';
import { ByteWriter } from './byte-writer.js';
import { DeviceFiles, deviceFileModes, deviceFolderMode } from './device-files.js';
import {
  type DeviceWriter,
  inOrder,
  type OutputFormat,
  type StoredDevice,
  type WriterSetup,
} from './output-format.js';
import { blockSize, sumOf, TarHeader } from './tar-header.js';

/** Two blocks of zeros end an archive (POSIX.1-2017, pax, ustar interchange format). */
const trailer = Buffer.alloc(1024);
/** In the header of an entry, octets. */
const longestName = 100;
/** What a file of a device can have, octets: a chain is a few kilobytes. */
const maxFileBytes = 1024 * 1024;

export const tar: OutputFormat = {
  batchSize: 250,
  trailer,
  startOf(registrationId) {
    const name = `${deviceFolderName(registrationId)}/`;
    // A longer one is divided: POSIX.1-2017, pax, ustar interchange format.
    return Buffer.from(name.length <= longestName ? name : '\0');
  },
  writer: (setup) => new EntryWriter(setup),
  /** The last file of an archive is a certificate; the key is before it. */
  last(out) {
    const end = endOfFile(out, 65_536);
    const at = end.lastIndexOf('-----BEGIN CERTIFICATE-----');
    if (at < 0) return undefined;
    const key = end.lastIndexOf('PRIVATE KEY-----');
    return { certificate: end.slice(at), isKeyEncrypted: end.slice(0, key).endsWith('ENCRYPTED ') };
  },
  recognizes: ({ start }) => start.toString('latin1', 257, 262) === 'ustar',
  open: (out) => inOrder(storedDevices(out)),
};

class EntryWriter implements DeviceWriter {
  readonly #files: DeviceFiles;
  readonly #mtime: Date;
  readonly #folderHeader: TarHeader;
  readonly #headers: Record<keyof typeof deviceFileModes, TarHeader>;
  #out = new ByteWriter();

  constructor(setup: WriterSetup) {
    this.#files = new DeviceFiles(setup);
    this.#mtime = new Date(setup.validity.notBefore);
    const seconds = Math.floor(this.#mtime.getTime() / 1000);
    const header = (file: keyof typeof deviceFileModes) =>
      new TarHeader(file, deviceFileModes[file], seconds);
    this.#folderHeader = new TarHeader(undefined, deviceFolderMode, seconds);
    this.#headers = {
      'device.pfx': header('device.pfx'),
      'key.pem': header('key.pem'),
      'chain.pem': header('chain.pem'),
      'certificate.pem': header('certificate.pem'),
    };
  }

  begin(memory: ArrayBuffer | undefined): void {
    this.#out = new ByteWriter(memory);
  }

  add(device: MadeDevice): MadeDevice | Promise<MadeDevice> {
    const folder = deviceFolderName(device.registrationId);
    const headers = this.#headers;
    // The longest of the names.
    if (!headers['certificate.pem'].fits(folder)) return this.#addPacked(device, folder);
    const out = this.#out;
    const folderSum = sumOf(folder);
    this.#folderHeader.write(out, out.skip(blockSize), folder, folderSum, 0);
    /** Begins before the contents, since these tell what is in the header. */
    const end = (header: TarHeader, at: number) => {
      const size = out.length - at - blockSize;
      out.zeros(-size & (blockSize - 1));
      header.write(out, at, folder, folderSum, size);
    };
    if (device.pfx) {
      const at = out.skip(blockSize);
      out.bytes(device.pfx);
      end(headers['device.pfx'], at);
    }
    const keyAt = out.skip(blockSize);
    this.#files.writeKey(device, out);
    end(headers['key.pem'], keyAt);
    const chainAt = out.skip(blockSize);
    const certificateEnd = this.#files.writeChain(device, out);
    end(headers['chain.pem'], chainAt);
    const certificateAt = out.skip(blockSize);
    out.copy(chainAt + blockSize, certificateEnd);
    end(headers['certificate.pem'], certificateAt);
    return device;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#out.take();
  }

  /** Names that need more than a header. */
  async #addPacked(device: MadeDevice, folder: string): Promise<MadeDevice> {
    const mtime = this.#mtime;
    const archive = pack();
    archive.entry({ name: `${folder}/`, type: 'directory', mode: deviceFolderMode, mtime });
    for (const { name, contents, mode } of this.#files.of(device))
      archive.entry({ name: `${folder}/${name}`, mode, mtime }, Buffer.from(contents));
    archive.finalize();
    const whole = await buffer(archive);
    this.#out.bytes(whole.subarray(0, whole.length - trailer.length));
    return device;
  }
}

async function* storedDevices(out: string): AsyncGenerator<StoredDevice, void> {
  const input = streamOf(out);
  const archive = extract();
  // A pipe does not pass errors on.
  input.on('error', (error) => archive.destroy(error));
  input.pipe(archive);
  let name: string | undefined;
  let files = new Map<string, string>();
  try {
    for await (const entry of archive) {
      const [folder = '', file = ''] = entry.header.name.split('/');
      if (name !== undefined && folder !== name) {
        yield storedDevice(out, name, files);
        files = new Map();
      }
      name = folder;
      if (file !== 'chain.pem' && file !== 'key.pem') {
        entry.resume();
        continue;
      }
      const { size = 0 } = entry.header;
      if (size > maxFileBytes) throw tooLarge(`${out}: ${abridged(folder)}/${file}`, size);
      files.set(file, await text(entry));
    }
  } catch (cause) {
    if (cause instanceof EnrollkitError || (cause as NodeJS.ErrnoException).syscall)
      throw fileError(out, cause);
    throw new EnrollkitError('FILE_UNREADABLE', sentences.fleet.notReadable(out, (cause as Error).message), {
      cause,
    });
  } finally {
    input.destroy();
  }
  if (name !== undefined) yield storedDevice(out, name, files);
}

function streamOf(out: string): ReadStream {
  try {
    return readStreamOf(out);
  } catch (cause) {
    throw fileError(out, cause);
  }
}

function tooLarge(name: string, size: number): EnrollkitError {
  return new EnrollkitError('FILE_UNREADABLE', sentences.workspace.tooLarge(name, size, maxFileBytes), {
    next: sentences.workspace.checkFile,
  });
}

function storedDevice(out: string, name: string, files: ReadonlyMap<string, string>): StoredDevice {
  return {
    name,
    read() {
      const [certificateChain, privateKey] = [files.get('chain.pem'), files.get('key.pem')];
      if (certificateChain !== undefined && privateKey !== undefined) return { certificateChain, privateKey };
      throw new EnrollkitError('FILE_UNREADABLE', sentences.fleet.lacksFiles(out, name));
    },
  };
}
