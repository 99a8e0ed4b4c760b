/** The formats of a fleet's output, and which of them an output has. Loads a format when it is needed. */

import { open, stat } from 'node:fs/promises';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { fileError } from '../text-files.js';
import type { OutputFormat, OutputSample } from './output-format.js';

/** A row for each format. */
const formats = {
  dir: async () => (await import('./dir.js')).dir,
  ndjson: async () => (await import('./ndjson.js')).ndjson,
  tar: async () => (await import('./tar.js')).tar,
} satisfies Record<string, () => Promise<OutputFormat>>;

/** `dir`: a folder per device; `ndjson`: a line of JSON per device; `tar`: an archive of such folders. */
export type FleetFormat = keyof typeof formats;

export const fleetFormats = Object.keys(formats) as FleetFormat[];

export const loadFormat = (name: FleetFormat): Promise<OutputFormat> => formats[name]();

/**
 * Finds out the format of an output by its content.
 *
 * @throws EnrollkitError FILE_UNREADABLE when there is nothing, or nothing that `issueFleet` makes
 */
export async function formatOf(out: string): Promise<OutputFormat> {
  const sample = await sampleOf(out);
  for (const name of fleetFormats) {
    const format = await loadFormat(name);
    if (format.recognizes(sample)) return format;
  }
  throw new EnrollkitError('FILE_UNREADABLE', sentences.fleet.notAFleet(out), {
    next: sentences.fleet.nameOutput,
  });
}

async function sampleOf(out: string): Promise<OutputSample> {
  try {
    if ((await stat(out)).isDirectory()) return { isFolder: true, start: Buffer.alloc(0) };
    const file = await open(out);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
      return { isFolder: false, start: buffer.subarray(0, bytesRead) };
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fileError(out, cause);
  }
}
