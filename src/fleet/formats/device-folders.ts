/** Devices as folders: each whole or not there, since it is made under another name first. */
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { unwritable } from '../../workspace/files.js';
import { deviceFolderName } from '../../workspace/layout.js';
import type { MadeDevice } from '../issue/device.js';
import { type DeviceFile, DeviceFiles } from '../issue/device-files.js';

/** No device's folder begins like this: a registration ID begins with a letter or a digit. */
export const unfinishedFolder = '.unfinished-';
const folderMode = 0o700;

export class DeviceFolders {
  readonly #folder: string;
  readonly #files: DeviceFiles;
  readonly #unfinished: string;

  constructor(folder: string, issuersPem: string, worker: number) {
    this.#folder = folder;
    this.#files = new DeviceFiles(issuersPem);
    this.#unfinished = join(folder, unfinishedFolder + worker);
  }

  begin(): void {}

  /** @throws EnrollkitError FILE_UNWRITABLE */
  add(device: MadeDevice): void {
    const folder = join(this.#folder, deviceFolderName(device.registrationId));
    try {
      mkdirSync(this.#unfinished, folderMode);
      for (const file of this.#files.of(device)) writeNewFile(this.#unfinished, file);
      rename(this.#unfinished, folder);
    } catch (cause) {
      throw unwritable(folder, cause);
    }
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

/** A run that was killed can have made a device without having noted it; it is made anew. */
function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error;
    rmSync(to, { recursive: true });
    renameSync(from, to);
  }
}
