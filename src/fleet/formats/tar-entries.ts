/** Devices as entries of a tar archive: a folder a device, with the files of every folder of a device. */
import { pack } from 'tar-stream';
import { deviceFolderName } from '../../workspace/layout.js';
import type { MadeDevice } from '../issue/device.js';
import { DeviceFiles } from '../issue/device-files.js';
import { endOfTar } from './end-of-tar.js';

const folderMode = 0o700;

export class TarEntries {
  readonly #files: DeviceFiles;
  readonly #time: Date;
  #pack = pack();

  /** @param time that the entries bear */
  constructor(issuersPem: string, time: Date) {
    this.#files = new DeviceFiles(issuersPem);
    this.#time = time;
  }

  begin(): void {
    this.#pack = pack();
  }

  add(device: MadeDevice): MadeDevice {
    const folder = deviceFolderName(device.registrationId);
    this.#pack.entry({ name: `${folder}/`, type: 'directory', mode: folderMode, mtime: this.#time });
    for (const { name, contents, mode } of this.#files.of(device)) {
      // A copy: the archive is put together when the batch ends.
      this.#pack.entry({ name: `${folder}/${name}`, mode, mtime: this.#time }, Buffer.from(contents));
    }
    return device;
  }

  async finish(): Promise<Uint8Array<ArrayBuffer>> {
    this.#pack.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of this.#pack) chunks.push(chunk as Buffer);
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0) - endOfTar.length;
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const chunk of chunks) {
      bytes.set(chunk.subarray(0, Math.max(0, length - at)), at);
      at += Math.min(chunk.length, length - at);
    }
    return bytes;
  }
}
