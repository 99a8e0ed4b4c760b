/** Reads back what `fleet issue` has left: its manifest tells which devices there are, its output has their keys. */
import { createReadStream, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { CsvError, parse } from 'csv-parse';
import { registrationIdProblem } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { readText } from '../../workspace/files.js';
import { jsonOf } from '../../workspace/json-text.js';
import { deviceFolderName } from '../../workspace/layout.js';
import { fileError, linesOf } from '../devices/file-lines.js';
import { tarDevices } from '../formats/tar-devices.js';
import { manifestColumns, tagPrefix } from '../issue/manifest-rows.js';

/** A line of the manifest. */
export interface ManifestDevice {
  registrationId: string;
  /** Upper-case hexadecimal. */
  sha256Thumbprint: string;
  /** Columns `tags.NAME`, those that are not empty. */
  tags: Record<string, string>;
}

export interface FleetDevice extends ManifestDevice {
  /** PEM: the device's certificate, then its issuers. */
  certificateChain: string;
  /** PEM, PKCS#8. */
  privateKey: string;
}

/** Where a fleet lies. */
export interface FleetFiles {
  /** What `fleet issue --out` named: a folder, a file of NDJSON or a tar archive. */
  out: string;
  manifest: string;
}

export type FleetFormat = 'dir' | 'ndjson' | 'tar';

/**
 * What kind of output a path holds, by its content.
 *
 * @throws EnrollkitError FILE_UNREADABLE when there is nothing, or nothing that `fleet issue` makes
 */
export async function fleetFormat(out: string): Promise<FleetFormat> {
  try {
    if (statSync(out).isDirectory()) return 'dir';
    const file = await open(out);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(262), 0, 262, 0);
      if (bytesRead === 0 || buffer[0] === 0x7b) return 'ndjson';
      if (buffer.toString('latin1', 257, 262) === 'ustar') return 'tar';
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fileError(out, cause);
  }
  throw new EnrollkitError(
    'FILE_UNREADABLE',
    `${out} is no fleet: neither a folder, nor lines of JSON, nor a tar archive.`,
    { next: 'Name what fleet issue --out has made.' },
  );
}

/**
 * The devices that a manifest lists, in its order, as they are asked for.
 *
 * @throws EnrollkitError FILE_UNREADABLE, naming the line
 */
export async function* manifestDevices(manifest: string): AsyncGenerator<ManifestDevice, void> {
  const input = createReadStream(manifest);
  const rows = input.pipe(parse({ columns: true, bom: true, info: true }));
  // A pipe passes no errors on.
  input.on('error', (error) => rows.destroy(error));
  try {
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
        `${manifest} is no manifest: ${(cause as Error).message}.`,
        {
          cause,
        },
      );
    }
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new EnrollkitError('FILE_UNREADABLE', `There is no list of devices ${manifest}.`, {
        next: 'Name what fleet issue --out has made, or its list with --manifest FILE.',
        cause,
      });
    }
    throw fileError(manifest, cause);
  } finally {
    input.destroy();
  }
}

function manifestDevice(record: Record<string, string>, manifest: string, line: number): ManifestDevice {
  const missing = manifestColumns.find((column) => record[column] === undefined);
  if (missing) {
    throw new EnrollkitError('FILE_UNREADABLE', `${manifest} is no manifest: it has no column ${missing}.`);
  }
  const { registrationId, sha256Thumbprint } = record as Record<string, string>;
  const problem = registrationIdProblem(registrationId!);
  if (problem) throw new EnrollkitError('INVALID_REGISTRATION_ID', `${manifest}, line ${line}: ${problem}`);
  const tags = Object.entries(record)
    .filter(([name, value]) => name.startsWith(tagPrefix) && value !== '')
    .map(([name, value]) => [name.slice(tagPrefix.length), value]);
  return {
    registrationId: registrationId!,
    sha256Thumbprint: sha256Thumbprint!,
    tags: Object.fromEntries(tags),
  };
}

/**
 * The devices of a fleet with their credentials, in the order of the manifest. One is in memory at a time.
 *
 * @param wanted devices that it does not want are passed over, and their files not read where that can be
 * @throws EnrollkitError FILE_UNREADABLE when the output lacks a device of the manifest, or has another in its place
 */
export async function* fleetDevices(
  { out, manifest }: FleetFiles,
  wanted: (device: ManifestDevice) => boolean = () => true,
): AsyncGenerator<FleetDevice, void> {
  const format = await fleetFormat(out);
  if (format === 'dir') {
    for await (const device of manifestDevices(manifest)) {
      if (wanted(device)) yield { ...device, ...folderCredentials(out, device.registrationId) };
    }
    return;
  }
  const contents = format === 'tar' ? tarDevices(out) : lineDevices(out);
  try {
    for await (const device of manifestDevices(manifest)) {
      const next = await contents.next();
      if (next.done) throw mismatch(out, manifest, `lacks ${device.registrationId}`);
      const { name, read } = next.value;
      if (name !== device.registrationId && name !== deviceFolderName(device.registrationId)) {
        throw mismatch(out, manifest, `has ${name} in the place of ${device.registrationId}`);
      }
      if (wanted(device)) yield { ...device, ...read() };
    }
  } finally {
    await contents.return();
  }
}

export type Credentials = Pick<FleetDevice, 'certificateChain' | 'privateKey'>;

/** A device of a file: its registration ID, or the name of its folder, and how its credentials are read. */
export interface ContentDevice {
  name: string;
  read(): Credentials;
}

function folderCredentials(out: string, registrationId: string): Credentials {
  const folder = join(out, deviceFolderName(registrationId));
  return {
    certificateChain: readText(join(folder, 'chain.pem')),
    privateKey: readText(join(folder, 'key.pem')),
  };
}

async function* lineDevices(out: string): AsyncGenerator<ContentDevice, void> {
  let number = 0;
  for await (const line of linesOf(out)) {
    number += 1;
    const { registrationId, chain, privateKey } = jsonLine(line, out, number);
    if ([registrationId, chain, privateKey].some((value) => typeof value !== 'string')) {
      throw new EnrollkitError(
        'FILE_UNREADABLE',
        `${out}, line ${number}: it has no registrationId, chain or privateKey.`,
      );
    }
    const credentials = { certificateChain: chain as string, privateKey: privateKey as string };
    yield { name: registrationId as string, read: () => credentials };
  }
}

function jsonLine(line: string, out: string, number: number): Record<string, unknown> {
  const value = jsonOf(line);
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new EnrollkitError('FILE_UNREADABLE', `${out}, line ${number}: it is no JSON object.`);
}

function mismatch(out: string, manifest: string, what: string): EnrollkitError {
  return new EnrollkitError('FILE_UNREADABLE', `${out} ${what}, which ${manifest} lists.`, {
    next: 'Run fleet issue again when it was interrupted, or name the manifest of this fleet with --manifest FILE.',
  });
}
