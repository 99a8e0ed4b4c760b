/** The format `tar`: an archive with a folder per device, which has the same files as with `dir`. */

import type { ReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { extract, pack } from 'tar-stream';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { deviceFolderName } from '../../workspace/layout.js';
import type { MadeDevice } from '../devices/device.js';
import { abridged, endOfFile, fileError, readStreamOf } from '../text-files.js';
import { DeviceFiles, deviceFolderMode } from './device-files.js';
import {
  type DeviceWriter,
  inOrder,
  type OutputFormat,
  type StoredDevice,
  type WriterSetup,
} from './output-format.js';

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
  #pack = pack();

  constructor(setup: WriterSetup) {
    this.#files = new DeviceFiles(setup);
    this.#mtime = new Date(setup.validity.notBefore);
  }

  begin(): void {
    this.#pack = pack();
  }

  add(device: MadeDevice): MadeDevice {
    const mtime = this.#mtime;
    const folder = deviceFolderName(device.registrationId);
    this.#pack.entry({ name: `${folder}/`, type: 'directory', mode: deviceFolderMode, mtime });
    for (const { name, contents, mode } of this.#files.of(device)) {
      // A copy, since the archive is put together at the end of the batch.
      this.#pack.entry({ name: `${folder}/${name}`, mode, mtime }, Buffer.from(contents));
    }
    return device;
  }

  async finish(): Promise<Uint8Array<ArrayBuffer>> {
    this.#pack.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of this.#pack) chunks.push(chunk as Buffer);
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0) - trailer.length;
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk.subarray(0, Math.max(0, length - at)), at);
      at += Math.min(chunk.length, length - at);
    }
    return bytes;
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
