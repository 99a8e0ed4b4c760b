/**
 * How much of an interrupted fleet of folders is whole. Their files are not forced onto the disk one by one, which would
 * cost more than making them: after a power failure the journal can know of folders that the disk does not have.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { pemBlocks } from '../../pki/containers/pem.js';
import { readTextIfExists } from '../../workspace/files.js';
import { deviceFolderName } from '../../workspace/layout.js';
import { linesOf } from '../devices/file-lines.js';
import type { Progress } from '../issue/journal.js';
import { manifestColumns } from '../issue/manifest-rows.js';
import type { FleetRequest } from '../issue/request.js';
import { assertUnchanged } from './committed-file.js';

/**
 * What is done according to the journal, up to the first device whose folder is not as the manifest says.
 *
 * @throws EnrollkitError FILE_EXISTS when the manifest was changed since, FILE_UNREADABLE
 */
export async function intactPart(
  { format, out, manifest, pfx }: FleetRequest,
  done: Progress,
): Promise<Progress> {
  if (format !== 'dir' || done.devices === 0) return done;
  await assertUnchanged(manifest, { length: done.manifest, tail: done.tails?.manifest });
  let [devices, length] = [-1, 0];
  for await (const line of linesOf(manifest, done.manifest)) {
    if (devices >= 0 && !isIntact(out as string, line, pfx)) return { devices, manifest: length, output: 0 };
    devices += 1;
    length += Buffer.byteLength(line) + 1;
  }
  return done;
}

const thumbprintColumn = manifestColumns.indexOf('sha256Thumbprint');

function isIntact(fleet: string, row: string, withPfx: boolean): boolean {
  // The columns up to here never need quotes.
  const fields = row.split(',', thumbprintColumn + 1);
  const folder = join(fleet, deviceFolderName(fields[0]!));
  const text = (name: string) => readTextIfExists(join(folder, name)) ?? '';
  const certificate = text('certificate.pem');
  if (!certificate.endsWith('-----END CERTIFICATE-----\n')) return false;
  if (!text('key.pem').endsWith('-----END PRIVATE KEY-----\n')) return false;
  if (!text('chain.pem').startsWith(certificate)) return false;
  if (withPfx && text('device.pfx') === '') return false;
  const [block] = pemBlocks(certificate);
  const thumbprint = createHash('sha256').update(block!.der).digest('hex').toUpperCase();
  return thumbprint === fields[thumbprintColumn];
}
