/** The formats of a fleet's output, and which of them an output has. Loads a format when it is needed. */

import { closeSync, readSync, statSync } from 'node:fs';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { fileError, openRegularFile } from '../text-files.js';
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
  const sample = sampleOf(out);
  for (const name of fleetFormats) {
    const format = await loadFormat(name);
    if (format.recognizes(sample)) return format;
  }
  throw new EnrollkitError('FILE_UNREADABLE', sentences.fleet.notAFleet(out), {
    next: sentences.fleet.nameOutput,
  });
}

function sampleOf(out: string): OutputSample {
  try {
    if (statSync(out).isDirectory()) return { isFolder: true, start: Buffer.alloc(0) };
    const file = openRegularFile(out);
    try {
      const start = Buffer.alloc(512);
      return { isFolder: false, start: start.subarray(0, readSync(file, start)) };
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw fileError(out, cause);
  }
}
