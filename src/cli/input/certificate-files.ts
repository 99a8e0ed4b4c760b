/** The certificates of a file or of all files below a folder, by file. */

import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { EnrollkitError, type ErrorCode, isAbort } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { OpenPrivateKeyOptions } from '../../pki/keys.js';
import type { Certificate } from '../../pki/x509/certificate.js';
import type { CertificateRequest } from '../../pki/x509/csr.js';
import { isFolder } from '../../workspace/files.js';
import { holdsSomethingElse, readMaterial } from './material.js';
import { contentsOf } from './read-file.js';
import { isRequest, readRequest } from './request-file.js';

/** What certificates come in; a folder holds other things too. */
const extensions = ['.pem', '.crt', '.cer', '.der', '.p7b', '.p7c', '.pfx', '.p12'];
const requestExtensions = ['.csr', '.req', '.p10'];

export interface CertificateFile {
  path: string;
  certificates: Certificate[];
  /** In place of certificates. */
  request?: CertificateRequest;
  /** As of {@link Material}. */
  unordered?: true;
  /** Why it cannot be read; then there are no certificates. */
  problem?: string;
  problemCode?: ErrorCode;
}

/**
 * The certificates of a file, or of every file below a folder that may hold some, for looking at them: odd ones are
 * read as far as possible. In a folder, a file that cannot
 * be read is listed with its problem, and one that has only keys is skipped.
 *
 * @param withRequests whether certificate requests are read as well, or skipped like keys
 * @throws EnrollkitError of the file; FILE_UNREADABLE when a folder cannot be read or holds no certificate at all
 */
export async function readFileOrFolder(
  path: string,
  opening: OpenPrivateKeyOptions,
  { withRequests = false } = {},
): Promise<CertificateFile[]> {
  const read = async (file: string): Promise<CertificateFile> =>
    withRequests && isRequest(contentsOf(file))
      ? { path: file, certificates: [], request: readRequest(file) }
      : fileAt(file, opening);
  if (!isFolder(path)) return [await read(path)];
  const accepted = withRequests ? [...extensions, ...requestExtensions] : extensions;
  const files: CertificateFile[] = [];
  for (const file of filesBelow(path, accepted)) {
    try {
      files.push(await read(file));
    } catch (error) {
      if (!(error instanceof EnrollkitError) || isAbort(error)) throw error;
      if (error.context[holdsSomethingElse]) continue;
      files.push({ path: file, certificates: [], problem: error.message, problemCode: error.code });
    }
  }
  if (files.length > 0) return files;
  throw new EnrollkitError('FILE_UNREADABLE', sentences.cliInput.noCertificateInFolder(path), {
    next: sentences.cliInput.certificateExtensions(extensions),
  });
}

async function fileAt(path: string, opening: OpenPrivateKeyOptions): Promise<CertificateFile> {
  const { certificates, unordered } = await readMaterial(path, opening, {
    withKey: false,
    forLooking: true,
  });
  return { path, certificates, ...(unordered ? { unordered } : {}) };
}

function filesBelow(folder: string, accepted: readonly string[]): string[] {
  try {
    return (readdirSync(folder, { recursive: true }) as string[])
      .filter((name) => accepted.includes(extname(name).toLowerCase()))
      .sort()
      .map((name) => join(folder, name))
      .filter((path) => !isFolder(path));
  } catch (cause) {
    throw new EnrollkitError('FILE_UNREADABLE', sentences.cliInput.folderUnreadable(folder), { cause });
  }
}
