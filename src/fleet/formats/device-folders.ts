/** Devices as folders: each whole or not there, since it is made under another name first. */
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { unwritable } from '../../workspace/files.js';
import { deviceFolderName } from '../../workspace/layout.js';
import type { MadeDevice } from '../issue/device.js';
import { type DeviceFile, DeviceFiles } from '../issue/device-files.js';

/** No device's folder is called like this: a registration ID begins with a letter or a digit. */
export const unfinishedFolder = /^\.unfinished-\d+$/;
const folderMode = 0o700;

export class DeviceFolders {
  readonly #folder: string;
  readonly #issuersPem: string;
  readonly #files: DeviceFiles;
  readonly #unfinished: string;

  constructor(folder: string, issuersPem: string, worker: number) {
    this.#folder = folder;
    this.#issuersPem = issuersPem;
    this.#files = new DeviceFiles(issuersPem);
    this.#unfinished = join(folder, `.unfinished-${worker}`);
  }

  begin(): void {}

  /** @throws EnrollkitError FILE_UNWRITABLE; FILE_EXISTS when there is a folder that is not this fleet's */
  add(device: MadeDevice): MadeDevice | Promise<MadeDevice> {
    const folder = join(this.#folder, deviceFolderName(device.registrationId));
    try {
      mkdirSync(this.#unfinished, folderMode);
      for (const file of this.#files.of(device)) writeNewFile(this.#unfinished, file);
      if (rename(this.#unfinished, folder)) return device;
    } catch (cause) {
      throw unwritable(folder, cause);
    }
    return this.#keepOrReplace(folder, device);
  }

  /**
   * A run that was killed may have made a device without recording it: that device is kept. A folder that a power
   * failure left without its key is replaced.
   */
  async #keepOrReplace(folder: string, device: MadeDevice): Promise<MadeDevice> {
    const { findDevice } = await import('./found-device.js');
    try {
      const found = findDevice(folder, device, this.#issuersPem);
      if (found === 'broken') {
        rmSync(folder, { recursive: true });
        renameSync(this.#unfinished, folder);
        return device;
      }
      rmSync(this.#unfinished, { recursive: true });
      if (found !== 'other') return found;
    } catch (cause) {
      throw unwritable(folder, cause);
    }
    throw new EnrollkitError('FILE_EXISTS', `${folder} already exists and does not belong to this fleet.`, {
      next: 'Move it away, then run the same command again: it resumes where it stopped.',
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
