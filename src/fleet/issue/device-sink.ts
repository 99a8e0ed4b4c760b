/** Where a worker puts the devices that it makes, by format. */
import type { MadeDevice } from './device.js';
import type { WorkerSetup } from './worker-messages.js';

export interface DeviceSink {
  /** Begins a batch. @param memory to write into, where the format needs some */
  begin(memory: ArrayBuffer | undefined): void;
  /** @returns the device that is in the output then: this one, or the one that an interrupted run has put there */
  add(device: MadeDevice): MadeDevice | Promise<MadeDevice>;
  /** What the batch adds to the output file. */
  finish(): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Loads no more than the format needs, since that delays every run.
 *
 * @param worker tells the workers of one run apart
 */
export async function deviceSink(
  { format, issuersPem, template, folder }: WorkerSetup,
  worker: number,
): Promise<DeviceSink> {
  switch (format) {
    case 'ndjson': {
      const { NdjsonLines } = await import('../formats/ndjson-lines.js');
      return new NdjsonLines(issuersPem, template.notAfter);
    }
    case 'tar': {
      const { TarEntries } = await import('../formats/tar-entries.js');
      return new TarEntries(issuersPem, new Date(template.notBefore));
    }
    case 'dir': {
      const { DeviceFolders } = await import('../formats/device-folders.js');
      return new DeviceFolders(folder!, issuersPem, worker);
    }
  }
}
