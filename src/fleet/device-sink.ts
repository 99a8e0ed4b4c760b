/** Where a worker puts the devices that it makes, by format. */
import type { MadeDevice } from './device.js';
import { DeviceFolders } from './device-folders.js';
import { NdjsonLines } from './ndjson-lines.js';
import { TarEntries } from './tar-entries.js';
import type { WorkerSetup } from './worker-messages.js';

export interface DeviceSink {
  /** Begins a batch. @param memory to write into, where the format needs some */
  begin(memory: ArrayBuffer | undefined): void;
  add(device: MadeDevice): void;
  /** What the batch adds to the output file. */
  finish(): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;
}

/** @param worker tells the workers of one run apart */
export function deviceSink(
  { format, issuersPem, template, folder }: WorkerSetup,
  worker: number,
): DeviceSink {
  switch (format) {
    case 'ndjson':
      return new NdjsonLines(issuersPem, template.notAfter);
    case 'tar':
      return new TarEntries(issuersPem, new Date(template.notBefore));
    case 'dir':
      return new DeviceFolders(folder!, issuersPem, worker);
  }
}
