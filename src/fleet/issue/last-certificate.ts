/** The certificate of the last device of an output, whatever its format. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { type Certificate, parseCertificate } from '../../pki/x509/certificate.js';
import { readTextIfExists } from '../../workspace/files.js';
import { deviceFolderName } from '../../workspace/layout.js';
import type { FleetRequest } from './request.js';

/** Undefined when there is none that can be read. */
export function lastCertificate(
  { format, out }: FleetRequest,
  registrationId: string,
): Certificate | undefined {
  const path = out as string;
  try {
    const pem =
      format === 'dir'
        ? readTextIfExists(join(path, deviceFolderName(registrationId), 'certificate.pem'))
        : format === 'tar'
          ? lastPem(endOf(path))
          : certificateOfLine(lastLine(path));
    return pem === undefined ? undefined : parseCertificate(pem);
  } catch (error) {
    if (error instanceof EnrollkitError || error instanceof SyntaxError) return undefined;
    // Something else than a file: a folder where a file belongs, or the reverse.
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return undefined;
    throw error;
  }
}

/** The last file of an archive is a certificate. */
function lastPem(text: string): string | undefined {
  const at = text.lastIndexOf('-----BEGIN CERTIFICATE-----');
  return at < 0 ? undefined : text.slice(at);
}

function certificateOfLine(line: string | undefined): string | undefined {
  if (line === undefined) return undefined;
  const { certificate } = JSON.parse(line) as { certificate?: unknown };
  return typeof certificate === 'string' ? certificate : undefined;
}

/** A line is some kilobytes long, unless it has very many names or a very long chain. */
function lastLine(path: string): string | undefined {
  for (let size = 65_536; size <= 67_108_864; size *= 32) {
    const text = endOf(path, size);
    if (!text.endsWith('\n')) return undefined;
    const before = text.lastIndexOf('\n', text.length - 2);
    if (before >= 0 || text.length < size) return text.slice(before + 1);
  }
  return undefined;
}

function endOf(path: string, size = 65_536): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(size, fstatSync(file).size));
    const read = readSync(file, bytes, 0, bytes.length, fstatSync(file).size - bytes.length);
    return bytes.toString('latin1', 0, read);
  } finally {
    closeSync(file);
  }
}
