/** Reads a fleet back: its manifest lists the devices, its output has their keys. */

import type { ReadStream } from 'node:fs';
import { CsvError, parse } from 'csv-parse';
import { registrationIdProblem } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { deviceFolderName } from '../../workspace/layout.js';
import { distinctColumns } from '../csv-header.js';
import { formatOf } from '../formats/formats.js';
import type { PemCredentials } from '../formats/output-format.js';
import { fieldText, manifestColumns, tagPrefix } from '../manifest.js';
import { abridged, fileError, readStreamOf } from '../text-files.js';

/** Far more than a row has: tags are part of the twin, which is smaller. */
const maxRecordCharacters = 1_048_576;

/** A line of the manifest. */
export interface ManifestDevice {
  registrationId: string;
  /** Upper-case hexadecimal. */
  sha256Thumbprint: string;
  /** ISO 8601 in UTC, as the manifest has them. */
  notBefore: string;
  notAfter: string;
  /** From the columns `tags.NAME`, without empty ones. */
  tags: Record<string, string>;
}

export interface FleetDevice extends ManifestDevice, PemCredentials {}

/** The files of a fleet, as `issueFleet` wrote them. */
export interface FleetFiles {
  out: string;
  manifest: string;
}

/**
 * The devices that a manifest lists, in order, read as they are consumed.
 *
 * @throws EnrollkitError FILE_UNREADABLE; INVALID_REGISTRATION_ID with the line
 */
export async function* manifestDevices(manifest: string): AsyncGenerator<ManifestDevice, void> {
  let input: ReadStream | undefined;
  try {
    input = readStreamOf(manifest);
    const rows = input.pipe(
      parse({
        columns: distinctColumns((problem) => {
          const message = sentences.fleet.manifestLine(manifest, 1, problem);
          return new EnrollkitError('FILE_UNREADABLE', message);
        }),
        bom: true,
        info: true,
        max_record_size: maxRecordCharacters,
      }),
    );
    // A pipe does not pass errors on.
    input.on('error', (error) => rows.destroy(error));
    for await (const { record, info } of rows as AsyncIterable<{
      record: Record<string, string>;
      info: { lines: number };
    }>) {
      yield manifestDevice(record, manifest, info.lines);
    }
  } catch (cause) {
    if (cause instanceof CsvError) {
      throw new EnrollkitError(
        'FILE_UNREADABLE',
        sentences.fleet.manifestUnreadable(manifest, abridged(cause.message)),
        { cause },
      );
    }
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new EnrollkitError('FILE_UNREADABLE', sentences.fleet.noManifest(manifest), {
        next: sentences.fleet.noManifestNext,
        cause,
      });
    }
    throw fileError(manifest, cause);
  } finally {
    input?.destroy();
  }
}

function manifestDevice(record: Record<string, string>, manifest: string, line: number): ManifestDevice {
  const missing = manifestColumns.find((column) => record[column] === undefined);
  if (missing) {
    throw new EnrollkitError('FILE_UNREADABLE', sentences.fleet.manifestLacks(manifest, missing));
  }
  const { registrationId, sha256Thumbprint, notBefore, notAfter } = record as Record<
    (typeof manifestColumns)[number],
    string
  >;
  const problem = registrationIdProblem(registrationId);
  if (problem)
    throw new EnrollkitError(
      'INVALID_REGISTRATION_ID',
      sentences.fleet.manifestLine(manifest, line, problem),
    );
  const tags = Object.entries(record)
    .filter(([name, value]) => name.startsWith(tagPrefix) && value !== '')
    .map(([name, value]) => [name.slice(tagPrefix.length), fieldText(value)]);
  return {
    registrationId,
    sha256Thumbprint,
    notBefore,
    notAfter,
    tags: Object.fromEntries(tags),
  };
}

/**
 * The devices of a fleet with their credentials, in the order of the manifest. One is in memory at a time.
 *
 * @param isNeeded other devices are skipped, and their files not read where possible
 * @throws EnrollkitError FILE_UNREADABLE when a file cannot be read, or when the output lacks a device of the manifest
 *   or has another in its place; INVALID_REGISTRATION_ID
 */
export async function* fleetDevices(
  { out, manifest }: FleetFiles,
  isNeeded: (device: ManifestDevice) => boolean = () => true,
): AsyncGenerator<FleetDevice, void> {
  const stored = (await formatOf(out)).open(out);
  try {
    for await (const device of manifestDevices(manifest)) {
      const { registrationId } = device;
      const next = await stored.next(registrationId);
      if (!next) throw mismatch(sentences.fleet.deviceMissing(out, registrationId, manifest));
      if (next.name !== registrationId && next.name !== deviceFolderName(registrationId)) {
        throw mismatch(sentences.fleet.otherDevice(out, abridged(next.name), registrationId, manifest));
      }
      if (isNeeded(device)) yield { ...device, ...next.read() };
    }
  } finally {
    await stored.close();
  }
}

function mismatch(message: string): EnrollkitError {
  return new EnrollkitError('FILE_UNREADABLE', message, {
    next: sentences.fleet.issueOrManifest,
  });
}
